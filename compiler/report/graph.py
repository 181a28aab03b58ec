"""The reference graph as text: Graphviz dot, Mermaid or JSON."""

from __future__ import annotations

import json

from compiler.model.graph import EdgeKind, Graph
from compiler.model.ids import ObjectId

_DOT_STYLES = {EdgeKind.NEEDS: "solid", EdgeKind.READY: "bold", EdgeKind.AFTER: "dashed"}
_MERMAID_ARROWS = {EdgeKind.NEEDS: "-->", EdgeKind.READY: "==>", EdgeKind.AFTER: "-.->"}


def render(graph: Graph, form: str) -> str:
    """Return the graph as `dot`, `mermaid` or `json`; an edge leads from an object to what goes first."""
    return {"dot": dot, "mermaid": mermaid, "json": as_json}[form](graph)


def dot(graph: Graph) -> str:
    """Return the graph for Graphviz: one rank a wave."""
    lines = ["digraph stack {", "  rankdir=RL;", "  node [shape=box, fontname=sans-serif];"]
    numbers = _numbers(graph)
    for wave, ids in _by_wave(graph).items():
        lines.append(f"  subgraph wave{wave} {{ rank=same;")
        lines += [f"    n{numbers[id]} [label={_dot_text(id)}];" for id in ids]
        lines.append("  }")
    for edge in graph.edges:
        style = f'style={_DOT_STYLES[edge.kind]}, tooltip="{edge.kind.value}"'
        lines.append(f"  n{numbers[edge.source]} -> n{numbers[edge.target]} [{style}];")
    return "\n".join([*lines, "}", ""])


def mermaid(graph: Graph) -> str:
    """Return the graph for Mermaid: one subgraph a wave."""
    lines = ["flowchart RL"]
    numbers = _numbers(graph)
    for wave, ids in _by_wave(graph).items():
        lines.append(f'  subgraph wave{wave}["wave {wave}"]')
        lines += [f'    n{numbers[id]}["{_mermaid_text(id)}"]' for id in ids]
        lines.append("  end")
    for edge in graph.edges:
        lines.append(f"  n{numbers[edge.source]} {_MERMAID_ARROWS[edge.kind]} n{numbers[edge.target]}")
    return "\n".join([*lines, ""])


def as_json(graph: Graph) -> str:
    """Return the graph as JSON: objects in apply order with their waves, and edges by their numbers."""
    numbers = _numbers(graph)
    objects = [{**id._asdict(), "wave": graph.waves[id]} for id in graph.order]
    edges = [
        {"source": numbers[e.source], "target": numbers[e.target], "kind": e.kind.value, "path": e.path}
        for e in graph.edges
    ]
    return json.dumps({"objects": objects, "edges": edges}, indent=2) + "\n"


def _numbers(graph: Graph) -> dict[ObjectId, int]:
    return {id: number for number, id in enumerate(graph.order)}


def _by_wave(graph: Graph) -> dict[int, list[ObjectId]]:
    waves: dict[int, list[ObjectId]] = {}
    for id in graph.order:
        waves.setdefault(graph.waves[id], []).append(id)
    return waves


def _printable(text: str) -> str:
    """Replace what is no visible character: names come from files that anyone may have written."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _dot_text(id: ObjectId) -> str:
    """Quote for dot, where a backslash begins an escape. Source: graphviz.org/doc/info/lang.html, ID and escString."""
    text = _printable(f"{id.kind} {_where(id)}")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mermaid_text(id: ObjectId) -> str:
    """Write every character that is not plain as an entity: Mermaid reads labels as Markdown and HTML."""
    text = _printable(f"{id.kind} {_where(id)}")
    return "".join(c if c.isalnum() or c in " ./-_" else f"#{ord(c)};" for c in text)


def _where(id: ObjectId) -> str:
    return f"{id.namespace}/{id.name}" if id.namespace else id.name
