"""Roles and bindings.

Source: kubernetes pkg/apis/rbac/validation/validation.go at v1.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.labels import check_selector
from compiler.check.view import View, items
from compiler.model.source import Path

Map = dict[str, Any]

GROUP = "rbac.authorization.k8s.io"
_ROLES = (f"Role.{GROUP}", f"ClusterRole.{GROUP}")
_BINDINGS = (f"RoleBinding.{GROUP}", f"ClusterRoleBinding.{GROUP}")


def check_rules(view: View) -> Iterator[Problem]:
    """Refuse rules without verbs, groups or resources."""
    for path, rule in items(view.body, "rules", ()):
        rule = rule or {}
        if not rule.get("verbs"):
            yield required(path, "verbs", "at least one verb")
        if rule.get("nonResourceURLs"):
            if view.kind == _ROLES[0]:
                yield Problem(
                    (*path, "nonResourceURLs"),
                    "a Role has a namespace: it can't grant non-resource URLs",
                    "use a ClusterRole",
                    on_key=True,
                )
            elif rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
                yield Problem(
                    (*path, "nonResourceURLs"),
                    "a rule is for resources or for URLs, not for both",
                    "write two rules",
                    on_key=True,
                )
            continue
        for field in ("apiGroups", "resources"):
            if not rule.get(field):
                yield required(
                    path, field, 'at least one; the core group is `""`' if field == "apiGroups" else "at least one"
                )


def check_aggregation(view: View) -> Iterator[Problem]:
    """Refuse an aggregation without selectors."""
    rule = view.body.get("aggregationRule")
    if rule is None:
        return
    if not rule.get("clusterRoleSelectors"):
        yield required(("aggregationRule",), "clusterRoleSelectors", "at least one selector")
    for path, selector in items(rule, "clusterRoleSelectors", ("aggregationRule",)):
        yield from check_selector(selector, path)


def check_role_ref(view: View) -> Iterator[Problem]:
    """Refuse a binding that refers to no role."""
    ref = view.body.get("roleRef") or {}
    kinds = ("Role", "ClusterRole") if view.kind == _BINDINGS[0] else ("ClusterRole",)
    group = ref.get("apiGroup") or GROUP
    if group != GROUP:
        yield unsupported(("roleRef", "apiGroup"), group, (GROUP,))
    if ref.get("kind") not in kinds:
        yield unsupported(("roleRef", "kind"), ref.get("kind") or "", kinds)
    name = ref.get("name") or ""
    if not name:
        yield required(("roleRef",), "name")
    elif why := syntax.path_segment(name):
        yield invalid(("roleRef", "name"), name, why)


def check_subjects(view: View) -> Iterator[Problem]:
    """Refuse subjects that are nobody: unknown kinds, wrong groups, accounts without a namespace."""
    for path, subject in items(view.body, "subjects", ()):
        subject = subject or {}
        kind, name = subject.get("kind") or "", subject.get("name") or ""
        if not name:
            yield required(path, "name")
        if kind == "ServiceAccount":
            yield from _account(subject, name, path, view)
        elif kind in ("User", "Group"):
            group = subject.get("apiGroup") or GROUP
            if group != GROUP:
                yield unsupported((*path, "apiGroup"), group, (GROUP,))
        else:
            yield unsupported((*path, "kind"), kind, ("ServiceAccount", "User", "Group"))


def _account(subject: Map, name: str, path: Path, view: View) -> Iterator[Problem]:
    if name and (why := syntax.dns_subdomain(name)):
        yield invalid((*path, "name"), name, why)
    if subject.get("apiGroup"):
        yield Problem(
            (*path, "apiGroup"),
            "must be empty: ServiceAccounts are in the core group",
            "remove `apiGroup`",
            on_key=True,
        )
    if not subject.get("namespace") and view.kind == _BINDINGS[1]:
        yield required(path, "namespace", "a ClusterRoleBinding has none of its own")


RULES = (
    Rule("SC664", _ROLES, check_rules),
    Rule("SC665", (_ROLES[1],), check_aggregation),
    Rule("SC666", _BINDINGS, check_role_ref),
    Rule("SC667", _BINDINGS, check_subjects),
)
