"""The registry: every rule of circle 2, and which of them look at a kind."""

from __future__ import annotations

from functools import cache

from compiler.check.rule import Check, Rule
from compiler.check.rules import (
    admission,
    autoscaling,
    config,
    containers,
    crds,
    env,
    jobs,
    metadata,
    mounts,
    networking,
    pods,
    policy,
    rbac,
    resources,
    scheduling,
    security,
    services,
    storage,
    volumes,
    workloads,
)

RULES: tuple[Rule, ...] = (
    *metadata.RULES,
    *containers.RULES,
    *env.RULES,
    *resources.RULES,
    *volumes.RULES,
    *mounts.RULES,
    *security.RULES,
    *scheduling.RULES,
    *pods.RULES,
    *workloads.RULES,
    *jobs.RULES,
    *services.RULES,
    *autoscaling.RULES,
    *rbac.RULES,
    *storage.RULES,
    *config.RULES,
    *networking.RULES,
    *policy.RULES,
    *admission.RULES,
    *crds.RULES,
)


@cache
def rules_of(kind: str) -> tuple[tuple[str, Check], ...]:
    """Return code and function of every rule for a kind, written `Kind.group`."""
    return tuple((rule.code, rule.check) for rule in RULES if kind in rule.kinds or "*" in rule.kinds)


@cache
def has_own_rules(kind: str) -> bool:
    """Tell whether there are rules for this kind, beyond those for every object."""
    return any(kind in rule.kinds for rule in RULES)
