"""Jobs and CronJobs.

Source: kubernetes pkg/apis/batch/validation/validation.go at v1.36; schedules as github.com/robfig/cron/v3 reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.labels import check_selector, matches
from compiler.check.rules.schedules import schedule_problem, time_zones
from compiler.check.view import View, items
from compiler.formats.suggest import nearest
from compiler.model.source import Path

Map = dict[str, Any]

_COUNTS = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")


def _job(view: View) -> tuple[Map, Path]:
    if view.kind == "Job.batch":
        return view.spec, ("spec",)
    return (view.spec.get("jobTemplate") or {}).get("spec") or {}, ("spec", "jobTemplate", "spec")


def check_job_counts(view: View) -> Iterator[Problem]:
    """Refuse counts below zero, and what the completion mode does not know."""
    spec, path = _job(view)
    manager = spec.get("managedBy")
    if manager is not None and (
        why := syntax.domain_prefixed_path(manager) or ("" if len(manager) < 64 else "is too long")
    ):
        yield invalid((*path, "managedBy"), manager, why)
    for field in _COUNTS:
        if (spec.get(field) or 0) < 0:
            yield invalid((*path, field), spec[field], "must be greater than or equal to 0")
    mode = spec.get("completionMode")
    if mode is not None and mode not in ("NonIndexed", "Indexed"):
        yield unsupported((*path, "completionMode"), mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed":
        yield from _indexed(view, spec, path)
    elif mode in (None, "NonIndexed"):
        for field in ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"):
            if spec.get(field) is not None:
                yield Problem(
                    (*path, field),
                    "needs `completionMode: Indexed`",
                    f"write `completionMode: Indexed` or remove `{field}`",
                    on_key=True,
                )
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None and mode == "Indexed":
        yield required(path, "backoffLimitPerIndex", "`maxFailedIndexes` is set")


def _indexed(view: View, spec: Map, path: Path) -> Iterator[Problem]:
    completions = spec.get("completions")
    if completions is None:
        yield required(path, "completions", "`completionMode` is Indexed")
    failed = spec.get("maxFailedIndexes")
    if completions is not None and failed is not None and failed > completions:
        yield invalid((*path, "maxFailedIndexes"), failed, "must be less than or equal to completions")
    yield from _success(spec.get("successPolicy"), completions, (*path, "successPolicy"))
    if (spec.get("parallelism") or 0) > 100000:
        yield invalid(
            (*path, "parallelism"), spec["parallelism"], "must be at most 100000 when `completionMode` is Indexed"
        )
    if view.kind == "Job.batch" and completions and completions > 0 and not syntax.dns_subdomain(view.name):
        host = f"{view.name}-{completions - 1}"
        if why := syntax.dns_label(host):
            yield invalid(
                ("metadata", "name"),
                view.name,
                f"its last pod would be called `{host[:80]}`: {why}",
                "write a shorter name",
            )


def _success(policy: Map | None, completions: int | None, path: Path) -> Iterator[Problem]:
    if policy is None:
        return
    if not policy.get("rules"):
        yield required(path, "rules", "at least one rule")
    yield from _too_many(policy, "rules", 20, path)
    for at, rule in items(policy, "rules", path):
        indexes, count = rule.get("succeededIndexes"), rule.get("succeededCount")
        if indexes is None and count is None:
            yield required(at, "succeededCount", "a count or `succeededIndexes`")
        total = completions
        if indexes is not None:
            total = _indexes(indexes, completions)
            if total is None:
                yield invalid(
                    (*at, "succeededIndexes"), indexes, "must be rising indexes below completions, such as 0,2-4"
                )
        if count is not None and (count < 0 or (total is not None and count > total)):
            yield invalid((*at, "succeededCount"), count, "must be between 0 and the number of indexes")


def _indexes(text: str, completions: int | None) -> int | None:
    """Return how many indexes `0,2-4` names, None when it can't be read."""
    found, last = 0, -1
    for part in text.split(",") if text else ():
        first, dash, end = part.partition("-")
        if not first.isdigit() or (dash and not end.isdigit()) or len(part) > 20:
            return None
        low, high = int(first), int(end if dash else first)
        if low <= last or high < low or (dash and high == low) or (completions is not None and high >= completions):
            return None
        found, last = found + high - low + 1, high
    return found


def check_job_restart_policy(view: View) -> Iterator[Problem]:
    """Refuse a restart policy of Always, which is the default: a Job has to end."""
    pod = view.pod
    if pod is None:
        return
    spec, _ = _job(view)
    policy = pod.spec.get("restartPolicy") or ""
    if policy in ("", "Always"):
        yield Problem(
            (*pod.path, "restartPolicy"),
            "must be `OnFailure` or `Never` in a Job (the default is Always)",
            "write `restartPolicy: Never`",
        )
    elif policy not in ("OnFailure", "Never"):
        return  # pods.check_policies says so
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        yield unsupported((*pod.path, "restartPolicy"), policy, ("Never",))


def check_job_selector(view: View) -> Iterator[Problem]:
    """Refuse a selector by hand, and a name that is too long for the label that the server selects by."""
    spec, path = _job(view)
    selector = spec.get("selector")
    if spec.get("manualSelector") and view.kind == "Job.batch":
        yield from _manual(view, selector, path)
        return
    if view.kind == "Job.batch" and 63 < len(view.name) <= 253:
        yield invalid(
            ("metadata", "name"), view.name, "must be no more than 63 characters: it becomes a label of its pods"
        )
    if spec.get("manualSelector"):
        yield Problem((*path, "manualSelector"), "is not for the Jobs of a CronJob", "remove `manualSelector`")
    if selector is None:
        return
    if view.kind == "CronJob.batch":
        yield Problem(
            (*path, "selector"), "the server makes the selector of every Job", "remove `selector`", on_key=True
        )
    elif selector.get("matchLabels") or selector.get("matchExpressions"):
        yield Problem(
            (*path, "selector"),
            "the server makes the selector of a Job, and refuses another one",
            "remove `selector`",
            on_key=True,
        )


def _manual(view: View, selector: Map | None, path: Path) -> Iterator[Problem]:
    """Refuse a selector by hand that is absent, can't be read, or does not find the Job's pods."""
    if selector is None:
        yield required(path, "selector", "`manualSelector` is true")
        return
    yield from check_selector(selector, (*path, "selector"))
    labels = ((view.pod.template.get("metadata") or {}).get("labels") or {}) if view.pod else {}
    if not matches(selector, labels):
        yield Problem(
            (*path, "template", "metadata", "labels"),
            "the labels of the pods are not what `selector` finds",
            "write the selector's labels on the template",
        )


def check_failure_policy(view: View) -> Iterator[Problem]:
    """Refuse rules of a failure policy that decide nothing."""
    spec, path = _job(view)
    policy = spec.get("podFailurePolicy") or {}
    names = {c.body.get("name") for c in view.containers()}
    yield from _too_many(policy, "rules", 20, (*path, "podFailurePolicy"))
    for i, rule in enumerate(policy.get("rules") or ()):
        at = (*path, "podFailurePolicy", "rules", i)
        action = rule.get("action") or ""
        if action not in _ACTIONS:
            yield unsupported((*at, "action"), action, _ACTIONS)
        elif action == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
            yield invalid((*at, "action"), action, "needs `backoffLimitPerIndex`")
        codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions")
        if (codes is None) == (not conditions):
            yield Problem(at, "exactly one of `onExitCodes` and `onPodConditions` is required")
        if codes is not None:
            yield from _exit_codes(codes, names, (*at, "onExitCodes"))
        yield from _too_many(rule, "onPodConditions", 20, at)
        for place, condition in items(rule, "onPodConditions", at):
            kind, status = condition.get("type") or "", condition.get("status") or "True"
            if why := syntax.qualified_name(kind):
                yield invalid((*place, "type"), kind, why)
            if status not in ("True", "False", "Unknown"):
                yield unsupported((*place, "status"), status, ("True", "False", "Unknown"))
    replacement = spec.get("podReplacementPolicy")
    allowed = ("Failed",) if spec.get("podFailurePolicy") is not None else ("Failed", "TerminatingOrFailed")
    if replacement is not None and replacement not in allowed:
        yield unsupported((*path, "podReplacementPolicy"), replacement, allowed)


def _too_many(holder: Map, field: str, most: int, path: Path) -> Iterator[Problem]:
    count = len(holder.get(field) or ())
    if count > most:
        yield Problem((*path, field), f"must have no more than {most} items, it has {count}")


def _exit_codes(codes: Map, names: set[Any], path: Path) -> Iterator[Problem]:
    operator, values = codes.get("operator") or "", codes.get("values") or ()
    if operator not in ("In", "NotIn"):
        yield unsupported((*path, "operator"), operator, ("In", "NotIn"))
    if codes.get("containerName") is not None and codes["containerName"] not in names:
        yield invalid((*path, "containerName"), codes["containerName"], "is no container of the template")
    yield from _too_many(codes, "values", 255, path)
    if not values:
        yield required(path, "values", "at least one exit code")
    elif list(values) != sorted(set(values)):
        yield Problem((*path, "values"), "must be in rising order, each once")
    elif operator == "In" and 0 in values:
        yield Problem((*path, "values"), "0 is no failure: it can't stand with operator `In`")


def check_cron_job(view: View) -> Iterator[Problem]:
    """Refuse a schedule or a time zone that can't be read, and a name too long for its Jobs."""
    spec = view.spec
    schedule, zone = spec.get("schedule") or "", spec.get("timeZone")
    if not schedule:
        yield required(("spec",), "schedule")
    elif why := schedule_problem(schedule):
        yield invalid(("spec", "schedule"), schedule, why)
    if zone is not None and zone not in time_zones():
        meant = nearest(zone, time_zones())
        yield invalid(
            ("spec", "timeZone"), zone, "is no time zone of the IANA database", f"write `{meant}`" if meant else ""
        )
    policy = spec.get("concurrencyPolicy")
    if policy and policy not in ("Allow", "Forbid", "Replace"):
        yield unsupported(("spec", "concurrencyPolicy"), policy, ("Allow", "Forbid", "Replace"))
    for field in ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        if (spec.get(field) or 0) < 0:
            yield invalid(("spec", field), spec[field], "must be greater than or equal to 0")
    if 52 < len(view.name) <= 253:
        yield invalid(
            ("metadata", "name"),
            view.name,
            "must be no more than 52 characters: its Jobs get 11 more",
            "write a shorter name",
        )


_JOBS = ("Job.batch", "CronJob.batch")

RULES = (
    Rule("SC650", _JOBS, check_job_counts),
    Rule("SC651", _JOBS, check_job_restart_policy),
    Rule("SC652", _JOBS, check_job_selector),
    Rule("SC653", _JOBS, check_failure_policy),
    Rule("SC654", ("CronJob.batch",), check_cron_job),
)
