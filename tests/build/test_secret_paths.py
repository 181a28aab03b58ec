"""Secrets through whole compiles: no text in any output, and every place they are named by still fits."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from compiler.build.emit import emit_tree
from compiler.formats.files import MemoryFiles
from compiler.live.bind import Sources, bind_secrets, run_sops
from compiler.model.diagnostic import Diagnostic
from compiler.model.manifest import Bundle
from compiler.pipeline import build
from compiler.report.json import render as render_json
from compiler.report.text import render

HEAD = "apiVersion: stackc.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: a}}\nspec:\n  {spec}\n"
JOB = "jobs: [{name: t, namespace: default, image: 'b:1', env: {A: {secretRef: {name: s, key: a}}}}]"
SECRET = "secrets: [{name: s, keys: {a: {fromEnv: A}}}]"
WORD = "hunter2"


def compiled(spec: str, overlay: str = "", **files: str) -> tuple[Bundle | None, tuple[Diagnostic, ...], MemoryFiles]:
    texts = {"lab/stack.yaml": HEAD.format(kind="Stack", spec='kubernetes: "1.34"\n  ' + spec), **files}
    layers = ()
    if overlay:
        texts["env/prod.yaml"] = HEAD.format(kind="Overlay", spec=overlay)
        layers = ("env/prod.yaml",)
    door = MemoryFiles({path: text.encode() for path, text in texts.items()})
    built = build(door, "lab/stack.yaml", layers, ())
    return (built.value.bundle if built.value else None), built.diagnostics, door


def bundle_of(spec: str, overlay: str = "", **files: str) -> Bundle:
    bundle, found, _ = compiled(spec, overlay, **files)
    assert bundle is not None, found
    return bundle


def errors(found: tuple[Diagnostic, ...]) -> list[tuple[str, str]]:
    return [(d.code, str(d.span)) for d in found if d.is_error]


@pytest.mark.parametrize(
    "spec",
    [
        f"secrets: [{{name: s, namespaces: [default], keys: {{a: {{value: {WORD}}}, b: {{vale: x}}}}}}]",
        f"secrets: [{{name: s, namespaces: [default], keys: {{a: {WORD}, b: {{vale: x}}}}}}]",
        f"secrets: [{{name: s, namespaces: [default], keys: {{a: {{fromEnv: {WORD}!}}, b: {{vale: x}}}}}}]",
        f"jobs: [{{name: t, namespace: default, imag: x, image: 'b:1', env: {{A: {{value: {WORD}}}}}}}]",
        f"{SECRET}\n  {JOB}\n  patches: [{{name: p, target: {{kind: Secret}}, set: {{/data/b: {WORD}}}, expect: 1}}]",
    ],
)
def test_report_masks_secret_text(spec: str) -> None:
    """A message, its source line and the lines of other messages beside it never show what was meant to be secret."""
    _, found, door = compiled(spec)
    sources = {"lab/stack.yaml": door.read("lab/stack.yaml")}
    assert any(d.is_error for d in found)
    shown = render(found, sources, color=False) + render_json(0, found)
    assert WORD not in shown
    assert "*" * len(WORD) in shown


def test_address_of_a_registry_is_no_secret() -> None:
    """`server` of a registry login may stand in the file: it is an address."""
    keys = "{server: {value: reg.example.com}, username: {fromEnv: U}, password: {fromEnv: P}}"
    bundle = bundle_of(f"secrets: [{{name: r, type: docker-registry, namespaces: [default], keys: {keys}}}]")
    assert [fill.server for fill in bundle.fill] == ["reg.example.com"]


@pytest.mark.parametrize("change", ["set: {/data/b: eA==}", "merge: {stringData: {b: x}}", "set: {/data: {b: eA==}}"])
def test_patch_writes_no_text_into_a_secret(change: str) -> None:
    """A bundle holds no secret text, whichever way it would come in."""
    _, found, _ = compiled(f"{SECRET}\n  {JOB}\n  patches: [{{name: p, target: {{kind: Secret}}, {change}}}]")
    assert [code for code, _ in errors(found)] == ["SC472"]


def test_patch_of_a_secret_in_preset_dev_ends_in_data() -> None:
    """What preset dev allows is written as `data`, as everywhere."""
    patch = "patches: [{name: p, target: {kind: Secret}, merge: {stringData: {b: x}}}]"
    bundle = bundle_of(f"preset: dev\n  {SECRET}\n  {JOB}\n  {patch}")
    (secret,) = (m.body for m in bundle.manifests if m.id.kind == "Secret")
    assert secret["data"] == {"b": base64.b64encode(b"x").decode()}
    assert "stringData" not in secret


def test_fill_follows_a_renamed_secret() -> None:
    """What diff and apply fill in names the Secret as it is in the bundle."""
    bundle = bundle_of(f"{SECRET}\n  {JOB}\n  patches: [{{name: p, target: {{kind: Secret}}, rename: z}}]")
    assert [fill.object.name for fill in bundle.fill] == ["z"]
    assert {m.id for m in bundle.manifests} >= {fill.object for fill in bundle.fill}
    index: Any = emit_tree(bundle).value
    assert index is not None


def test_assumed_store_is_enough_for_an_external_secret() -> None:
    """Who assumes a secret store has the operator that reads it."""
    keys = "{a: {externalSecret: {store: vault, key: k}}}"
    spec = f"assumes: {{secretStores: [vault]}}\n  secrets: [{{name: s, namespaces: [default], keys: {keys}}}]"
    assert [m.id.kind for m in bundle_of(spec).manifests] == ["ExternalSecret"]


def test_external_login_takes_its_server_from_the_store_too() -> None:
    """The template of a registry login reads the server where the stack takes it from a store."""
    store = "{externalSecret: {store: vault, key: k}}"
    keys = f"{{server: {store}, username: {store}, password: {store}}}"
    secret = f"{{name: r, type: docker-registry, namespaces: [default], keys: {keys}}}"
    (made,) = bundle_of(f"assumes: {{secretStores: [vault]}}\n  secrets: [{secret}]").manifests
    template = made.body["spec"]["target"]["template"]["data"][".dockerconfigjson"]
    assert template.startswith('{"auths":{{{ .server | toJson }}:')


def test_key_that_kubernetes_refuses_is_refused() -> None:
    """A key has no object to be checked in before its value is bound."""
    _, found, _ = compiled("secrets: [{name: s, namespaces: [default], keys: {'a b': {fromEnv: A}}}]")
    assert errors(found) == [("SC326", "lab/stack.yaml:6:53")]


@pytest.mark.parametrize(
    ("path", "code"), [("../../etc/passwd", "SC131"), ("/etc/passwd", "SC132"), ("a\\\\b", "SC138")]
)
def test_file_outside_is_refused_before_apply(path: str, code: str) -> None:
    """A path that no run could read is an error of the stack."""
    _, found, _ = compiled(f'secrets: [{{name: s, namespaces: [default], keys: {{a: {{fromFile: "{path}"}}}}}}]')
    assert [c for c, _ in errors(found)] == [code]


def test_paths_of_an_overlay_start_at_the_overlay() -> None:
    """Files of secrets and manifests are looked up beside the file that names them."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: default}\n"
    overlay = (
        "manifests: [extra.yaml]\n  secrets: [{name: s, namespaces: [default], keys: {a: {fromFile: k.pem}}}]\n"
        "  jobs: [{name: t, namespace: default, image: 'b:1', env: {K: {fromFile: e.pem}}}]"
    )
    bundle = bundle_of("domain: a.b", overlay, **{"env/extra.yaml": text})
    assert [m.id.name for m in bundle.manifests if m.id.kind == "ConfigMap"] == ["c"]
    sources = sorted(source for fill in bundle.fill for source in fill.keys.values())
    assert sources == ["file ../env/e.pem", "file ../env/k.pem"]


FX = "assumes: {components: {metrics-server: 0.7.2}}\n  "
FX += "openfx: {version: 0.1.0, imageRepository: a.b/c, grafana: {enabled: false}"


def fills(bundle: Bundle) -> dict[str, str]:
    """Return namespace/name → the first source of every fill entry."""
    return {f"{f.object.namespace}/{f.object.name}": next(iter(f.keys.values())) for f in bundle.fill}


def test_items_of_one_section_have_their_own_inline_secrets() -> None:
    """Two functions may each have a `TOKEN`; each Secret stands in the namespace of its function alone."""
    functions = ", ".join(
        f"{{name: {n}, runtime: go, image: 'a:1', env: {{TOKEN: {{fromEnv: {n.upper()}}}}}}}" for n in ("f", "g")
    )
    assert fills(bundle_of(f"{FX}, functions: [{functions}]}}")) == {
        "openfx-fn/openfx-f-token": "env F",
        "openfx-fn/openfx-g-token": "env G",
    }


def test_inline_secret_of_a_workload_is_made() -> None:
    """`workloads:` takes every source that a section's own fields take."""
    assert fills(bundle_of(f"{FX}, workloads: {{fxgateway: {{env: {{TOKEN: {{fromEnv: T}}}}}}}}}}")) == {
        "openfx/openfx-fxgateway-token": "env T"
    }


def test_report_masks_a_plain_secret_among_the_manifests() -> None:
    """In one line or many: the place is the text, and it is not shown."""
    one_line = f"{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, stringData: {{a: {WORD}}}}}\n"
    for text in (one_line, f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata:\n  a: {WORD}\n  b: {WORD}\n"):
        _, found, _ = compiled("manifests: [m.yaml]", **{"lab/m.yaml": text})
        assert [d.code for d in found] == ["SC472"]
        assert WORD not in render(found, {"lab/m.yaml": text.encode()}, color=False)


def test_a_source_within_an_instance_keeps_its_own_place() -> None:
    """What diff and apply miss is shown where the stack says it: in a job, and in a workload of a component."""
    spec = (
        "jobs:\n  - name: t\n    namespace: default\n    image: b:1\n    env:\n      A: {fromEnv: A}\n"
        "      B: {fromFile: b}\ncomponents:\n- name: web\n  workloads: {web: {env: {C: {fromEnv: C}}}}\n"
    ).replace("\n", "\n  ")
    job = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: web}\n"
        "spec: {template: {spec: {restartPolicy: Never, containers: [{name: web, image: 'a:1'}]}}}\n"
    )
    files = {"components/web/component.yaml": "summary: x\n", "components/web/manifests/job.yaml": job}
    bundle = bundle_of(spec, **files)
    assert {key: str(span) for fill in bundle.fill for key, span in fill.spans.items()} == {
        "a": "lab/stack.yaml:11:12",
        "b": "lab/stack.yaml:12:12",
        "c": "lab/stack.yaml:15:32",
    }


def test_a_line_with_the_text_of_a_secret_is_not_shown_for_its_neighbour() -> None:
    """Preset dev takes values in the stack; the place of a missing one beside them stays a place."""
    keys = "{a: {value: hunter2}, b: {fromEnv: B}}"
    env = "{C: {value: hunter2}, D: {fromEnv: D}, E: {secretRef: {name: s, key: a}}}"
    job = f"jobs: [{{name: t, namespace: default, image: 'b:1', env: {env}}}]"
    bundle, _, door = compiled(f"preset: dev\n  secrets: [{{name: s, keys: {keys}}}]\n  {job}")
    assert bundle
    found = bind_secrets(bundle, Sources({}, door.read, run_sops(""))).diagnostics
    text = render(found, {"lab/stack.yaml": door.read("lab/stack.yaml")}, color=False)
    assert [(d.code, d.span and d.span.line) for d in found] == [("SC810", 7), ("SC810", 8)]
    assert "lab/stack.yaml:7:" in text
    assert WORD not in text
