"""What containers have to say about their resources."""

from __future__ import annotations

import pytest

from compiler.build.limits import uncounted, unlimited
from compiler.build.places import pod_places
from tests.build.support import manifests

QUOTA = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, namespace: team}, spec: {hard: {%s: '4'}}}\n---\n"
RANGE = "{apiVersion: v1, kind: LimitRange, metadata: {name: r, namespace: team}, spec: {limits: []}}\n---\n"
POD = "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: %s}, spec: {containers: [{name: c, resources: %s}]}}"
PLACES = pod_places()


@pytest.mark.parametrize(
    ("resources", "found"),
    [("{}", ["SC528"]), ("{requests: {memory: 1Gi}}", ["SC528"]), ("{limits: {memory: 1Gi}}", [])],
)
def test_container_needs_a_limit_of_memory(resources: str, found: list[str]) -> None:
    """A request alone limits nothing."""
    assert [d.code for d in unlimited(manifests(POD % ("team", resources)), PLACES)] == found


@pytest.mark.parametrize(
    ("word", "resources", "found"),
    [
        ("requests.cpu", "{}", ["SC529"]),
        ("cpu", "{limits: {cpu: 1}}", []),
        ("limits.memory", "{requests: {memory: 1Gi}}", ["SC529"]),
        ("requests.nvidia.com/gpu", "{}", []),
        ("pods", "{}", []),
    ],
)
def test_container_says_what_a_quota_counts(word: str, resources: str, found: list[str]) -> None:
    """Quotas of cpu and memory want every container to say them; those of devices and counts do not."""
    given = manifests(QUOTA % word + POD % ("team", resources))
    assert [d.code for d in uncounted(given, PLACES)] == found


def test_every_quota_of_a_namespace_counts() -> None:
    """One quota does not hide the other, and two words for one resource are one thing to mend."""
    quotas = QUOTA % "cpu" + QUOTA % "limits.cpu" + QUOTA % "memory"
    assert [d.message for d in uncounted(manifests(quotas + POD % ("team", "{}")), PLACES)] == [
        "container `c` sets no cpu, which a quota of `team` counts",
        "container `c` sets no memory, which a quota of `team` counts",
    ]


def test_quota_of_another_namespace_or_with_a_limit_range_asks_nothing() -> None:
    """A LimitRange may say it for the container."""
    assert list(uncounted(manifests(QUOTA % "cpu" + POD % ("other", "{}")), PLACES)) == []
    assert list(uncounted(manifests(QUOTA % "cpu" + RANGE + POD % ("team", "{}")), PLACES)) == []
