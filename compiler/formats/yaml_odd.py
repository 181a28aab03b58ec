"""What is unusual in a YAML stream: anchors, merges, tags, odd keys, and all that is wrong but can be read past.

The loader's loop stays short and fast because it hands everything here that ordinary manifests do not have.
"""

from __future__ import annotations

from typing import Any

from compiler.formats.yaml_events import ALIAS_LIMIT_NODES, DEPTH_LIMIT, DIAGNOSTICS_LIMIT, TOO_DEEP, shown, span_of
from compiler.formats.yaml_scalars import NOT_FINITE, key_text, plain
from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Path, pointer

STRING_TAGS = frozenset(("!", "tag:yaml.org,2002:str"))
_TYPED_TAGS: dict[str, tuple[type, ...]] = {
    "tag:yaml.org,2002:int": (int,),
    "tag:yaml.org,2002:float": (int, float),
    "tag:yaml.org,2002:bool": (bool,),
    "tag:yaml.org,2002:null": (type(None),),
}
_CONTAINER_TAGS = frozenset(("!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"))


class Marker(str):
    """A value of the loader that no document holds; only its identity counts."""


_MISSING = Marker()
MERGE = Marker("<<")
"""The key `<<` where it means a merge."""


class Unreadable(Exception):
    """Stops reading a stream that passes a limit; its diagnostic is there already."""


class Oddities:
    """The rare parts of one stream, and the diagnostics about it.

    Shape: `line_offset` is added to every line; `document` is the index that diagnostics carry.
    """

    def __init__(self, file: str, line_offset: int, document: int) -> None:
        self.file = file
        self.line_offset = line_offset
        self.document = document
        self.diagnostics: list[Diagnostic] = []
        self.begin_document()

    def begin_document(self) -> None:
        """Forget the anchors of the document before."""
        self._anchors: dict[str, Any] = {}
        self._open: dict[int, tuple[str, Marker]] = {}
        self._sizes: dict[int, int] = {}
        self._merged: dict[int, set[str]] = {}
        self._aliased_nodes = 0

    def report(self, code: str, message: str, help_: str, event: Any, path: Path) -> None:
        """Add an error at the place of an event."""
        place = span_of(self.file, event)
        span = place._replace(line=place.line + self.line_offset, end_line=place.end_line + self.line_offset)
        found = error(code, message, help=help_, span=span)
        self.diagnostics.append(found._replace(document=self.document, path=pointer(path)))
        if len(self.diagnostics) >= DIAGNOSTICS_LIMIT:
            raise Unreadable

    def scalar(self, event: Any, path: Path) -> Any:
        """Return the value of a scalar with a tag or an anchor, or of one that is no number JSON knows."""
        if event.tag is not None:
            value = self._tagged(event, path)
        else:
            value = plain(event.value) if event.implicit[0] else event.value
        if value is NOT_FINITE:
            self.report(
                "SC116",
                f"`{shown(event.value)}` is no number in JSON",
                "write a finite number or quote it",
                event,
                path,
            )
            value = None
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value

    def _tagged(self, event: Any, path: Path) -> Any:
        if event.tag in STRING_TAGS:
            return event.value
        wanted = _TYPED_TAGS.get(event.tag)
        value = plain(event.value)
        if wanted is None:
            self._refuse_tag(event, path)
        elif not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            message = f"`{shown(event.value)}` is not of type `{shown_tag(event.tag)}`"
            self.report("SC110", message, "remove the tag", event, path)
        else:
            return value
        return None

    def _refuse_tag(self, event: Any, path: Path) -> None:
        message = f"tag `{shown_tag(event.tag)}` means nothing to Kubernetes"
        self.report("SC110", message, "remove the tag", event, path)

    def open(self, event: Any, container: Any, path: Path) -> None:
        """Note the anchor and the tag of a container, and watch the depth."""
        if len(path) >= DEPTH_LIMIT:
            self.report("SC114", *TOO_DEEP, event, path)
            raise Unreadable
        if event.tag is not None and event.tag not in _CONTAINER_TAGS:
            self._refuse_tag(event, path)
        if event.anchor is not None:
            self._open[id(container)] = (event.anchor, Marker())
            self._anchors[event.anchor] = self._open[id(container)][1]

    def close(self, container: Any) -> None:
        """Give the anchor of a container its value, unless the name was taken again inside."""
        if self._open and id(container) in self._open:
            name, token = self._open.pop(id(container))
            if self._anchors.get(name) is token:
                self._anchors[name] = container

    def alias(self, event: Any, path: Path) -> Any:
        """Return the value that an alias stands for; it is shared, not copied."""
        value = self._anchors.get(event.anchor, _MISSING)
        if value is _MISSING:
            self.report(
                "SC117", f"no anchor `&{shown(event.anchor)}` before this alias", "write the value out", event, path
            )
            return None
        if value.__class__ is Marker:
            self.report("SC118", f"anchor `&{shown(event.anchor)}` contains itself", "write the value out", event, path)
            return None
        self._aliased_nodes += self._size(value)
        if self._aliased_nodes > ALIAS_LIMIT_NODES:
            message = f"aliases stand for more than {ALIAS_LIMIT_NODES} values"
            self.report("SC119", message, "write fewer aliases of aliases", event, path)
            raise Unreadable
        return value

    def _size(self, value: Any) -> int:
        """Count the values in a tree whose parts may be shared; each shared part is walked once."""
        if value.__class__ is not dict and value.__class__ is not list:
            return 1
        known = self._sizes.get(id(value))
        if known is None:
            known = 1 + sum(map(self._size, value.values() if value.__class__ is dict else value))
            self._sizes[id(value)] = known
        return known

    def key(self, event: Any, value: Any, container: dict[str, Any], path: Path) -> str:
        """Return the key to store: merge keys, keys that are no strings, and keys that are there already."""
        is_plain = hasattr(event, "value") and event.tag is None and event.implicit[0]
        if is_plain and event.value == "<<":
            return MERGE
        key = key_text(event.value) if is_plain else key_of_value(value)
        if key is None:
            self.report(
                "SC109", "this key is not a string", "write it in quotes, or render the template first", event, path
            )
            return ""
        inherited = self._merged.get(id(container), set())
        if key in container and key not in inherited:
            self.report("SC104", f"duplicate key `{shown(key)}`", "remove one of the two", event, (*path, key))
        inherited.discard(key)
        return key

    def merge(self, container: dict[str, Any], value: Any, event: Any, path: Path) -> None:
        """Fill a map from what `<<` names.

        As kubectl has it, the merged value wins over a key before `<<`, a key after it wins over the merged value, and
        the first of several maps wins.
        """
        sources = value if value.__class__ is list else [value]
        if any(source.__class__ is not dict for source in sources):
            self.report("SC121", "`<<` must name a map, or a list of maps", "write an alias of a map", event, path)
            return
        for source in reversed(sources):
            container.update(source)
            self._merged.setdefault(id(container), set()).update(source)


def shown_tag(tag: str) -> str:
    """Return a tag as it is usually written."""
    return shown(tag.replace("tag:yaml.org,2002:", "!!"))


def key_of_value(value: Any) -> str | None:
    """Return the key that an alias or a tagged key means: a string or a whole number, else None."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else None
