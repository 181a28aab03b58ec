"""What an object becomes when another is applied on it, judged offline: sent fields win, the rest stays."""

from __future__ import annotations

from typing import Any

from compiler.diff.objects import index_items
from compiler.diff.shapes import Shape


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
    return sent
