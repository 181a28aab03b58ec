"""What a backend cannot say: fields of the shared job shape that its component declares as lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.build.catalog import Catalog
from compiler.build.sections import discriminator
from compiler.model.diagnostic import Diagnostic, error, warning
from compiler.model.source import Path
from compiler.model.stack import Instance, Stack

LOST = "lost"


def lost_fields(stack: Stack, catalog: Catalog, instances: Iterable[Instance]) -> Iterator[Diagnostic]:
    """Yield SC457 for every field that an item sets and its backend loses.

    An error where the item itself says it, a warning where it comes from `defaults`: those are for all backends.
    """
    for instance in instances:
        component = catalog.get(instance.component)
        table = (component.meta.get("fields") if component else None) or {}
        for field in instance.params:
            word, _, reason = str(table.get(field, "")).partition(": ")
            if word != LOST or component is None:
                continue
            path: Path = (*instance.path, field)
            backend = (discriminator(component) or ("", component.name))[1]
            make = warning if path in stack.tree.defaulted else error
            message = f"`{field}` has no meaning for a {backend}: {reason}"
            yield make("SC457", message, help="take it out, or choose another backend", span=stack.tree.key_span(path))
