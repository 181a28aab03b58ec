"""What a template document is, told by its first words: an object, the `use` of a component, or a compact CRD."""

from __future__ import annotations

from compiler.formats.expr.runtime import suggestion
from compiler.formats.template_ir import refuse, refuse_all
from compiler.formats.yaml_read import Node


def kind_of_document(node: Node) -> str:
    """Return `object`, `use` or `crd`. Errors: Refused SC403."""
    if node.kind != "map":
        raise refuse("SC403", node.span, "a document that is not a map", "write a Kubernetes object, `use:` or `crd:`")
    keys = {str(k.value) for k, _ in node.value}
    kind = "use" if "use" in keys else "crd" if "crd" in keys else "object"
    if kind == "object" and not {"apiVersion", "kind"} <= keys:
        raise refuse("SC403", node.span, "a document without apiVersion and kind", "write both, or `use:` or `crd:`")
    return kind


def check_object(node: Node) -> None:
    """Refuse what a template never makes. Errors: Refused SC403."""
    kind = next(value for key, value in node.value if key.value == "kind")
    if kind.value == "Namespace":
        help = "take it out: every namespace in use is made; `namespaces:` in component.yaml names more"
        raise refuse("SC403", kind.span, "a template that makes a Namespace", help)


def used_component(node: Node) -> str:
    """Return the name of the component that a `use` document takes in. Errors: Refused SC405."""
    keys = ("use", "name", "version", "namespace", "params")
    entries = {str(key.value): (key, value) for key, value in node.value}
    found = []
    for word, (key, value) in entries.items():
        if word not in keys and not word.startswith("$"):
            message = f"unknown key `{word}` in a `use` document{suggestion(word, keys)}"
            found.append(refuse("SC405", key.span, message, "write name, version, namespace or params"))
        elif word in keys[:4] and (value.kind != "scalar" or not isinstance(value.value, str)):
            found.append(refuse("SC405", value.span, f"`{word}` of a `use` is not text", "write text"))
    name = entries["use"][1]
    if "${{" in name.text:
        message = "`use` takes a component's name, never an expression"
        found.append(refuse("SC405", name.span, message, "write the name"))
    refuse_all(found)
    return str(name.value).partition("@")[0]
