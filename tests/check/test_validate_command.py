"""`stackc validate -f`: what goes out, where, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n"
BAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {a: b}\n"


def stackc(*arguments: str, stdin: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "compiler", "validate", *arguments]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    env = os.environ | {"PYTHONPATH": path, "NO_COLOR": "1"}
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=False, cwd=cwd, env=env, timeout=60
    )


def test_good_manifests_say_in_one_line_what_was_judged_and_exit_0():
    """Standard output stays empty."""
    run = stackc("-f", "-", stdin=GOOD)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "no errors in 1 document for Kubernetes 1.36\n")


def test_a_finding_is_told_on_stderr_with_its_line():
    """The text form has place, line and what to write; stdout stays empty; the exit code is 1."""
    run = stackc("-f", "-", stdin=BAD)
    assert (run.returncode, run.stdout) == (1, "")
    assert "error[SC601]: unknown field `dta`" in run.stderr
    assert "--> -:4:1" in run.stderr and "4 | dta: {a: b}" in run.stderr and "write `data`" in run.stderr


def test_json_has_every_field_of_the_contract(tmp_path: Path):
    """documents, and of each diagnostic its code, place, object and pointer."""
    (tmp_path / "b.yaml").write_text(GOOD)
    (tmp_path / "c.json").write_text('{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "dta": {}}')
    (tmp_path / "notes.txt").write_text("no manifest")
    run = stackc("-o", "json", "-f", str(tmp_path))
    answer = json.loads(run.stdout)
    assert (run.returncode, answer["documents"], run.stderr) == (1, 2, "")
    [found] = answer["diagnostics"]
    assert found == {
        "code": "SC601",
        "severity": "error",
        "message": "unknown field `dta`",
        "help": "write `data`",
        "document": 1,
        "file": str(tmp_path / "c.json"),
        "line": 1,
        "column": 70,
        "object": {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "", "name": "c"},
        "path": "/dta",
    }


def test_each_takes_every_document_on_its_own():
    """With --each two objects of one name are no finding, and a CRD does not make its kind known."""
    assert "SC687" in stackc("-f", "-", stdin=f"{GOOD}---\n{GOOD}").stderr
    assert "no errors in 2 documents" in stackc("--each", "-f", "-", stdin=f"{GOOD}---\n{GOOD}").stderr


def test_a_folder_with_a_pipe_is_refused_and_not_waited_for(tmp_path: Path):
    (tmp_path / "a.yaml").write_text(GOOD)
    os.mkfifo(tmp_path / "b.yaml")
    run = stackc("-f", str(tmp_path))
    assert run.returncode == 2 and "b.yaml: not a regular file" in run.stderr


def test_a_folder_without_manifests_is_no_success(tmp_path: Path):
    (tmp_path / "a.txt").write_text(GOOD)
    run = stackc("-f", str(tmp_path))
    assert run.returncode == 2 and "no file in it ends in .yaml, .yml, .json" in run.stderr


def test_a_text_without_end_is_too_large():
    run = stackc("-f", "/dev/zero")
    assert run.returncode == 1 and "error[SC113]: the file has more than" in run.stderr


@pytest.mark.parametrize("version", ["1.24", "v1.24", "1.24.3"])
def test_the_target_can_be_given(version: str):
    """policy/v1beta1 is served by 1.24, and a warning says until when."""
    text = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {minAvailable: 1}\n"
    run = stackc("-f", "-", "--kubernetes", version, stdin=text)
    assert run.returncode == 0 and "warning[SC689]" in run.stderr
    assert stackc("-f", "-", stdin=text).returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [(), ("stack.yaml", "-f", "-"), ("-f", "-", "--kubernetes", "1.99"), ("-f", "-", "--kubernetes", "new"),
     ("-f", "nowhere.yaml"), ("-f", "-", "--set", "a=b")],
)  # fmt: skip
def test_wrong_usage_is_exit_2(arguments: tuple[str, ...]):
    """What can't be meant is said as usage."""
    run = stackc(*arguments)
    assert run.returncode == 2 and "Traceback" not in run.stderr


def test_secrets_are_not_printed():
    """The line of a Secret's value is not shown in the text form."""
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {token: hunter2!}\n"
    run = stackc("-f", "-", stdin=text)
    assert run.returncode == 1 and "hunter2" not in run.stderr and "SC606" in run.stderr
