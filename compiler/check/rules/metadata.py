"""What every object has: names, labels, annotations, owners.

Source: k8s.io/apimachinery pkg/api/validation/objectmeta.go and each kind's name function, v0.36.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, unsupported
from compiler.check.rules.labels import check_labels
from compiler.check.view import View
from compiler.model.source import Path

_PLAIN_GROUPS = frozenset(("apps", "batch", "autoscaling", "policy"))
_ANNOTATIONS_LIMIT = 256 * 1024

_SEGMENT = frozenset(
    f"{kind}.rbac.authorization.k8s.io" for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
) | {"PodDisruptionBudget.policy", "APIService.apiregistration.k8s.io"}


def name_form(kind: str, minor: int) -> Callable[[str], str]:
    """Return the check for the names of a kind."""
    if kind in _SEGMENT:
        return syntax.path_segment
    if kind == "Namespace.":
        return syntax.dns_label
    if kind == "StatefulSet.apps" and minor >= 27:
        return syntax.dns_label
    if kind == "Service.":
        return syntax.dns_label if minor >= 36 else syntax.dns_1035_label
    return syntax.dns_subdomain


def check_name(view: View) -> Iterator[Problem]:
    """Refuse a name that is no name for its kind."""
    name = view.name
    if not name:
        if view.metadata.get("generateName"):
            yield Problem(
                ("metadata", "generateName"),
                "`generateName` can't be applied: every run would make a new object",
                "write `name`",
            )
        else:
            yield Problem(("metadata", "name"), "`name` is required", "set `metadata.name`")
        return
    why = name_form(view.kind, view.minor)(name)
    if why:
        yield invalid(("metadata", "name"), name, why, f"write `{suggested}`" if (suggested := _as_name(name)) else "")


def _as_name(name: str) -> str:
    """Return the nearest DNS name to what was written, or the empty string."""
    text = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-")
    return text if text != name and len(text) <= 63 else ""


def check_namespace(view: View) -> Iterator[Problem]:
    """Refuse a namespace that is no DNS label."""
    namespace = view.metadata.get("namespace")
    if namespace and (why := syntax.dns_label(namespace)):
        yield invalid(("metadata", "namespace"), namespace, why)


def check_object_labels(view: View) -> Iterator[Problem]:
    """Refuse labels with a bad key or value."""
    labels = view.metadata.get("labels")
    if labels:
        yield from check_labels(labels, ("metadata", "labels"))
        if view.kind == "Namespace." and view.minor >= _POD_SECURITY_MINOR:
            yield from _pod_security(labels, ("metadata", "labels"))
    pod = view.pod
    if pod and pod.template_path:
        labels = (pod.template.get("metadata") or {}).get("labels")
        if labels:
            yield from check_labels(labels, (*pod.template_path, "metadata", "labels"))


_POD_SECURITY = "pod-security.kubernetes.io/"
_POD_SECURITY_MINOR = 23
_LEVELS = ("privileged", "baseline", "restricted")
_is_pod_security_version = re.compile(r"latest|v1\.(?:0|[1-9][0-9]*)").fullmatch


def _pod_security(labels: dict[str, str], path: Path) -> Iterator[Problem]:
    """Refuse levels and versions of Pod Security that there are not.

    Source: k8s.io/pod-security-admission api/helpers.go, which every server runs since 1.23.
    """
    for key, value in labels.items():
        mode = key.removeprefix(_POD_SECURITY) if key.startswith(_POD_SECURITY) else ""
        if mode in ("enforce", "audit", "warn") and value not in _LEVELS:
            yield unsupported((*path, key), value or "", _LEVELS)
        elif mode in ("enforce-version", "audit-version", "warn-version") and not _is_pod_security_version(value or ""):
            yield invalid((*path, key), value or "", "must be `latest`, or a version such as `v1.34`")


def check_annotations(view: View) -> Iterator[Problem]:
    """Refuse annotations with a bad key, or more than 256 KiB of them."""
    annotations = view.metadata.get("annotations")
    if annotations:
        yield from _annotations(annotations, ("metadata", "annotations"))
    pod = view.pod
    if pod and pod.template_path:
        annotations = (pod.template.get("metadata") or {}).get("annotations")
        if annotations:
            yield from _annotations(annotations, (*pod.template_path, "metadata", "annotations"))


def _annotations(annotations: dict[str, str], path: tuple[str | int, ...]) -> Iterator[Problem]:
    size = 0
    for key, value in annotations.items():
        size += len(key) + len(value or "")
        why = syntax.qualified_name(key.lower())
        if why:
            yield Problem((*path, key), f"annotation key `{key[:80]}` is not valid: {why}", on_key=True)
    if size > _ANNOTATIONS_LIMIT // 4 and _bytes(annotations) > _ANNOTATIONS_LIMIT:
        yield Problem(path, "annotations have more than 262144 bytes in all", "move large values to a ConfigMap")


def _bytes(texts: dict[str, str]) -> int:
    return sum(
        len(k.encode("utf-8", "surrogatepass")) + len((v or "").encode("utf-8", "surrogatepass"))
        for k, v in texts.items()
    )


def check_owners(view: View) -> Iterator[Problem]:
    """Refuse owner references without uid, and finalizers that are no qualified names."""
    controllers = 0
    for i, owner in enumerate(view.metadata.get("ownerReferences") or ()):
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                yield Problem(
                    ("metadata", "ownerReferences", i, field),
                    f"`{field}` must not be empty",
                    "remove `ownerReferences`: the controller sets it",
                )
        written = owner.get("apiVersion") or ""
        if written.endswith("/") or written.count("/") > 1:
            yield invalid(
                ("metadata", "ownerReferences", i, "apiVersion"), written, "must be `version` or `group/version`"
            )
        controllers += bool(owner.get("controller"))
        if controllers > 1:
            yield Problem(("metadata", "ownerReferences", i, "controller"), "only one owner can be the controller")
    strict = view.kind.rpartition(".")[2] in _PLAIN_GROUPS or view.kind.endswith((".rbac.authorization.k8s.io", "."))
    for holder in ("metadata", "spec") if view.kind == "Namespace." else ("metadata",):
        for i, finalizer in enumerate((view.body.get(holder) or {}).get("finalizers") or ()):
            if why := _finalizer_problem(finalizer or "", qualified=strict):
                yield invalid((holder, "finalizers", i), finalizer or "", why)


def _finalizer_problem(name: str, *, qualified: bool) -> str:
    """Return what is wrong with a finalizer; built-in kinds want a domain in front of all but three."""
    why = syntax.qualified_name(name)
    if not why and qualified and "/" not in name and name not in ("kubernetes", "orphan", "foregroundDeletion"):
        return "must have a domain in front, such as `example.org/name`"
    return why


def check_server_fields(view: View) -> Iterator[Problem]:
    """Refuse what only the server writes: an export of a live object."""
    if view.metadata.get("managedFields"):
        yield Problem(
            ("metadata", "managedFields"),
            "`managedFields` must not be set: only the server writes it",
            "remove `managedFields`",
            on_key=True,
        )
    for field in ("resourceVersion", "uid"):
        if view.metadata.get(field):
            yield Problem(
                ("metadata", field),
                f"`{field}` belongs to one object of one cluster: elsewhere the server refuses it",
                f"remove `{field}`",
                on_key=True,
                warning=True,
            )


RULES = (
    Rule("SC615", ("*",), check_name),
    Rule("SC616", ("*",), check_namespace),
    Rule("SC617", ("*",), check_object_labels),
    Rule("SC618", ("*",), check_annotations),
    Rule("SC619", ("*",), check_owners),
    Rule("SC620", ("*",), check_server_fields),
)
