"""The graph as text, also when names are hostile."""

from __future__ import annotations

import json

import pytest

from compiler.model.graph import Edge, EdgeKind, Graph
from compiler.model.ids import ObjectId
from compiler.report.graph import render

HOSTILE = [
    'x"]; n0 -> n1; y["',
    "a\\",
    "<script>alert(1)</script>",
    "end\nsubgraph x",
    "\x1b[31mred",
    "`click n0 href`",
    "#quot;",
    "\u202eabc",
]


def graph(name: str) -> Graph:
    one, two = ObjectId("", "ConfigMap", "ns", name), ObjectId("apps", "Deployment", "ns", "w")
    return Graph((Edge(two, one, EdgeKind.AFTER, "/spec"),), (one, two), {one: 0, two: 1})


def test_dot():
    assert render(graph("a"), "dot").splitlines()[3:] == [
        "  subgraph wave0 { rank=same;",
        '    n0 [label="ConfigMap ns/a"];',
        "  }",
        "  subgraph wave1 { rank=same;",
        '    n1 [label="Deployment ns/w"];',
        "  }",
        '  n1 -> n0 [style=dashed, tooltip="after"];',
        "}",
    ]


def test_mermaid():
    assert render(graph("a"), "mermaid").splitlines() == [
        "flowchart RL",
        '  subgraph wave0["wave 0"]',
        '    n0["ConfigMap ns/a"]',
        "  end",
        '  subgraph wave1["wave 1"]',
        '    n1["Deployment ns/w"]',
        "  end",
        "  n1 -.-> n0",
    ]


def test_json():
    data = json.loads(render(graph("a"), "json"))
    assert [o["wave"] for o in data["objects"]] == [0, 1]
    assert data["edges"] == [{"source": 1, "target": 0, "kind": "after", "path": "/spec"}]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", ["dot", "mermaid", "json"])
def test_hostile_names_stay_inside_their_label(form, name):
    """A name adds no line, no quote and no control character to the text."""
    plain, text = render(graph("a"), form), render(graph(name), form)
    assert text.count("\n") == plain.count("\n")
    assert text.isascii() or form != "json"
    assert all(c.isprintable() or c == "\n" for c in text)
    if form == "mermaid":
        assert text.count('"') == plain.count('"')
        assert "<" not in text
    if form == "dot":
        assert text.replace("\\\\", "").replace('\\"', "").count('"') == plain.count('"')
    if form == "json":
        assert json.loads(text)["objects"][0]["name"] == name
