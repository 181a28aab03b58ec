"""What errors say: help, did-you-mean across sections, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HEAD = '  kubernetes: "1.34"\n'
JOB = "name: train, namespace: default, image: busybox:1.36"


def _job(more: str, before: str = "") -> str:
    return f"{HEAD}{before}  jobs:\n    - {{{JOB}, {more}}}\n"


@pytest.mark.parametrize(
    ("spec", "help"),
    [
        (f"{HEAD}  prset: dev\n", "write `preset`"),
        (f"{HEAD}  profile: dev\n", "write `preset`"),
        (f"{HEAD}  storage: {{storageClass: nfs}}\n", "write `storageClassName`"),
        (f"{HEAD}  podSubnet: 10.0.0.0/16\n", "write it under `cluster`"),
        (f"{HEAD}  imagePullSecrets: [{{name: a}}]\n", "write it under `components[]`, `jobs[]`, `registry`"),
        (_job("resources: {gpus: 1}"), "write `gpu`"),
        (_job("environment: {A: a}"), "write `env`"),
        (_job("tag: a"), "write the tag into `image`, as `image: REPOSITORY:TAG`"),
        (_job("maxRetry: 3"), "write `backoffLimit`"),
        (_job("priorityClass: a"), "write `priorityClassName`"),
        (_job("memory: 1Gi"), "write it under `resources`"),
        (_job("volumes: [{name: a, mountPath: /a, emptyDir: {}, secret: b}]"), "write `secretRef`"),
        (_job("env: {A: {secretRef: {name: a, key: b, names: c}}}"), "write `name`"),
        (f"{HEAD}  secrets: [{{name: a, keys: {{b: {{fromEnv: B, env: B}}}}}}]\n", "write `fromEnv`"),
        (f"{HEAD}  secrets: [{{name: a, data: {{}}, keys: {{b: {{fromEnv: B}}}}}}]\n", "write `keys`"),
        (f"{HEAD}  patches: [{{name: a, target: {{kind: Job}}, set: {{/a: b}}, patch: c}}]\n", "write `merge`"),
    ],
)
def test_unknown_key_gets_the_word_that_is_meant(spec: str, help: str, run: Callable[..., Any]) -> None:
    """The help names the right word here, or the section where the key belongs."""
    assert run(spec).only("SC301").help == help


@pytest.mark.parametrize(
    ("spec", "code", "help"),
    [
        ("  kubernetes: 1.30\n", "SC303", 'write it in quotes, as `"1.30"`'),
        (_job("env: {A: true}"), "SC303", 'write it in quotes, as `"true"`'),
        (_job("args: a"), "SC302", "write a list: `[a]`"),
        (_job('replicas: "2"'), "SC302", "write it without quotes: `2`"),
        (f'{HEAD}  registry: {{mirror: "https://r:5000"}}\n', "SC308", "write it without `https://`"),
        (f"{HEAD}  jobs: [{{name: Big_Job, namespace: default, image: a:1}}]\n", "SC306", None),
        (f"{HEAD}  openfx: {{version: v0.1.0}}\n", "SC314", None),
        (_job("backend: VolcanoJbo"), "SC311", "write `VolcanoJob`"),
    ],
)
def test_wrong_value_gets_an_order(spec: str, code: str, help: str | None, run: Callable[..., Any]) -> None:
    """The help says what to write."""
    found = run(spec).only(code)
    assert found.help == help or help is None
    assert found.help


@pytest.mark.parametrize(
    "more",
    [
        'args: ["--lr=${trialParameters.lr}", "{x}", "<in>"]',
        "command: [sh, -c, 'echo ${HOME} <a> ???']",
        'env: {JSON: "{\\"a\\": 1}", T: "{name}"}',
        "image: busybox@sha256:" + "0" * 64,
        "resources: {memory: 1500000000}",
        "resources: {requests: {cpu: 500m}, limits: {cpu: 0.5}}".replace("0.5", '"0.5"'),
        "resources: {limits: {example.com/fpga: 1}}",
        "priorityClassName: system-cluster-critical",
        'schedule: "*/5 0-6 1,15 * MON-FRI"',
    ],
)
def test_what_is_right_is_left_alone(more: str, run: Callable[..., Any]) -> None:
    """No false alarm."""
    text = _job(more).replace(", image: busybox:1.36", "") if more.startswith("image") else _job(more)
    assert run(text).diagnostics == []


def test_a_place_of_the_wrong_type_is_told_once(run: Callable[..., Any]) -> None:
    """The checks of the language see values of any type."""
    text = (
        HEAD + "  jobs: [{name: a, namespace: default, image: a:1, inputs: [{name: b, mountPath: /b, data: {c: d}}]}]\n"
    )
    assert [d.code for d in run(text).diagnostics] == ["SC302"]


def test_an_image_has_a_tag_in_every_preset(run: Callable[..., Any]) -> None:
    """Which build runs would depend on the day and on the node."""
    text = HEAD + "  jobs: [{name: a, namespace: default, image: busybox}]\n"
    for preset in ("", "  preset: dev\n"):
        assert run(HEAD + preset + text.removeprefix(HEAD)).only("SC316").is_error


def test_production_refuses_a_floating_tag(run: Callable[..., Any]) -> None:
    """What is a warning otherwise is an error in production."""
    text = HEAD + "  jobs: [{name: a, namespace: default, image: a:latest}]\n"
    assert not run(text).only("SC316").is_error
    assert run(HEAD + "  preset: production\n" + text.removeprefix(HEAD)).only("SC316").is_error


def test_secret_text_is_fine_in_preset_dev(run: Callable[..., Any]) -> None:
    """`value:` is for preset dev."""
    assert run(_job("env: {A: {value: hush}}", "  preset: dev\n")).diagnostics == []


def test_plain_manifests_may_bring_what_is_referred_to(run: Callable[..., Any]) -> None:
    """With `manifests:` the names are judged when the objects are known."""
    spec = _job("env: {T: {secretRef: {name: t, key: k}}}, priorityClassName: high", "  manifests: [extra.yaml]\n")
    assert run(spec.replace("namespace: default", "namespace: mine")).diagnostics == []


def test_names_that_components_bring_are_known(schema: Any) -> None:
    """What the catalog provides joins what can be referred to."""
    from compiler.model.source import Tree
    from compiler.spec.check import check_stack

    data = {
        "apiVersion": "stackc.dev/v1alpha1",
        "kind": "Stack",
        "metadata": {"name": "a"},
        "spec": {"kubernetes": "1.34", "storage": {"storageClassName": "fast"}},
    }
    tree = Tree(data, {}, {})
    assert [d.code for d in check_stack(tree, schema, "s").diagnostics] == ["SC335"]
    assert check_stack(tree, schema, "s", {"storageClasses": frozenset({"fast"})}).diagnostics == ()


def test_disabled_items_and_sections_are_taken_out(run: Callable[..., Any]) -> None:
    """`enabled: false` keeps the text and takes the thing out; what refers to it has nothing to refer to."""
    result = run(
        f"{HEAD}  openfx: {{version: 0.1.0, enabled: false, gateway: {{enabled: false}}}}\n"
        "  priorityClasses: [{name: high, value: 1, enabled: false}]\n"
        "  jobs:\n    - {name: gone, namespace: default, image: a:1, enabled: false}\n"
        "    - {name: 'on1', namespace: default, image: a:1, priorityClassName: high}\n"
    )
    found = result.only("SC334")
    assert str(found.span) == "stack.yaml:10:72"
    assert [d.code for d in result.diagnostics] == ["SC334"]


def test_disabled_item_is_gone_from_the_stack_and_places_still_fit(run: Callable[..., Any]) -> None:
    """Places follow their values when items before them go."""
    result = run(
        f"{HEAD}  jobs:\n    - {{name: gone, namespace: default, image: a:1, enabled: false}}\n"
        "    - {name: stay, namespace: default, image: a:1}\n"
        '  openfx: {version: "0.1.0", gateway: {enabled: false}}\n'
    )
    assert [job["name"] for job in result.stack.spec["jobs"]] == ["stay"]
    assert str(result.stack.tree.span(("spec", "jobs", 0, "name"))) == "stack.yaml:8:14"
    assert result.stack.spec["openfx"]["gateway"] == {"enabled": False}


def test_fault_in_defaults_is_reported_once(run: Callable[..., Any]) -> None:
    """One cause, one diagnostic, however many items inherit it."""
    result = run(
        f"{HEAD}  defaults: {{jobs: {{image: a:1, namespace: default, resources: {{memory: 512}}}}}}\n"
        "  jobs: [{name: a}, {name: b}, {name: c}]\n"
    )
    assert result.at("SC319") == ["stack.yaml:6:73"]


def test_switch_gives_each_backend_its_options(run: Callable[..., Any]) -> None:
    """`options` is typed per backend."""
    assert run(_job("backend: HorovodJob, options: {aws: {}}")).diagnostics == []
    assert run(_job("options: {aws: {}}")).at("SC301") == ["stack.yaml:7:62"]


def test_stack_has_the_facts_that_all_stages_ask_for(run: Callable[..., Any]) -> None:
    """Name, target, preset and folder are at hand."""
    stack = run(f"{HEAD}  preset: dev\n").stack
    assert (stack.name, stack.kubernetes, stack.preset, stack.folder) == ("a", "1.34", "dev", "")


@pytest.mark.parametrize(
    ("spec", "help"),
    [
        (_job("command: sh -c 'echo hi'"), 'write a list: `[sh, -c, "echo hi"]`'),
        (_job("command: it's"), 'write a list: `["it\'s"]`'),
        (_job("env: [{name: A, value: 'yes'}, {name: B, value: b}]"), 'write a map: `{A: "yes", B: b}`'),
        (_job("env: [A=b]"), "write a map: `{NAME: VALUE}`"),
        (_job("volumes: [data]"), "write a map: `{name: data}`"),
        (_job("imagePullSecrets: regcred"), "write a list: `[{name: regcred}]`"),
        (_job("resources: big"), "write a map with `cpu`, `ephemeral-storage`, `gpu`, `limits`, …"),
        (f"{HEAD}  namespaces: [team]\n", "write a map: `{name: team}`"),
        (
            f"{HEAD}  secrets: [{{name: a, keys: {{b: c}}}}]\n",
            "write where the value comes from, as `{fromEnv: NAME}`",
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_shown_in_the_right_form(spec: str, help: str, run: Callable[..., Any]) -> None:
    """Habits of other tools: one text for a command, a list for `env`, names for items."""
    assert run(spec).only("SC302").help == help


def test_what_is_missing_comes_with_the_values_that_it_can_have(run: Callable[..., Any]) -> None:
    """A choice is told at once, not by the next error."""
    taint = f"{HEAD}  cluster: {{provider: existing, nodes: [{{name: a, roles: [worker], taints: [{{key: b}}]}}]}}\n"
    assert run(taint).only("SC304").help == "write `effect:` with one of `NoSchedule`, `PreferNoSchedule`, `NoExecute`"


@pytest.mark.parametrize("image", ["a:{{ .Values.tag }}", "a:${TAG}"])
def test_templates_of_other_tools_are_sent_to_params(image: str, run: Callable[..., Any]) -> None:
    """The text of a Helm value or a shell variable names no image, and the words say what does."""
    help = "write `${{ params.NAME }}` for a value that is set from outside; declare it under `spec.params`"
    assert run(f"{HEAD}  jobs: [{{name: a, namespace: default, image: '{image}'}}]\n").only("SC308").help == help
