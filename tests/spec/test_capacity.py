"""Amounts: pods against nodes, jobs against the quotas of queues and namespaces."""

from __future__ import annotations

import pytest

SPEC = "  kubernetes: '1.34'\n  namespaces: [{name: team, quota: {%s}}]\n  jobs:\n%s"
JOB = "    - {name: %s, namespace: team, image: 'b:1'%s}\n"


@pytest.mark.parametrize(
    ("quota", "job", "message"),
    [
        ("cpu: 4", "resources: {cpu: 8}", "the job requests `8` of cpu, but the quota of its namespace `team` is `4`"),
        ("memory: 4Gi", "resources: {requests: {memory: 5Gi}}", "the job requests `5Gi` of memory, but the quota"),
        (
            "gpu: 1",
            "resources: {gpu: {count: 2}}",
            "the job requests `2` of gpu, but the quota of its namespace `team` is `1`",
        ),
        ("cpu: 4", "backend: VolcanoJob, replicas: 3, resources: {cpu: 2}", "the job requests 3 × `2` of cpu"),
    ],
)
def test_job_larger_than_its_quota_is_refused(quota: str, job: str, message: str, run) -> None:
    """What was found and what there is stand in the message; gangs need room for every pod at once."""
    result = run(SPEC % (quota, JOB % ("a", f", {job}")))
    found = [d for d in result.diagnostics if d.code == "SC351"]
    assert len(found) == 1
    assert found[0].message.startswith(message)


@pytest.mark.parametrize(
    "jobs",
    [
        JOB % ("a", ", resources: {cpu: 4}"),
        JOB % ("a", ", replicas: 9, resources: {cpu: 2}"),  # a Job's pods start as room comes free
        JOB % ("a", ", resources: {memory: 900Gi}"),
        JOB % ("a", ""),
    ],
)
def test_job_that_its_quota_holds_is_accepted(jobs: str, run) -> None:
    """The quota counts what it names, for what is there at one time."""
    assert not {"SC351", "SC357"} & set(run(SPEC % ("cpu: 4", jobs)).codes())


def test_jobs_too_large_together_are_a_warning_at_the_quota(run) -> None:
    """Each of them fits; that all run at once is not said."""
    result = run(SPEC % ("cpu: 4", JOB % ("a", ", resources: {cpu: 3}") + JOB % ("b", ", resources: {cpu: 3}")))
    (found,) = [d for d in result.diagnostics if d.code == "SC357"]
    assert not found.is_error
    assert len(found.notes) == 2


def test_pod_larger_than_every_node_names_both_amounts(run) -> None:
    """The message has what the pod wants and what the largest node has."""
    nodes = (
        "cluster: {provider: existing, nodes: [{name: w, roles: [worker], capacity: {cpu: 2, memory: 4Gi, gpu: 1}}]}"
    )
    result = run(
        "  kubernetes: '1.34'\n  "
        + nodes
        + "\n  jobs:\n"
        + JOB.replace("team", "default") % ("a", ", resources: {memory: 5Gi, gpu: 2}")
    )
    assert [d.message for d in result.diagnostics if d.code == "SC350"] == [
        "one pod requests `5Gi` of memory, but the largest node of `cluster.nodes` has `4Gi`",
        "one pod requests `2` of gpu, but the largest node of `cluster.nodes` has `1`",
    ]
