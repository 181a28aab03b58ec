"""Instances to manifests: presets, versions, `use`, rules, and failures that are told at both ends."""

from __future__ import annotations

from typing import Any

from compiler.formats.files import MemoryFiles
from compiler.model.diagnostic import Diagnostic
from compiler.model.manifest import Manifest
from compiler.pipeline import build

HEAD = 'apiVersion: stackc.dev/v1alpha1\nkind: Stack\nmetadata: {name: lab}\nspec:\n  kubernetes: "1.34"\n'
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '${{ self.name }}'}\n"


def run(spec: str, **components: dict[str, str] | str) -> tuple[list[Manifest], list[Diagnostic]]:
    """Compile a stack with components: component.yaml alone as text, or files by path; `_` in names is a dash."""
    files = {"stack.yaml": HEAD + spec}
    for name, given in components.items():
        folder = "components/" + name.replace("_", "-")
        parts = {"component.yaml": given} if isinstance(given, str) else given
        files |= {f"{folder}/{path}": text for path, text in parts.items()}
    door = MemoryFiles({path: text.encode() for path, text in files.items()})
    built = build(door, "stack.yaml", (), ())
    return list(built.value.bundle.manifests) if built.value else [], list(built.diagnostics)


def data(manifests: list[Manifest], name: str) -> Any:
    (found,) = [m for m in manifests if m.id.kind == "ConfigMap" and m.id.name == name]
    return found.body["data"]


def test_presets_of_a_component_lie_under_what_the_stack_says() -> None:
    """`presets.production` of a component is its own default there: the stack's word still wins."""
    web = {
        "component.yaml": (
            "summary: x\npresets: {production: {size: big, mode: safe}}\n"
            "params: {size: string = small, mode: string = fast}\n"
        ),
        "manifests/m.yaml": MAP + "data: {v: '${{ size }} ${{ mode }}'}\n",
    }
    spec = "  preset: {}\n  components: [{{name: web, namespace: default, params: {}}}]\n"
    assert data(run(spec.format("standard", "{}"), web=web)[0], "web") == {"v": "small fast"}
    assert data(run(spec.format("production", "{size: mine}"), web=web)[0], "web") == {"v": "mine safe"}


def test_rows_of_versions_give_images_and_lets() -> None:
    """One folder, several releases: a row overrides the common table."""
    web = {
        "component.yaml": (
            'summary: x\nimages: {a: "r/a:1", b: "r/b:1"}\nlet: {colour: red}\n'
            'versions: {"1.9": {}, "1.10": {images: {a: "r/a:2"}, let: {colour: blue}}}\n'
        ),
        "manifests/m.yaml": MAP
        + "data: {v: \"${{ image('a') }} ${{ image('b') }} ${{ colour }} "
        + "${{ 'new' if self.version > '1.9' else 'old' }}\"}\n",
    }
    spec = '  components: [{{name: web, namespace: default, version: "{}"}}]\n'
    assert data(run(spec.format("1.9"), web=web)[0], "web") == {"v": "r/a:1 r/b:1 red old"}
    assert data(run(spec.format("1.10"), web=web)[0], "web") == {"v": "r/a:2 r/b:1 blue new"}


PAIR: dict[str, dict[str, str]] = {
    "outer": {
        "component.yaml": "summary: x\nparams: {items: [{name: string!, size: int32}]}\n",
        "manifests/m.yaml": "$for: i in items\nuse: inner\nname: ${{ i.name }}\nparams: {$merge: i, tag: t}\n",
    },
    "inner": {
        "component.yaml": "summary: x\nabstract: true\nparams: {name: string, size: int32 = 7, tag: string!}\n",
        "manifests/m.yaml": MAP + "data: {v: '${{ size }} ${{ tag }} ${{ self.namespace }}'}\n",
    },
}


def test_use_repeats_a_component_and_passes_params_only() -> None:
    """The callee has its own defaults, its name from the use, the namespace and the origin of the caller."""
    spec = "  components: [{name: outer, namespace: default, params: {items: [{name: a, size: 1}, {name: b}]}}]\n"
    manifests, found = run(spec, **PAIR)
    assert not [d for d in found if d.is_error]
    assert data(manifests, "a") == {"v": "1 t default"}
    assert data(manifests, "b") == {"v": "7 t default"}
    assert {m.origin.instance for m in manifests if m.id.kind == "ConfigMap"} == {"outer"}


def test_use_with_wrong_params_is_told_at_the_caller() -> None:
    """What is written out is told at its own place; what an expression gives, with that as a note."""
    wrong = {
        **PAIR,
        "outer": {**PAIR["outer"], "manifests/m.yaml": "\nuse: inner\nname: x\nparams: {tga: t, tag: t}\n"},
    }
    _, found = run("  components:\n    - {name: outer, namespace: default}\n", **wrong)
    (one,) = [d for d in found if d.is_error]
    assert (one.code, str(one.span)) == ("SC444", "components/outer/manifests/m.yaml:4:10")
    assert "`tga`" in one.message
    given = "use: inner\nname: x\nparams:\n  tag: t\n  size: ${{ self.name }}\n"
    _, found = run(
        "  components:\n    - {name: outer, namespace: default}\n",
        **{**PAIR, "outer": {**PAIR["outer"], "manifests/m.yaml": given}},
    )
    (one,) = [d for d in found if d.is_error]
    assert (one.code, str(one.span)) == ("SC444", "stack.yaml:7:14")
    assert str(one.notes[0].span) == "components/outer/manifests/m.yaml:5:9"
    missing = {**PAIR, "outer": {**PAIR["outer"], "manifests/m.yaml": "use: inner\nname: x\nparams: {size: 2}\n"}}
    _, found = run("  components:\n    - {name: outer, namespace: default}\n", **missing)
    assert ["needs the parameter `tag`" in d.message for d in found if d.is_error] == [True]


def test_components_that_use_each_other_end() -> None:
    """A circle of `use` is an error of every component in it, at the `use`, whatever the values."""
    circle = {
        name: {"component.yaml": "summary: x\n", "manifests/m.yaml": f"use: {other}\nname: x\n"}
        for name, other in (("one", "two"), ("two", "one"))
    }
    _, found = run("  components: [{name: one, namespace: default}]\n", **circle)
    assert [(d.code, str(d.span), d.message) for d in found if d.is_error] == [
        ("SC443", "components/one/manifests/m.yaml:1:6", "`use: two` leads back to `one`: one → two → one"),
        ("SC443", "components/two/manifests/m.yaml:1:6", "`use: one` leads back to `two`: two → one → two"),
    ]


def test_rules_of_all_instances_are_asked_before_any_template_runs() -> None:
    """Two broken instances are two errors, each at its own parameter; templates that would fail say nothing."""
    web = {
        "component.yaml": "summary: x\nparams: {size: int32 = 1}\n",
        "rules.yaml": "- {code: WEB001, assert: size < 5, at: size, message: 'too big: ${{ size }}', help: write 4}\n",
        "manifests/m.yaml": MAP + "data: {v: '${{ 1 // 0 }}'}\n",
    }
    spec = (
        "  components:\n    - {name: a, use: web, namespace: default, params: {size: 7}}\n"
        "    - {name: b, use: web, namespace: default, params: {size: 8}}\n"
    )
    _, found = run(spec, web=web)
    assert [(d.code, d.message, str(d.span)) for d in found if d.is_error] == [
        ("WEB001", "too big: 7", "stack.yaml:7:56"),
        ("WEB001", "too big: 8", "stack.yaml:8:56"),
    ]


def test_a_rule_points_at_the_key_that_it_means() -> None:
    """`at` takes expressions in brackets: one rule for parts of one form, and the very variable of a list of them."""
    web = {
        "component.yaml": (
            "summary: x\nparams: {front: {port?: int32}, back: {port?: int32}, env: Env}\n"
            "let: {parts: {front: '${{ front }}', back: '${{ back }}'}}\n"
        ),
        "rules.yaml": (
            "- {code: WEB001, each: 'part, p in parts', when: \"'port' in p\", assert: p.port > 80,"
            " at: '[part].port', message: low, help: raise it}\n"
            "- {code: WEB002, each: e in env, assert: is_env_name(e.name), at: 'env[e.name]', message: m, help: h}\n"
        ),
    }
    spec = (
        "  components:\n    - name: a\n      use: web\n      namespace: default\n      params:\n"
        "        back: {port: 7}\n        env:\n          GOOD: x\n          9BAD: x\n"
    )
    _, found = run(spec, web=web)
    assert [(d.code, str(d.span)) for d in found if d.is_error] == [
        ("WEB001", "stack.yaml:11:16"),
        ("WEB002", "stack.yaml:14:11"),
    ]


def test_a_rule_of_a_used_component_is_told_at_the_instance() -> None:
    """Its params are those of the template, not of the stack."""
    rule = "- {code: INNER001, assert: size < 5, at: size, message: big, help: write 4}\n"
    _, found = run(
        "  components:\n    - {name: outer, namespace: default, params: {items: [{name: a, size: 7}]}}\n",
        **{**PAIR, "inner": {**PAIR["inner"], "rules.yaml": rule}},
    )
    assert [(d.code, str(d.span)) for d in found if d.is_error] == [("INNER001", "stack.yaml:7:14")]


def test_the_preset_decides_how_bad_a_rule_is() -> None:
    """`severity: {production: error}` is a warning elsewhere; `off` is silence."""
    web = {
        "component.yaml": "summary: x\nparams: {size: int32 = 1}\n",
        "rules.yaml": (
            "- {code: WEB001, severity: {production: error, dev: 'off'}, assert: size > 1,"
            " at: size, message: m, help: h}\n"
        ),
        "manifests/m.yaml": MAP,
    }
    spec = "  preset: {}\n  components: [{{name: web, namespace: default}}]\n"
    levels = {}
    for preset in ("dev", "standard", "production"):
        levels[preset] = [d.severity.value for d in run(spec.format(preset), web=web)[1] if d.code == "WEB001"]
    assert levels == {"dev": [], "standard": ["warning"], "production": ["error"]}


def test_a_failing_expression_is_told_at_the_instance_with_the_template_line() -> None:
    """No traceback: the stack's place, the expression, and where it stands."""
    web = {
        "component.yaml": "summary: x\nparams: {size: int32 = 0}\n",
        "manifests/m.yaml": MAP + "data: {v: 'a ${{ 8 // size }}'}\n",
    }
    _, found = run("  components:\n    - {name: web, namespace: default}\n", web=web)
    (one,) = [d for d in found if d.is_error]
    assert (one.code, one.message, str(one.span)) == ("SC441", "`web`: division by zero", "stack.yaml:7:14")
    assert one.notes[0].message == "expression `8 // size`"
    assert str(one.notes[0].span) == "components/web/manifests/m.yaml:4:18"


def test_an_emptied_selector_refuses_the_instance() -> None:
    """A policy whose peers all dropped out would open the port for all: refused, with the template's place."""
    policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec:\n  podSelector: {}\n"
    policy += "  ingress:\n  - from: [{$for: p in peers, podSelector: {matchLabels: {app: '${{ p }}'}}}]\n"
    web = {"component.yaml": 'summary: x\nparams: {peers: "[string] = []"}\n', "manifests/m.yaml": policy}
    _, found = run("  components: [{name: web, namespace: default}]\n", web=web)
    (one,) = [d for d in found if d.is_error]
    assert one.code == "SC441"
    assert "`from`" in one.message
    assert str(one.notes[0].span).startswith("components/web/manifests/m.yaml:7:")


def test_templates_of_objects_without_metadata_are_refused() -> None:
    """Numbers and lists where a name belongs are the template's fault, and no crash."""
    for body in ("metadata: {name: '${{ 1 + 1 }}'}", "metadata: []", "metadata: {name: [a]}", "x: y", "metadata: text"):
        web = {"component.yaml": "summary: x\n", "manifests/m.yaml": f"apiVersion: v1\nkind: ConfigMap\n{body}\n"}
        _, found = run("  components: [{name: web, namespace: default}]\n", web=web)
        assert [d.code for d in found if d.is_error] == ["SC442"], body
