"""The registry of circle 3: rules about a whole set of objects."""

from __future__ import annotations

from compiler.check.sets import apis, capacity, services, workloads
from compiler.check.sets.scene import SetRule

RULES: tuple[SetRule, ...] = (*apis.RULES, *services.RULES, *workloads.RULES, *capacity.RULES)
