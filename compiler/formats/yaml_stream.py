"""Plain manifest streams: YAML bytes to plain objects in one pass over libyaml's events, with kubectl's rules.

Nothing but values is kept, so this is several times as fast as composing nodes; `yaml_locate` finds a place again when
there is something to say about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from compiler.formats.yaml_events import DEPTH_LIMIT, open_parser
from compiler.formats.yaml_odd import MERGE, Oddities
from compiler.formats.yaml_scalars import LONGEST_WORD, NOT_FINITE, NUMERIC, WORDS, number

_ODD_KEYS = frozenset(WORDS) | {"<<"}


class Loader:
    """Reads the documents of one stream; `trail` is the path of the value at hand."""

    def __init__(self, raw: bytes, odd: Oddities) -> None:
        self.get_event = open_parser(raw).get_event
        self.odd = odd
        self.trail: list[str | int] = []

    def documents(self) -> Iterator[tuple[int, Any]]:
        """Yield (line, value) of each document that is not null.

        Errors: raises the parser's YAMLError at a syntax error and `Unreadable` where reading on is pointless; all else
        that is wrong goes to `odd`.
        """
        while True:
            event = self.get_event()
            if event.__class__ is StreamEndEvent:
                return
            if event.__class__ is DocumentStartEvent:
                self.odd.begin_document()
                event = self.get_event()
                line = event.start_mark.line + 1
                value = self._value(event)
                if value is not None:
                    yield line, value

    def _value(self, event: Any) -> Any:
        kind = event.__class__
        if kind is MappingStartEvent:
            return self._map(event)
        if kind is SequenceStartEvent:
            return self._list(event)
        if kind is AliasEvent:
            return self.odd.alias(event, tuple(self.trail))
        if event.tag is not None or event.anchor is not None:
            return self.odd.scalar(event, tuple(self.trail))
        return self._plain(event) if event.implicit[0] else event.value

    def _plain(self, event: Any) -> Any:
        text = event.value
        if text in WORDS:
            return WORDS[text]
        value = number(text) if text[0] in NUMERIC else text
        return self.odd.scalar(event, tuple(self.trail)) if value is NOT_FINITE else value

    def _map(self, start: Any) -> dict[str, Any]:
        result: dict[str, Any] = {}
        trail, get_event = self.trail, self.get_event
        if start.anchor or start.tag or len(trail) >= DEPTH_LIMIT:
            self.odd.open(start, result, tuple(trail))
        trail.append("")
        while (event := get_event()).__class__ is not MappingEndEvent:
            key = event.value if event.__class__ is ScalarEvent else ""
            if key in _ODD_KEYS or key in result or key[0] in NUMERIC or event.tag or event.anchor:
                key = trail[-1] = self._odd_key(event, result)
                if key is MERGE:
                    self.odd.merge(result, self._value(get_event()), event, tuple(trail))
                    continue
            event = get_event()
            if event.__class__ is ScalarEvent and not (event.tag or event.anchor):
                text = event.value  # what most values are is read here; everything else costs a call
                if (len(text) > LONGEST_WORD and text[0] not in NUMERIC) or not event.implicit[0]:
                    result[key] = text
                    continue
            trail[-1] = key
            result[key] = self._map(event) if event.__class__ is MappingStartEvent else self._value(event)
        trail.pop()
        if start.anchor:
            self.odd.close(result)
        return result

    def _list(self, start: Any) -> list[Any]:
        result: list[Any] = []
        trail, get_event, read, read_map = self.trail, self.get_event, self._value, self._map
        if start.anchor or start.tag or len(trail) >= DEPTH_LIMIT:
            self.odd.open(start, result, tuple(trail))
        trail.append(0)
        while (event := get_event()).__class__ is not SequenceEndEvent:
            trail[-1] = len(result)
            result.append(read_map(event) if event.__class__ is MappingStartEvent else read(event))
        trail.pop()
        if start.anchor:
            self.odd.close(result)
        return result

    def _odd_key(self, event: Any, container: dict[str, Any]) -> str:
        """Return the key that an unusual key event means; it may be the marker of a merge."""
        self.trail[-1] = ""
        return self.odd.key(event, self._value(event), container, tuple(self.trail[:-1]))
