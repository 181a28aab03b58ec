"""What an object becomes when another is applied on it, judged offline: sent fields win, the rest stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from compiler.diff.objects import index_items
from compiler.diff.shapes import Shape
from compiler.model.change import Item


def applied(live: Any, sent: Any, shape: Shape | None = None) -> Any:
    """Return `live` with every field of `sent` set, as server-side apply does it.

    Shape: maps and keyed lists are merged, sets joined, other lists replaced; fields that `sent` leaves out stay.
    Neither argument is changed. Defaults and webhooks of the server are not played.
    """
    if isinstance(live, dict) and isinstance(sent, dict):
        merged = dict(live)
        for key, value in sent.items():
            if value is None:
                continue
            merged[key] = applied(live[key], value, shape.field(key) if shape else None) if key in live else value
        return merged
    if isinstance(live, list) and isinstance(sent, list) and shape is not None:
        before, after = index_items(live, shape), index_items(sent, shape)
        if before is not None and after is not None:
            inner = shape.items()
            joined = [applied(before[i][1], body, inner) if i in before else body for i, (_, body) in after.items()]
            return joined + [body for item, (_, body) in before.items() if item not in after]
        return [_defaulted(item, shape.items()) for item in sent]
    return sent


def _defaulted(sent: Any, shape: Shape | None) -> Any:
    """Set what a schema defaults: a list that is replaced gets its items' defaults anew."""
    if shape is None:
        return sent
    if isinstance(sent, list):
        return [_defaulted(item, shape.items()) for item in sent]
    if not isinstance(sent, dict):
        return sent
    defaults = {
        key: node["default"] for key, node in (shape.schema.get("properties") or {}).items() if "default" in node
    }
    given = {key: value for key, value in sent.items() if value is not None}
    return {key: _defaulted(value, shape.field(key)) for key, value in {**defaults, **given}.items()}


def with_stored_lists(sent: Any, stored: Any, shape: Shape | None = None) -> Any:
    """Return `sent` with its atomic lists as a server stored them, so with all that it sets on its own in their items.

    Shape: `stored` is the answer to a creation of `sent`; what it has outside the lists of `sent` is not taken.
    """
    if isinstance(sent, dict) and isinstance(stored, dict):
        return {
            key: with_stored_lists(value, stored[key], shape.field(key) if shape else None) if key in stored else value
            for key, value in sent.items()
        }
    if not isinstance(sent, list) or not isinstance(stored, list):
        return sent
    ours, theirs = (index_items(sent, shape), index_items(stored, shape)) if shape else (None, None)
    if shape is None or ours is None or theirs is None:
        return stored
    inner = shape.items()
    return [
        with_stored_lists(body, theirs[item][1], inner) if item in theirs else body for item, (_, body) in ours.items()
    ]


_Fields = Mapping[str, Any]


def without_dropped(
    live: Any, sent: Any, owned: _Fields, others: tuple[_Fields, ...] = (), shape: Shape | None = None
) -> Any:
    """Return `live` without the fields and items that are owned but sent no longer, as server-side apply does it.

    Shape: `owned` is the `fieldsV1` of the manager that sends, `others` those of all others: what they own stays.
    """
    if isinstance(live, dict) and isinstance(sent, dict):
        kept = dict(live)
        for key in live:
            mine, theirs = _below(f"f:{key}", owned, others)
            if mine is None:
                continue
            if sent.get(key) is not None:
                kept[key] = without_dropped(live[key], sent[key], mine, theirs, shape.field(key) if shape else None)
            elif not theirs:
                del kept[key]
        return kept
    if not isinstance(live, list) or not isinstance(sent, list) or shape is None:
        return live
    before, after = index_items(live, shape), index_items(sent, shape)
    if before is None or after is None:
        return live
    names = {_item(key): key for key in owned if key[:2] in ("k:", "v:")}
    items = []
    for item, (_, body) in before.items():
        mine, theirs = _below(names.get(item, ""), owned, others)
        if mine is None or (item not in after and theirs):
            items.append(body)
        elif item in after:
            items.append(without_dropped(body, after[item][1], mine, theirs, shape.items()))
    return items


def _below(name: str, owned: _Fields, others: tuple[_Fields, ...]) -> tuple[_Fields | None, tuple[_Fields, ...]]:
    return owned.get(name), tuple(fields[name] for fields in others if name in fields)


def _item(key: str) -> Item:
    """Read an item's keys as `fieldsV1` writes them: `k:{"name":"web"}`, `v:"a"`."""
    said = json.loads(key[2:])
    return Item(tuple(said.items()) if key.startswith("k:") else (("", said),))
