"""What a stack says is in the cluster already: the only way to refer to something outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from compiler.model.ids import GroupKind, ObjectId


class Assumed(NamedTuple):
    """Everything under `assumes:`, with what the assumed components and the cluster's addons provide.

    Shape: `objects` maps an id to the keys that are said to be in it (a Secret, a ConfigMap), empty for any key;
    `kinds` are custom kinds that the cluster serves; `crds` are the CRDs of assumed components, as bodies;
    `capabilities` maps a capability (`metrics-api`, `volcano`) to the version that gives it, `""` for unknown.
    """

    objects: Mapping[ObjectId, frozenset[str]] = {}
    kinds: frozenset[GroupKind] = frozenset()
    crds: tuple[Mapping[str, Any], ...] = ()
    capabilities: Mapping[str, str] = {}
