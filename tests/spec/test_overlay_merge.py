"""The merge table of the language, row by row: below + above → result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

JOB = "name: train, namespace: default, image: busybox:1.36"
HEAD = '  kubernetes: "1.34"\n'


def _job(more: str = "") -> str:
    return f"{HEAD}  jobs:\n    - {{{JOB}{', ' + more if more else ''}}}\n"


MERGES = [
    pytest.param(
        "resources: {cpu: 1}",
        "resources: {memory: 2Gi}",
        {"resources": {"cpu": 1, "memory": "2Gi"}},
        id="maps-merge-by-key",
    ),
    pytest.param(
        "env: {A: a, B: b}", "env: {B: c, C: d}", {"env": {"A": "a", "B": "c", "C": "d"}}, id="env-keeps-its-order"
    ),
    pytest.param("args: [a, b, c]", "args: [d]", {"args": ["d"]}, id="atomic-lists-are-replaced"),
    pytest.param("replicas: 2", "replicas: 3", {"replicas": 3}, id="scalars-are-replaced"),
    pytest.param("args: [a]", "args: {$append: [b]}", {"args": ["a", "b"]}, id="append-goes-after-the-list"),
    pytest.param("suspend: true", "args: {$append: [b]}", {"suspend": True, "args": ["b"]}, id="append-makes-a-list"),
    pytest.param(
        "volumes: [{name: v, mountPath: /v, emptyDir: {}}]",
        "volumes: {$replace: []}",
        {"volumes": []},
        id="replace-keeps-nothing-of-below",
    ),
    pytest.param(
        "resources: {cpu: 1}",
        "resources: {$replace: {memory: 1Gi}}",
        {"resources": {"memory": "1Gi"}},
        id="replace-map",
    ),
    pytest.param("replicas: 2", "replicas: {$delete: true}", {}, id="delete-takes-a-key-away"),
    pytest.param(
        "suspend: false", "replicas: {$delete: true}", {"suspend": False}, id="delete-of-an-absent-field-is-fine"
    ),
    pytest.param("env: {A: a}", "env: {A: {$delete: true}}", {"env": {}}, id="delete-of-a-free-key"),
    pytest.param(
        "env: {A: a}",
        "env: {B: {$delete: true, $ifPresent: true}}",
        {"env": {"A": "a"}},
        id="if-present-delete-of-a-free-key",
    ),
    pytest.param(
        "resources: {cpu: 1}",
        "resources: {$ifPresent: true, memory: 1Gi}",
        {"resources": {"cpu": 1, "memory": "1Gi"}},
        id="if-present-merges-where-below-has-it",
    ),
    pytest.param(
        "suspend: true",
        "resources: {$ifPresent: true, memory: 1Gi}",
        {"suspend": True},
        id="if-present-brings-nothing-in",
    ),
    pytest.param(
        "volumes: [{name: v, mountPath: /v, emptyDir: {sizeLimit: 1Gi}}]",
        "volumes: [{name: v, emptyDir: {medium: Memory}}]",
        {"volumes": [{"name": "v", "mountPath": "/v", "emptyDir": {"sizeLimit": "1Gi", "medium": "Memory"}}]},
        id="the-same-branch-of-a-one-of-merges",
    ),
    pytest.param(
        "volumes: [{name: v, mountPath: /v, emptyDir: {}}]",
        "volumes: [{name: v, pvc: {name: c}}]",
        {"volumes": [{"name": "v", "mountPath": "/v", "pvc": {"name": "c"}}]},
        id="another-branch-of-a-one-of-replaces",
    ),
    pytest.param(
        "env: {A: a}",
        "env: {A: {secretRef: {name: s, key: k}}}",
        {"env": {"A": {"secretRef": {"name": "s", "key": "k"}}}},
        id="a-map-replaces-a-scalar",
    ),
    pytest.param(
        "volumes: [{name: a, mountPath: /a, emptyDir: {}}, {name: b, mountPath: /b, emptyDir: {}}]",
        "volumes: [{name: c, mountPath: /c, emptyDir: {}}, {name: a, $delete: true}]",
        {
            "volumes": [
                {"name": "b", "mountPath": "/b", "emptyDir": {}},
                {"name": "c", "mountPath": "/c", "emptyDir": {}},
            ]
        },
        id="items-merge-by-name-and-new-ones-go-last",
    ),
    pytest.param(
        "volumes: [{name: a, mountPath: /a, emptyDir: {}}]",
        "volumes: [{name: z, $ifPresent: true, mountPath: /z}]",
        {"volumes": [{"name": "a", "mountPath": "/a", "emptyDir": {}}]},
        id="an-item-with-if-present-is-left-out-where-it-is-absent",
    ),
]
OWN = {"name": "train", "namespace": "default", "image": "busybox:1.36"}


@pytest.mark.parametrize(("below", "above", "expected"), MERGES)
def test_overlay_merges_as_the_table_says(below: str, above: str, expected: Any, run: Callable[..., Any]) -> None:
    """An overlay over a job gives the row's result."""
    result = run(_job(below), f"  jobs:\n    - {{name: train, {above}}}\n")
    assert result.spec["jobs"] == [{**OWN, **expected}]


@pytest.mark.parametrize(("below", "above", "expected"), MERGES)
def test_item_over_defaults_merges_as_the_table_says(
    below: str, above: str, expected: Any, run: Callable[..., Any]
) -> None:
    """The same rules hold between an item and the defaults of its list."""
    result = run(f"{HEAD}  defaults:\n    jobs: {{{below}}}\n  jobs:\n    - {{{JOB}, {above}}}\n")
    assert result.spec["jobs"] == [{**OWN, **expected}]


def test_item_named_a_then_b_keeps_the_order_of_below(run: Callable[..., Any]) -> None:
    """An overlay changes an item in its place and puts new ones last."""
    result = run(
        _job("replicas: 1"),
        "  jobs:\n    - {name: b, image: b:1, namespace: default}\n    - {name: train, replicas: 2}\n",
    )
    assert [(job["name"], job.get("replicas")) for job in result.spec["jobs"]] == [("train", 2), ("b", None)]


def test_one_of_of_the_stack_is_replaced_by_another_branch(run: Callable[..., Any]) -> None:
    """`tls: {issuerRef}` + `{selfSigned}` is selfSigned alone."""
    result = run(f"{HEAD}  tls: {{issuerRef: {{name: ca}}}}\n", "  tls: {selfSigned: {}}\n")
    assert result.spec["tls"] == {"selfSigned": {}}


def test_set_list_is_replaced(run: Callable[..., Any]) -> None:
    """A list marked `set` is replaced as a whole."""
    result = run(
        f"{HEAD}  cluster: {{provider: minikube, addons: [metrics-server]}}\n", "  cluster: {addons: [ingress]}\n"
    )
    assert result.spec["cluster"]["addons"] == ["ingress"]


def test_section_with_if_present_stays_away_from_a_stack_without_it(run: Callable[..., Any]) -> None:
    """A shared overlay brings no section into a stack that never wanted it."""
    result = run(_job(), "  openfx:\n    $ifPresent: true\n    gateway: {replicas: 2}\n")
    assert "openfx" not in result.spec
    assert result.diagnostics == []


def test_later_overlays_win_and_set_wins_over_all(run: Callable[..., Any]) -> None:
    """Overlays go in order, `--set` comes last."""
    above = ["  jobs: [{name: train, replicas: 2, backoffLimit: 2}]\n", "  jobs: [{name: train, backoffLimit: 3}]\n"]
    result = run(_job("replicas: 1, backoffLimit: 1"), *above, sets=("jobs[train].backoffLimit=4",))
    assert {key: result.spec["jobs"][0][key] for key in ("replicas", "backoffLimit")} == {
        "replicas": 2,
        "backoffLimit": 4,
    }


def test_trail_lists_every_layer_newest_first(run: Callable[..., Any]) -> None:
    """A value knows the file and line of every layer that set it."""
    result = run(_job("replicas: 1"), "  jobs: [{name: train, replicas: 2}]\n", sets=("jobs[train].replicas=3",))
    trail = result.tree.trails["spec", "jobs", 0, "replicas"]
    assert [str(span) for span in trail] == ["--set:1:22", "overlay1.yaml:5:34", "stack.yaml:7:72"]


def test_defaults_of_an_overlay_lie_under_the_word_of_an_item(run: Callable[..., Any]) -> None:
    """`defaults` in an overlay is merged into `defaults`, so an item's own word still wins."""
    base = f"{HEAD}  defaults:\n    jobs: {{backoffLimit: 1, replicas: 1}}\n  jobs: [{{{JOB}, replicas: 4}}]\n"
    result = run(base, "  defaults:\n    jobs: {backoffLimit: 2, replicas: 2}\n")
    assert (result.spec["jobs"][0]["backoffLimit"], result.spec["jobs"][0]["replicas"]) == (2, 4)


def test_defaults_only_in_an_overlay_reach_the_items_of_the_stack(run: Callable[..., Any]) -> None:
    """A shared overlay may bring defaults that the stack has none of."""
    result = run(_job(), "  defaults:\n    jobs: {backoffLimit: 0}\n")
    assert result.spec["jobs"][0]["backoffLimit"] == 0


def test_defaulted_holds_what_comes_from_defaults_alone(run: Callable[..., Any]) -> None:
    """A path is defaulted when no item says it, and not when an item or an overlay does."""
    defaults = "{resources: {cpu: 1, memory: 1Gi}, replicas: 1}"
    base = f"{HEAD}  defaults:\n    jobs: {defaults}\n  jobs: [{{{JOB}, replicas: 4}}]\n"
    result = run(base, "  jobs: [{name: train, resources: {memory: 2Gi}}]\n")
    job = ("spec", "jobs", 0)
    assert (*job, "resources", "cpu") in result.tree.defaulted
    assert not {(*job, "replicas"), (*job, "resources", "memory"), (*job, "resources"), job} & result.tree.defaulted


def test_set_on_defaults_reaches_the_items(run: Callable[..., Any]) -> None:
    """`--set defaults.jobs.…` is a layer of the defaults."""
    base = f"{HEAD}  defaults:\n    jobs: {{backoffLimit: 1}}\n  jobs: [{{{JOB}}}]\n"
    assert run(base, sets=("defaults.jobs.backoffLimit=5",)).spec["jobs"][0]["backoffLimit"] == 5


def test_defaults_of_functions_reach_the_list_inside_a_section(run: Callable[..., Any]) -> None:
    """`functions` belong to a section, and get their defaults there."""
    result = run(
        f"{HEAD}  defaults:\n    functions: {{runtime: go, resources: {{cpu: 100m}}}}\n"
        '  openfx:\n    version: "0.1.0"\n    functions:\n      - {name: f, image: f:1, resources: {memory: 64Mi}}\n'
    )
    function = result.spec["openfx"]["functions"][0]
    assert (function["runtime"], function["resources"]) == ("go", {"cpu": "100m", "memory": "64Mi"})


def test_preset_layer_lies_below_everything_and_brings_no_section(schema: Any) -> None:
    """The layer of a preset fills what nobody says, only in sections that the stack has."""
    from compiler.model.source import Document
    from compiler.spec.overlay import merge

    data = {"apiVersion": "v", "kind": "Stack", "metadata": {}, "spec": {"openfx": {"gateway": {"replicas": 3}}}}
    layer = {"openfx": {"gateway": {"replicas": 2, "retention": "1d"}}, "hykufe": {"version": "0.0.1"}}
    seen = []
    tree = merge(Document("s", data, {}, {}), (), (), lambda spec: seen.append(spec) or layer, schema).value
    assert tree is not None
    assert tree.data["spec"] == {"openfx": {"gateway": {"replicas": 3, "retention": "1d"}}}  # type: ignore[index]
    assert seen == [data["spec"]]
    assert ("spec", "openfx", "gateway", "retention") in tree.defaulted


def test_item_only_from_an_overlay_gets_one_message_that_names_the_near_one(run: Callable[..., Any]) -> None:
    """A misspelled item of an overlay is reported there, once, with the name that was meant."""
    found = run(_job(), "  jobs: [{name: trian, backoffLimit: 1}]\n").only("SC219")
    assert found.message == "`trian` of `jobs` comes only from overlay1.yaml, and lacks `image`"
    assert found.help == "did you mean `train`?"
    assert str(found.span) == "overlay1.yaml:5:17"


def test_wrong_type_from_an_overlay_is_reported_in_the_overlay(run: Callable[..., Any]) -> None:
    """Errors point at the newest layer."""
    assert run(_job("replicas: 1"), "  jobs: [{name: train, replicas: many}]\n").at("SC302") == ["overlay1.yaml:5:34"]


def test_patches_keep_dollar_keys_verbatim(run: Callable[..., Any]) -> None:
    """What a patch merges is somebody else's data: `$` keys are no directives there."""
    patch = "  patches: [{name: p, target: {kind: Job}, merge: {spec: {$patch: replace}}}]\n"
    result = run(_job() + patch)
    assert result.spec["patches"][0]["merge"] == {"spec": {"$patch": "replace"}}
    assert result.diagnostics == []
