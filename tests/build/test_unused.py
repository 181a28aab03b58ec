"""Words of a stack that nothing uses, and words that once were taken without effect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compiler.build.emit import emit_tree
from compiler.formats.files import MemoryFiles
from compiler.model.diagnostic import Diagnostic
from compiler.model.manifest import Bundle
from compiler.pipeline import build

HEAD = "apiVersion: stackc.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: a}}\nspec:\n"
JOB = "  jobs: [{name: t, namespace: default, image: 'b:1', volumes: [%s]}]\n"


def compiled(spec: str, overlay: str = "") -> tuple[Bundle | None, tuple[Diagnostic, ...]]:
    texts = {"stack.yaml": HEAD.format(kind="Stack") + '  kubernetes: "1.34"\n' + spec}
    if overlay:
        texts["prod.yaml"] = HEAD.format(kind="Overlay") + overlay
    files = MemoryFiles({path: text.encode() for path, text in texts.items()})
    built = build(files, "stack.yaml", ("prod.yaml",) if overlay else (), ())
    return (built.value.bundle if built.value else None), built.diagnostics


def bundle_of(spec: str) -> Bundle:
    bundle, found = compiled(spec)
    assert bundle is not None, found
    return bundle


def claims(bundle: Bundle) -> dict[str, dict[str, Any]]:
    return {m.id.name: m.body for m in bundle.manifests if m.id.kind == "PersistentVolumeClaim"}


@pytest.mark.parametrize(
    ("words", "place", "help"),
    [
        ("domain: a.example.com", "6:3", "take it out"),
        ("tls: {selfSigned: {}}", "6:3", "take it out"),
        ("registry: {mirror: 'r:5000', insecure: true}", "6:32", "take it out"),
        ("placement: {nodeSelector: {a: b}}", "6:3", "write it on the jobs that need it"),
        ("defaults: {functions: {runtime: go}}", "6:14", "take it out"),
        ("registry: {images: {fxgatway: 'a:1'}}", "6:23", "take it out"),
    ],
)
def test_word_of_the_stack_that_nothing_uses_is_a_warning(words: str, place: str, help: str) -> None:
    """The stack says a word without effect: it is shown; an overlay is for many stacks and may say it."""
    _, found = compiled(f"  {words}\n" + JOB % "")
    assert [(d.code, f"{d.span.line}:{d.span.column}", d.help) for d in found if d.span] == [("SC474", place, help)]
    assert not any(d.is_error for d in found)
    assert compiled(JOB % "", f"  {words}\n")[1] == ()


@pytest.mark.parametrize(
    "words",
    [
        "domain: example.com\n  namespaces: [{name: web, labels: {d: 'x.${{ domain }}'}}]",
        "registry: {mirror: 'r:5000', insecure: false}",
        "assumes: {storageClasses: [nfs]}\n  storage: {storageClassName: nfs}",
        "defaults: {jobs: {backoffLimit: 1}}",
    ],
)
def test_word_that_something_uses_is_no_warning(words: str) -> None:
    """An expression, a default that is off anyway, a component that reads it: each is a use."""
    assert compiled(f"  {words}\n" + JOB % "")[1] == ()


def test_image_name_of_the_catalog_is_suggested() -> None:
    """A misspelled name under `registry.images` would leave the image as it is."""
    openfx = "  openfx: {version: 0.1.0, grafana: {enabled: false}}\n  assumes: {components: {metrics-server: 0.7.2}}\n"
    _, found = compiled("  registry: {mirror: 'r:5000', images: {fxgatway: 'a:1'}}\n" + openfx)
    assert [d.help for d in found if d.code == "SC474"] == ["write `fxgateway`"]


def test_claim_that_may_be_deleted_is_not_kept() -> None:
    """`deletionPolicy: Delete` stands on the claim, and index.json says that it may be pruned; others are kept."""
    volumes = "{name: a, mountPath: /a, pvc: {size: 1Gi, deletionPolicy: Delete}}, {name: b, mountPath: /b, data: d}"
    bundle = bundle_of("  data: [{name: d, pvc: {size: 1Gi}}]\n" + JOB % volumes)
    found = claims(bundle)
    assert found["t-a"]["metadata"]["annotations"] == {"stackc.dev/deletion-policy": "Delete"}
    assert "annotations" not in found["d"]["metadata"]
    tree: Any = emit_tree(bundle).value
    keep = {row["id"]["name"]: row["keep"] for row in json.loads(tree["index.json"])["objects"]}
    assert keep == {"t-a": False, "d": True, "t": False}


def test_claim_of_data_has_what_its_place_and_the_stack_say() -> None:
    """The stack's storage class, the place's labels, annotations and deletion policy arrive at the claim."""
    place = "{name: d, deletionPolicy: Delete, labels: {a: b}, annotations: {c: e}, pvc: {size: 1Gi}}"
    stack = f"  assumes: {{storageClasses: [nfs]}}\n  storage: {{storageClassName: nfs}}\n  data: [{place}]\n"
    claim = claims(bundle_of(stack + JOB % "{name: v, mountPath: /v, data: d}"))["d"]
    assert claim["spec"]["storageClassName"] == "nfs"
    assert claim["metadata"]["labels"]["a"] == "b"
    assert claim["metadata"]["annotations"] == {"c": "e", "stackc.dev/deletion-policy": "Delete"}


@pytest.mark.parametrize(
    ("place", "column"),
    [("nfs: {server: s, path: /p}, deletionPolicy: Delete", 48), ("pvc: {size: 1Gi, volumeMode: Block}", 37)],
)
def test_word_that_a_place_cannot_mean_is_refused(place: str, column: int) -> None:
    """S3 and NFS are never deleted, and no volume mount takes a block device."""
    _, found = compiled(f"  data: [{{name: d, {place}}}]\n" + JOB % "{name: v, mountPath: /v, data: d}")
    assert [(d.code, d.span.column) for d in found if d.span] == [("SC356", column)]


@pytest.mark.parametrize(
    ("registry", "code"), [("{mirror: 'r:5000', requireMirror: true}", "SC507"), ("{requireDigest: true}", "SC508")]
)
def test_image_of_a_patch_is_refused_at_the_patch(registry: str, code: str) -> None:
    """What the registry requires holds for what patches write, too."""
    job = JOB.replace("b:1", "r:5000/b@sha256:" + "0" * 64) % ""
    patch = "  patches: [{name: p, target: {kind: Job}, set: {/spec/template/spec/containers/0/image: 'x/y:1'}}]\n"
    _, found = compiled(f"  registry: {registry}\n{job}{patch}")
    assert [(d.code, d.notes[0].message, d.span.line) for d in found if d.span] == [(code, "set by patch `p`", 8)]
