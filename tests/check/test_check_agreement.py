"""Agreement with a real API server on objects of our own: see make_cases.py."""

from __future__ import annotations

import gzip
import json
from collections import Counter

from make_cases import CASES

from compiler.check.objects import Judge
from compiler.formats.packs import load_pack

RECALL = 0.97
"""What is missed: CEL expressions, and kinds without rules (FlowSchema, PriorityLevelConfiguration, Node, devices)."""


def test_nothing_that_a_server_takes_is_refused_and_nearly_all_that_it_refuses():
    """Of cases that a 1.36 server judged, none is a false alarm."""
    judge, count, false = Judge(load_pack(36)), Counter(), []
    for line in gzip.decompress(CASES.read_bytes()).decode().splitlines():
        case = json.loads(line)
        errors = [f for f in judge.look(case["object"]).found if not f.problem.warning]
        count[case["accepted"], bool(errors)] += 1
        if case["accepted"] and errors:
            false.append((case["base"], case["path"], case["op"], errors[0].code))
    assert false == []
    assert count[True, False] > 1000 and count[False, True] > 2000
    assert count[False, True] / (count[False, True] + count[False, False]) >= RECALL
