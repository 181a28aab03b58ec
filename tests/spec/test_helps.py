"""What a help says: the word or the form to write instead, fit for the very value that was found."""

from __future__ import annotations

import pytest

HEAD = "  kubernetes: '1.34'\n"
DATA = "  data: [{name: mnist, nfs: {server: a, path: /b}}]\n"
SECRET = "  secrets: [{name: token, keys: {a: {fromEnv: A}}}]\n"
JOB = HEAD + "  jobs: [{name: t, namespace: default, image: 'a:1', %s}]\n"


@pytest.mark.parametrize(
    ("spec", "code", "help"),
    [
        (JOB % "gpu: 1", "SC301", "write it under `resources`"),
        (JOB % "gpus: 1", "SC301", "write `gpu` under `resources`"),
        (HEAD + "  components: [{name: openfx, version: 0.1.0, gateway: {}}]\n", "SC301", "write it under `openfx`"),
        (HEAD + "  secrets: [{name: s, keys: {a: {env: A}}}]\n", "SC301", "write `fromEnv`"),
        (JOB % "env: {A: {file: x}}", "SC301", "write `fromFile`"),
        ("  kubernetes: 1.30\n", "SC303", 'write it in quotes, as `"1.30"`'),
        (JOB % "env: {A: 010}", "SC303", 'write it in quotes, as `"010"`'),
        (JOB % "env: {A: True}", "SC303", 'write it in quotes, as `"True"`'),
        (JOB % "env: {A: 12.0}", "SC303", 'write it in quotes, as `"12.0"`'),
        (JOB % "env: {A: .5}", "SC303", 'write it in quotes, as `".5"`'),
        (JOB % "env: {A: 1e3}", "SC303", 'write it in quotes, as `"1e3"`'),
        (JOB % "resources: {cpu: 0.5}", "SC303", 'write it in quotes, as `"0.5"`'),
        (JOB % "resources: {memory: 2GB}", "SC307", "write `2Gi`, or `2G` for powers of 1000"),
        (JOB % "resources: {memory: 512mib}", "SC307", "write `512Mi`"),
        (JOB % "resources: {memory: lots}", "SC307", "write an amount such as `512Mi` or `20Gi`"),
        (JOB % "resources: {cpu: -1}", "SC309", "write at least 0"),
        (JOB.replace("'a:1'", "{repository: a, tag: b}") % "", "SC302", "write one text, as `image: REPOSITORY:TAG`"),
        (JOB % "env: {A: {secretRef: s}}", "SC302", "write a map with `name`"),
        (HEAD + "  secrets: [{name: s}]\n", "SC304", "write `keys:`"),
        (
            HEAD + "  cluster: {nodes: []}\n",
            "SC304",
            "write `provider:` with one of `kubespray`, `kubeadm`, `minikube`, `existing`",
        ),
        (HEAD + "  namespaces: [{name: team, quota: {gpus: 1}}]\n", "SC318", "write `gpu`"),
        (JOB % "labels: {a: '{{ params.tag }}'}", "SC315", "write `${{ params.tag }}`"),
        (JOB % "labels: {a: '${ stack.name }'}", "SC315", "write `${{ stack.name }}`"),
        (JOB % "volumes: [{name: v, mountPath: /v, pvc: {size: 1Gi, storageClassName: x}}]", "SC335", None),
    ],
)
def test_help_says_what_to_write(spec: str, code: str, help: str | None, run) -> None:
    """One error, with the help for this value."""
    found = [d for d in run(spec).diagnostics if d.is_error]
    assert [d.code for d in found] == [code]
    assert found[0].help.startswith(help or "add it to `assumes.storageClasses`")


@pytest.mark.parametrize(
    ("spec", "codes"),
    [
        (JOB.replace("'a:1'", "'a:{TAG}'") % "", ["SC315"]),
        (JOB.replace("default", "Team") % "", ["SC306"]),
        (JOB % "env: {A: {x: 1}}", ["SC301"]),
        (JOB % "inputs: [{name: i, mountPath: /i, data: mnst}]" + DATA, ["SC332"]),
        (JOB % "env: {A: {secretRef: {name: tokn, key: a}}}" + SECRET, ["SC331"]),
    ],
)
def test_one_cause_is_one_diagnostic(spec: str, codes: list[str], run) -> None:
    """A placeholder is not also a wrong form, a name written wrong not also a name that nobody uses."""
    assert run(spec).codes() == codes


def test_wrong_default_is_shown_once_where_it_stands(run) -> None:
    """However many items it reaches, and even when all of them say the field themselves."""
    jobs = "  jobs:\n" + "".join(
        f"    - {{name: {n}, namespace: default, image: 'a:1', backoffLimit: 1}}\n" for n in "tu"
    )
    result = run(HEAD + "  defaults: {jobs: {backofLimit: 1, backoffLimit: many, volumes: [{name: v}]}}\n" + jobs)
    assert [(d.code, d.message) for d in result.diagnostics if d.code in ("SC301", "SC302")] == [
        ("SC301", "unknown key `backofLimit` in `defaults.jobs`"),
        ("SC302", "`backoffLimit` is a text, expected an integer"),
    ]


def test_default_is_right_for_the_backend_that_takes_it(run) -> None:
    """What one kind of item knows is no mistake in the layer under all of them."""
    result = run(HEAD + "  defaults: {jobs: {replicas: 2}}\n  jobs: [{name: t, image: 'a:1', namespace: default}]\n")
    assert result.codes() == []


def test_plain_value_of_an_overlay_keeps_what_a_param_declares(run) -> None:
    """An overlay sets the value; the list of allowed ones stays."""
    spec = HEAD + "  params: {size: {default: s, enum: [s, m]}}\n  domain: '${{ params.size }}.example.com'\n"
    assert run(spec, "  params: {size: m}\n").spec["domain"] == "m.example.com"
    assert run(spec, "  params: {size: x}\n").codes() == ["SC233"]


def test_item_name_made_of_an_expression_can_be_read(run) -> None:
    """`item.name` is the name as it is filled in."""
    job = JOB.replace("name: t,", "name: 't-${{ params.v }}',") % "env: {NAME: '${{ item.name }}'}"
    assert run(job + "  params: {v: two}\n").spec["jobs"][0]["env"] == {"NAME": "t-two"}


def test_expression_in_a_key_is_no_directive(run) -> None:
    """Beside defaults too, where directives are looked for."""
    spec = JOB % "labels: {'${{ params.v }}': a}" + "  defaults: {jobs: {backoffLimit: 1}}\n  params: {v: two}\n"
    assert run(spec).codes() == ["SC238"]


def test_default_may_read_the_item_that_takes_it(run) -> None:
    """The text in `defaults` waits; every item fills its own name in."""
    jobs = "  jobs: [{name: t, namespace: default, image: 'a:1'}, {name: u, namespace: default, image: 'a:1'}]\n"
    result = run(
        HEAD + "  defaults: {jobs: {env: {NAME: '${{ item.name }}'}, serviceAccountName: '${{ item.name }}'}}\n" + jobs
    )
    assert result.codes() == []
    assert [(job["env"]["NAME"], job["serviceAccountName"]) for job in result.spec["jobs"]] == [("t", "t"), ("u", "u")]


@pytest.mark.parametrize(
    ("layers", "sets", "written"),
    [
        (["  params: {num: 010}\n"], (), "010"),
        (["  params: {num: 1}\n", "  params: {num: 1.10}\n"], (), "1.10"),
        (["  params: {num: 1}\n"], ("params.num=0x10",), "0x10"),
    ],
)
def test_a_number_in_a_text_keeps_what_its_layer_wrote(layers, sets, written: str, run) -> None:
    """The stack, an overlay or `--set`: what YAML made of it would be another text."""
    found = run(JOB % "labels: {a: 'v${{ params.num }}'}" + layers[0], *layers[1:], sets=sets).only("SC237")
    assert found.help == f'write the value in quotes: `"{written}"`'


def test_what_overlays_leave_is_quoted_as_it_was_written(run) -> None:
    """Merging loses no text."""
    found = run(JOB % "env: {A: 010}", "  jobs: [{name: t, env: {B: 1.10}}]\n").diagnostics
    helps = {d.help for d in found if d.code == "SC303"}
    assert helps == {'write it in quotes, as `"010"`', 'write it in quotes, as `"1.10"`'}
