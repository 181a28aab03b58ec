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
    StreamEndEvent,
)

from compiler.formats.yaml_events import DEPTH_LIMIT, open_parser
from compiler.formats.yaml_odd import MERGE, Oddities
from compiler.formats.yaml_scalars import LONGEST_WORD, NOT_FINITE, NUMERIC, WORDS, number

_ODD_KEYS = frozenset(WORDS) | {"<<"}


class Loader:
    """Reads the documents of one stream; `trail` is the path of the container at hand."""

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
        if kind is ScalarEvent:
            if event.tag is not None or event.anchor is not None:
                return self.odd.scalar(event, tuple(self.trail))
            value = event.value
            if event.implicit[0]:
                if len(value) <= LONGEST_WORD and value in WORDS:
                    return WORDS[value]
                if value[0] in NUMERIC:
                    value = number(value)
                    if value is NOT_FINITE:
                        return self.odd.scalar(event, tuple(self.trail))
            return value
        if kind is AliasEvent:
            return self.odd.alias(event, tuple(self.trail))
        return self._map(event) if kind is MappingStartEvent else self._list(event)

    def _map(self, start: Any) -> dict[str, Any]:
        result: dict[str, Any] = {}
        trail, get_event, read = self.trail, self.get_event, self._value
        self._open(start, result)
        while (event := get_event()).__class__ is not MappingEndEvent:
            key = event.value if event.__class__ is ScalarEvent else ""
            if key in _ODD_KEYS or key in result or key[0] in NUMERIC or event.tag or event.anchor:
                key = self._odd_key(event, result)
            trail.append(key)
            value = read(get_event())
            trail.pop()
            if key is MERGE:
                self.odd.merge(result, value, event, tuple(trail))
            else:
                result[key] = value
        self.odd.close(result)
        return result

    def _list(self, start: Any) -> list[Any]:
        result: list[Any] = []
        trail, get_event, read = self.trail, self.get_event, self._value
        self._open(start, result)
        trail.append(0)
        while (event := get_event()).__class__ is not SequenceEndEvent:
            trail[-1] = len(result)
            result.append(read(event))
        trail.pop()
        self.odd.close(result)
        return result

    def _open(self, start: Any, container: Any) -> None:
        if start.anchor is not None or start.tag is not None or len(self.trail) >= DEPTH_LIMIT:
            self.odd.open(start, container, tuple(self.trail))

    def _odd_key(self, event: Any, container: dict[str, Any]) -> str:
        """Return the key that an unusual key event means; it may be the marker of a merge."""
        self.trail.append("")
        value = self._value(event)
        self.trail.pop()
        return self.odd.key(event, value, container, tuple(self.trail))
