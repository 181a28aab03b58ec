"""Checks of amounts: what pods want against what nodes, queues and namespaces have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler.model.diagnostic import Diagnostic, Note, error, warning
from compiler.model.source import Path
from compiler.spec.language.survey import Context, maps, member
from compiler.spec.quantities import quantity
from compiler.spec.words import clip

_COUNTED = ("cpu", "memory", "gpu")
_ONE_BY_ONE = "Job"
"""The backend whose pods start as room comes free; all others need room for every pod at once."""


def check_fit(context: Context) -> Iterator[Diagnostic]:
    """Refuse a pod that fits on no node, when all nodes say their capacity (SC350)."""
    nodes = [node for _, node in maps(member(context.spec, "cluster", "nodes"), ())]
    capacities = [node.get("capacity") for node in nodes]
    if not nodes or not all(isinstance(capacity, dict) for capacity in capacities):
        return
    for place in context.typed("Resources"):
        for key in _COUNTED:
            wanted = _wanted(place.value, key)
            offers = [member(capacity, key) for capacity in capacities]
            if wanted is None or (key != "gpu" and any(_amount(offer, key) is None for offer in offers)):
                continue
            most = max(offers, key=lambda offer, key=key: _amount(offer, key) or 0)  # type: ignore[misc]
            if _amount(wanted, key) > (_amount(most, key) or 0):
                offer = f"the largest node of `cluster.nodes` has `{_said(most)}`"
                yield error(
                    "SC350",
                    f"one pod requests `{_said(wanted)}` of {key}, but {offer}",
                    help=f"lower `{key}`, or state a larger node",
                    span=context.span((*place.path, key)),
                )


class _Share(NamedTuple):
    """What one job wants of one resource: `pods`, with `amount` each."""

    path: Path
    pods: int
    amount: Any

    def total(self, key: str) -> Any:
        return (_amount(self.amount, key) or 0) * self.pods

    def __str__(self) -> str:
        return f"`{_said(self.amount)}`" if self.pods == 1 else f"{self.pods} × `{_said(self.amount)}`"


def check_quotas_hold(context: Context) -> Iterator[Diagnostic]:
    """Refuse a job too large for its queue or namespace (SC351); warn of jobs that are so together (SC357)."""
    for word, section in (("queue", "queues"), ("namespace", "namespaces")):
        for owner_path, owner in context.items(section):
            for key in _COUNTED:
                quota = member(owner, "quota", key)
                most = _amount(quota, key)
                if most is None:
                    continue
                shares = [s for s in _shares(context, word, owner.get("name"), key) if s.amount is not None]
                larger = [share for share in shares if share.total(key) > most]
                for share in larger:
                    room = f"the quota of its {word} `{clip(str(owner['name']))}` is `{_said(quota)}`"
                    yield error(
                        "SC351",
                        f"the job requests {share} of {key}, but {room}",
                        help=f"lower `replicas` or `{key}`, or raise the quota of the {word}",
                        span=context.key((*share.path, word)),
                    )
                if not larger and sum(share.total(key) for share in shares) > most:
                    yield _crowded(context, word, (*owner_path, "quota", key), shares)


def _crowded(context: Context, word: str, path: Path, shares: list[_Share]) -> Diagnostic:
    notes = tuple(Note("one of these jobs", context.span((*share.path, "name"))) for share in shares[:3])
    return warning(
        "SC357",
        f"together, the jobs of this {word} request more {path[-1]} than its quota allows",
        help="raise the quota, or let them run one after the other",
        span=context.span(path),
        notes=notes,
    )


def _shares(context: Context, word: str, name: Any, key: str) -> Iterator[_Share]:
    for path, job in context.items("jobs"):
        replicas = job.get("replicas", 1)
        if job.get(word) != name or name is None or type(replicas) is not int:
            continue
        alone = word == "namespace" and job.get("backend", _ONE_BY_ONE) == _ONE_BY_ONE
        yield _Share(path, 1 if alone else replicas, _wanted(job.get("resources"), key))


def _wanted(resources: Any, key: str) -> Any:
    """Return what a pod asks for, as it is written: its request, else the short word; None where it is no amount."""
    request = member(resources, "requests", key)
    value = request if request is not None else member(resources, key)
    return value if _amount(value, key) is not None else None


def _amount(value: Any, key: str) -> Any:
    return gpu_count(value) if key == "gpu" else quantity(value)


def gpu_count(value: Any) -> int | None:
    """Return the number of GPUs that `gpu` says."""
    count = member(value, "count") if isinstance(value, dict) else value
    return count if type(count) is int else None


def _said(value: Any) -> str:
    if value is None:
        return "0"
    return clip(str(value.get("count") if isinstance(value, dict) else value), 20)
