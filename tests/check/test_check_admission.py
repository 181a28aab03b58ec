"""Agreement with what a real API server said, and with manifests that the world runs."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from compiler.check.objects import Judge
from compiler.check.stream import Source, check_stream
from compiler.formats.packs import load_pack
from compiler.model.source import pointer

pytestmark = pytest.mark.upstream

RECALL, FALSE_ALARMS, PLACE, SURPLUS = 0.99, 0.001, 0.92, 0.05


def _server_pointer(field: str) -> str:
    parts = re.findall(r"\[([^\]]+)\]|([^.\[\]]+)", field)
    return "".join("/" + (a or b).strip('"').replace("~", "~0").replace("/", "~1") for a, b in parts)


def _near(path: str, field: str) -> bool:
    a, b = (re.sub(r"/\d+(?=/|$)", "/#", text) for text in (path, field))
    return a == b or a.rpartition("/")[0] == b or b.rpartition("/")[0] == a


def _errors(judge: Judge, body: object) -> list[str]:
    return [pointer(f.problem.path) for f in judge.look(body).found if not f.problem.warning]


def test_verdicts_agree_with_the_server(published: Path):
    """Of 4,103 objects that a 1.36 server judged, we refuse what it refused, take what it took, and name the place."""
    with gzip.open(published / "admission" / "cases-1.36.jsonl.gz", "rt") as lines:
        cases = [json.loads(line) for line in lines]
    judge, count, surplus = Judge(load_pack(36)), Counter(), 0
    for case in cases:
        found, verdict = _errors(judge, case["object"]), case["verdict"]
        count[not verdict["accepted"], bool(found)] += 1
        fields = [_server_pointer(c["field"]) for c in verdict.get("causes", []) if c.get("field")]
        if found and not verdict["accepted"]:
            surplus += max(0, len(found) - max(1, len(fields)))
            if fields:
                count["placed"] += any(_near(p, f) for p in found[: len(fields) + 1] for f in fields)
                count["placeable"] += 1
    assert count[True, True] / (count[True, True] + count[True, False]) >= RECALL
    assert count[False, True] / (count[False, True] + count[False, False]) <= FALSE_ALARMS
    assert count["placed"] / count["placeable"] >= PLACE
    assert surplus / count[True, True] <= SURPLUS


def _stream(folder: Path, *patterns: str) -> list[Source]:
    files = sorted(file for pattern in patterns for file in folder.glob(pattern))
    return [Source(file.name, file.read_bytes()) for file in files]


@pytest.mark.parametrize(("release", "refused"), [("1.10.2", {"SC615"}), ("26.03", set())])
def test_a_kubeflow_release_is_taken(published: Path, release: str, refused: set[str]):
    """What Kubeflow publishes has no error, but one Profile whose name is an unfilled `$(profile-name)`."""
    with gzip.open(published / "upstream" / "kubeflow" / f"{release}.yaml.gz") as file:
        raw = file.read()
    judgement = check_stream([Source("kubeflow.yaml", raw)], 36)
    assert {d.code for d in judgement.diagnostics if d.is_error} == refused
    assert {d.code for d in judgement.diagnostics if not d.is_error} <= {"SC502"}


def test_removed_apis_of_an_old_platform_are_named_with_their_successors(published: Path):
    """ai-devops 5.1 has 34 objects of removed APIs; each is told what to write."""
    sources = _stream(published / "upstream" / "ai-devops-5.1", "*.yaml")
    errors = [d for d in check_stream(sources, 36).diagnostics if d.is_error]
    removed = [d for d in errors if d.code == "SC611"]
    assert len(removed) == 34
    assert all("was removed in Kubernetes 1." in d.message and "write `apiVersion: " in d.help for d in removed)
    assert {d.code for d in errors} == {"SC602", "SC611", "SC613"}
    assert {d.object.name for d in errors if d.code == "SC602"} == {"notebook-controller-config"}
