"""YAML bytes to nodes that know their place: for stacks, overlays, components and templates."""

from __future__ import annotations

from typing import Any

from yaml.error import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from compiler.formats.yaml_events import (
    ALIAS_LIMIT_NODES,
    DEPTH_LIMIT,
    DIAGNOSTICS_LIMIT,
    NODES_LIMIT,
    TOO_DEEP,
    open_parser,
    shown,
    span_of,
    syntax_error,
    too_many_values,
)
from compiler.formats.yaml_odd import STRING_TAGS, shown_tag
from compiler.formats.yaml_records import Node
from compiler.formats.yaml_scalars import NOT_FINITE, plain
from compiler.model.diagnostic import Diagnostic, Note, error
from compiler.model.source import Span


class _Stop(Exception):
    """Ends composing; the diagnostic is there already."""


class Composer:
    """Composes the documents of one text, and collects all that is wrong on the way.

    Shape: `line_offset` is added to every line, for a text that is cut out of a file. With `lenient` nothing but syntax
    is judged and merge keys, tags and odd keys stay as they are: the mode of looking for a place.
    """

    def __init__(self, file: str, raw: bytes, *, aliases: bool, lenient: bool = False, line_offset: int = 0) -> None:
        self.file, self.raw, self.aliases = file, raw, aliases
        self.lenient, self.line_offset = lenient, line_offset
        self.get_event = open_parser(raw).get_event
        self.diagnostics: list[Diagnostic] = []
        self.anchors: dict[str, Node | None] = {}
        self.sizes: dict[int, int] = {}
        self.aliased_nodes = 0
        self.nodes = 0

    def documents(self) -> list[Node]:
        """Return the documents that could be composed; at a syntax error or a limit reading ends."""
        found: list[Node] = []
        try:
            while (event := self.get_event()).__class__ is not StreamEndEvent:
                if event.__class__ is DocumentStartEvent:
                    self.anchors, self.sizes = {}, {}
                    found.append(self._node(self.get_event(), 0))
        except YAMLError as fault:
            self.diagnostics.append(syntax_error(self.file, self.raw, fault))
        except _Stop:
            pass
        return found

    def _report(self, code: str, message: str, help_: str, span: Span, notes: tuple[Note, ...] = ()) -> None:
        if self.lenient:
            return
        self.diagnostics.append(error(code, message, help=help_, span=span, notes=notes))
        if len(self.diagnostics) >= DIAGNOSTICS_LIMIT:
            raise _Stop

    def _span(self, event: Any) -> Span:
        span = span_of(self.file, event)
        if not self.line_offset:
            return span
        return span._replace(line=span.line + self.line_offset, end_line=span.end_line + self.line_offset)

    def _node(self, event: Any, depth: int) -> Node:
        if event.__class__ is AliasEvent:
            return self._alias(event)
        span, anchor = self._span(event), event.anchor
        self.nodes += 1
        if self.nodes > NODES_LIMIT:
            self.diagnostics.append(too_many_values(self.file, NODES_LIMIT))
            raise _Stop
        if depth > DEPTH_LIMIT or (depth == DEPTH_LIMIT and event.__class__ is not ScalarEvent):
            self._report("SC114", *TOO_DEEP, span)
            raise _Stop
        if anchor is not None:
            self.anchors[anchor] = None
            if not self.aliases:
                self._report("SC105", f"anchor `&{shown(anchor)}` is not allowed here", "write the value out", span)
        if event.__class__ is ScalarEvent:
            node = self._scalar(event, span)
        elif event.__class__ is MappingStartEvent:
            node = self._map(event, span, depth)
        else:
            node = self._list(event, span, depth)
        if anchor is not None and self.anchors.get(anchor) is None:
            self.anchors[anchor] = node
        return node

    def _alias(self, event: Any) -> Node:
        span, name = self._span(event), shown(event.anchor)
        node = self.anchors.get(event.anchor)
        if not self.aliases:
            self._report("SC105", f"alias `*{name}` is not allowed here", "write the value out", span)
            return Node("scalar", "", "", '"', span, "")
        if node is None:
            known = event.anchor in self.anchors
            message = f"anchor `&{name}` contains itself" if known else f"no anchor `&{name}` before this alias"
            self._report("SC118" if known else "SC117", message, "write the value out", span)
            return Node("scalar", "", "", '"', span, "")
        self.aliased_nodes += self._size(node)
        if self.aliased_nodes > ALIAS_LIMIT_NODES:
            message = f"aliases stand for more than {ALIAS_LIMIT_NODES} values"
            self._report("SC119", message, "write fewer aliases of aliases", span)
            raise _Stop
        return node

    def _size(self, node: Node) -> int:
        if node.kind == "scalar":
            return 1
        known = self.sizes.get(id(node))
        if known is None:
            parts = (value for _, value in node.value) if node.kind == "map" else node.value
            known = self.sizes[id(node)] = 1 + sum(map(self._size, parts))
        return known

    def _scalar(self, event: Any, span: Span) -> Node:
        text, tag = event.value, event.tag or ""
        value = plain(text) if event.implicit[0] and tag != "!" else text
        if value is NOT_FINITE:
            self._report("SC116", f"`{shown(text)}` is no number in JSON", "write a finite number or quote it", span)
            value = text
        if tag and tag not in STRING_TAGS:
            message = f"tag `{shown_tag(tag)}` is not supported"
            self._report("SC110", message, "remove the tag", span)
        return Node("scalar", value, text, event.style or "", span, tag)

    def _list(self, event: Any, span: Span, depth: int) -> Node:
        items: list[Node] = []
        self._refuse_tag(event, span)
        while _starts_value(item := self.get_event()):
            items.append(self._node(item, depth + 1))
        end = self._span(item) if event.flow_style or not items else items[-1].span
        return Node("list", tuple(items), "", "", _until(span, end), event.tag or "")

    def _map(self, event: Any, span: Span, depth: int) -> Node:
        entries: list[tuple[Node, Node]] = []
        seen: dict[str, Span] = {}
        self._refuse_tag(event, span)
        while _starts_value(item := self.get_event()):
            key = self._key(item, depth + 1, seen)
            entries.append((key, self._node(self.get_event(), depth + 1)))
        end = self._span(item) if event.flow_style or not entries else entries[-1][1].span
        return Node("map", tuple(entries), "", "", _until(span, end), event.tag or "")

    def _refuse_tag(self, event: Any, span: Span) -> None:
        if event.tag:
            self._report("SC110", f"tag `{shown_tag(event.tag)}` is not supported", "remove the tag", span)

    def _key(self, event: Any, depth: int, seen: dict[str, Span]) -> Node:
        key = self._node(event, depth)
        text, span = key.text, key.span
        if key.kind != "scalar":
            help = 'write the key as text; an expression is quoted: `"${{ params.NAME }}"`'
            self._report("SC109", "this key is not a string", help, span)
        elif text == "<<" and key.style == "" and not key.tag:
            self._report("SC106", "merge key `<<` is not allowed here", "write the keys out", span)
        elif not isinstance(key.value, str):
            self._report("SC109", f"key `{shown(text)}` is not a string", f'write `"{shown(text)}"`', span)
        if text in seen and key.kind == "scalar":
            note = Note(f"`{shown(text)}` is first written here", seen[text])
            self._report("SC104", f"duplicate key `{shown(text)}`", "remove one of the two", span, (note,))
        seen.setdefault(text, span)
        return key if isinstance(key.value, str) else key._replace(kind="scalar", value=text)


def _starts_value(event: Any) -> bool:
    return event.__class__ in (ScalarEvent, MappingStartEvent, SequenceStartEvent, AliasEvent)


def _until(start: Span, end: Span) -> Span:
    """Return the stretch from one span to the end of another, where that is not before it (an alias points back)."""
    if (end.end_line, end.end_column) < (start.end_line, start.end_column):
        return start
    return Span(start.file, start.line, start.column, end.end_line, end.end_column)
