"""Webhook configurations, admission policies and aggregated APIs.

Source: kubernetes pkg/apis/admissionregistration/validation/validation.go, kube-aggregator
pkg/apis/apiregistration/validation at v1.36. CEL expressions are not compiled here.
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

_GROUP = "admissionregistration.k8s.io"
_POLICY_NAME = "ValidatingAdmissionPolicy"
_POLICY = f"{_POLICY_NAME}.{_GROUP}"
_WEBHOOKS = (f"ValidatingWebhookConfiguration.{_GROUP}", f"MutatingWebhookConfiguration.{_GROUP}")
_OPERATIONS = ("*", "CREATE", "UPDATE", "DELETE", "CONNECT")
_POLICIES = ("Fail", "Ignore")
_ACTIONS = ("Deny", "Warn", "Audit")


def check_webhooks(view: View) -> Iterator[Problem]:
    """Refuse webhooks without a full name, a way to reach them, or a word on side effects."""
    if view.body["apiVersion"] != f"{_GROUP}/v1":
        return  # v1beta1 defaults what v1 requires
    seen: set[str] = set()
    for path, hook in items(view.body, "webhooks", ()):
        name = hook.get("name") or ""
        if not name:
            yield required(path, "name")
        elif why := syntax.fully_qualified_name(name):
            yield invalid((*path, "name"), name, why)
        elif name in seen:
            yield Problem((*path, "name"), f"webhook `{name}` is there twice")
        seen.add(name)
        yield from _policies(hook, path)
        yield from check_client(hook.get("clientConfig") or {}, (*path, "clientConfig"))
        yield from check_review_versions(hook.get("admissionReviewVersions") or (), path, "admissionReviewVersions")
        for at, rule in items(hook, "rules", path):
            yield from _rule(rule or {}, at)
        for field in ("namespaceSelector", "objectSelector"):
            yield from check_selector(hook.get(field), (*path, field))
        yield from _conditions(hook, path)


def _policies(hook: Map, path: Path) -> Iterator[Problem]:
    effects = hook.get("sideEffects")
    if effects is None:
        yield required(path, "sideEffects", "None or NoneOnDryRun")
    elif effects not in ("None", "NoneOnDryRun"):
        yield unsupported((*path, "sideEffects"), effects, ("None", "NoneOnDryRun"))
    for field, allowed in (
        ("failurePolicy", _POLICIES),
        ("matchPolicy", ("Equivalent", "Exact")),
        ("reinvocationPolicy", ("IfNeeded", "Never")),
    ):
        value = hook.get(field)
        if value is not None and value not in allowed:
            yield unsupported((*path, field), value, allowed)
    timeout = hook.get("timeoutSeconds")
    if timeout is not None and not 1 <= timeout <= 30:
        yield invalid((*path, "timeoutSeconds"), timeout, "must be between 1 and 30 seconds")


def check_client(client: Map, path: Path) -> Iterator[Problem]:
    """Refuse a webhook client that is reached in no way, or in two."""
    url, service = client.get("url"), client.get("service") or {}
    if (url is None) == (client.get("service") is None):
        yield Problem(path, "exactly one of `url` and `service` is required", "set `service`")
    elif url is not None:
        yield from _url(url, (*path, "url"))
    else:
        for field in ("namespace", "name"):
            if not service.get(field):
                yield required((*path, "service"), field)
        port, where = service.get("port"), service.get("path")
        if port is not None and (why := syntax.port_number(port)):
            yield invalid((*path, "service", "port"), port, why)
        yield from _service_path(where or "", (*path, "service", "path"))


def _service_path(where: str, path: Path) -> Iterator[Problem]:
    if where and not where.startswith("/"):
        yield invalid(path, where, "must start with `/`", f"write `/{where}`")
    elif where.removeprefix("/"):
        for part in where.removeprefix("/").removesuffix("/").split("/"):
            if not part or syntax.dns_subdomain(part):
                yield invalid(path, where, "every part must be a DNS-1123 subdomain")
                return


def _url(url: str, path: Path) -> Iterator[Problem]:
    scheme, mark, rest = url.partition("://")
    host = rest.split("/", 1)[0] if mark else ""
    if scheme.lower() != "https" or not mark:
        yield invalid(path, url, "must be https://host[/path]")
    if not host:
        yield invalid(path, url, "has no host: must be https://host[/path]")
    for character, name in (("@", "a user"), ("?", "a query"), ("#", "a fragment")):
        if character in rest:
            yield invalid(path, url, f"must not have {name}")


def check_review_versions(versions: Any, path: Path, field: str) -> Iterator[Problem]:
    """Refuse a list of review versions of which the server speaks none."""
    if not versions:
        yield required(path, field, "v1")
        return
    for i, version in enumerate(versions):
        if version in versions[:i]:
            yield Problem((*path, field, i), f"`{version}` is there twice")
        elif why := syntax.dns_1035_label(version or ""):
            yield invalid((*path, field, i), version, why)
    if not {"v1", "v1beta1"} & set(versions):
        yield Problem((*path, field), "must include v1 or v1beta1: the server speaks no other", "add `v1`")


def _rule(rule: Map, path: Path) -> Iterator[Problem]:
    operations = rule.get("operations") or ()
    if not operations:
        yield required(path, "operations")
    for i, operation in enumerate(operations):
        if operation not in _OPERATIONS:
            yield unsupported((*path, "operations", i), operation or "", _OPERATIONS)
    for field in ("operations", "apiGroups", "apiVersions"):
        values = rule.get(field) or ()
        if not values and field != "operations":
            yield required(path, field)
        if "*" in values and len(values) > 1:
            yield Problem((*path, field), "`*` stands alone", "write `*` alone, or name each")
        if field == "apiVersions" and "" in values:
            yield Problem((*path, field, list(values).index("")), "must not be empty")
    yield from _resources(rule.get("resources") or (), path)
    scope = rule.get("scope")
    if scope is not None and scope not in ("*", "Cluster", "Namespaced"):
        yield unsupported((*path, "scope"), scope, ("*", "Cluster", "Namespaced"))


def _resources(resources: Any, path: Path) -> Iterator[Problem]:
    if not resources:
        yield required(path, "resources")
    for i, resource in enumerate(resources):
        if not resource:
            yield Problem((*path, "resources", i), "must not be empty")
    if "*/*" in resources and len(resources) > 1:
        yield Problem((*path, "resources"), "`*/*` stands alone")
    elif "*" in resources and next((r for r in reversed(resources) if r and "/" not in r), "*") != "*":
        yield Problem(
            (*path, "resources"), "`*` covers every resource without subresources", "name each, or write `*` alone"
        )


def check_admission_policy(view: View) -> Iterator[Problem]:
    """Refuse a validating policy that matches or checks nothing, and a binding that takes no action."""
    return _policy(view) if view.kind == _POLICY else _binding(view)


def _policy(view: View) -> Iterator[Problem]:
    spec = view.spec
    failure, parameters = spec.get("failurePolicy"), spec.get("paramKind")
    if failure is not None and failure not in _POLICIES:
        yield unsupported(("spec", "failurePolicy"), failure, _POLICIES)
    if spec.get("matchConstraints") is None:
        yield required(("spec",), "matchConstraints")
    else:
        yield from _constraints(spec["matchConstraints"], ("spec", "matchConstraints"))
    if not spec.get("validations") and not spec.get("auditAnnotations"):
        yield required(("spec",), "validations", "at least one")
    for at, item in items(spec, "validations", ("spec",)):
        yield from _validation(item or {}, at)
    for at, item in items(spec, "variables", ("spec",)):
        if not (item.get("expression") or "").strip():
            yield required(at, "expression")
    yield from _conditions(spec, ("spec",))
    for at, item in items(spec, "auditAnnotations", ("spec",)):
        name = f"{view.name}/{item.get('key') or ''}"
        if why := syntax.qualified_name(name):
            yield invalid((*at, "key"), item.get("key") or "", why)
        if not (item.get("valueExpression") or "").strip():
            yield required(at, "valueExpression")
    if parameters is not None:
        yield from (required(("spec", "paramKind"), f) for f in ("apiVersion", "kind") if not parameters.get(f))


def _conditions(holder: Map, path: Path) -> Iterator[Problem]:
    for at, item in items(holder, "matchConditions", path):
        if not (item.get("expression") or "").strip():
            yield required(at, "expression")
        name = item.get("name") or ""
        if why := syntax.qualified_name(name):
            yield invalid((*at, "name"), name, why)


def _binding(view: View) -> Iterator[Problem]:
    spec = view.spec
    name, parameters = spec.get("policyName") or "", spec.get("paramRef")
    if why := syntax.dns_subdomain(name):
        yield required(("spec",), "policyName") if not name else invalid(("spec", "policyName"), name, why)
    actions = spec.get("validationActions") or ()
    if not actions:
        yield required(("spec",), "validationActions", "at least one action")
    for at, action in items(spec, "validationActions", ("spec",)):
        if action not in _ACTIONS:
            yield unsupported(at, action or "", _ACTIONS)
    if "Deny" in actions and "Warn" in actions:
        yield Problem(("spec", "validationActions"), "`Deny` and `Warn` can't stand together")
    if parameters is not None:
        if not parameters.get("name") and parameters.get("selector") is None:
            yield required(("spec", "paramRef"), "name", "a name or a selector")
        elif why := syntax.path_segment(parameters.get("name") or ""):
            yield invalid(("spec", "paramRef", "name"), parameters["name"], why)
        missing = parameters.get("parameterNotFoundAction")
        if missing not in ("Deny", "Allow"):
            at = ("spec", "paramRef", "parameterNotFoundAction")
            yield required(at[:-1], at[-1]) if not missing else unsupported(at, missing, ("Deny", "Allow"))
    match = spec.get("matchResources") or {}
    for field in ("namespaceSelector", "objectSelector"):
        yield from check_selector(match.get(field), ("spec", "matchResources", field))


def _constraints(constraints: Map, path: Path) -> Iterator[Problem]:
    if not constraints.get("resourceRules"):
        yield required(path, "resourceRules")
    for field in ("resourceRules", "excludeResourceRules"):
        for at, rule in items(constraints, field, path):
            yield from _rule(rule or {}, at)
    for field in ("namespaceSelector", "objectSelector"):
        yield from check_selector(constraints.get(field), (*path, field))
    match = constraints.get("matchPolicy")
    if match is not None and match not in ("Equivalent", "Exact"):
        yield unsupported((*path, "matchPolicy"), match, ("Equivalent", "Exact"))


def _validation(item: Map, path: Path) -> Iterator[Problem]:
    if not (item.get("expression") or "").strip():
        yield required(path, "expression")
    message, reason = item.get("message") or "", item.get("reason")
    if "\n" in message.strip() or (message and not message.strip()):
        yield Problem((*path, "message"), "must be one line that is not empty")
    if reason is not None and reason not in ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"):
        yield unsupported((*path, "reason"), reason, ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"))


def check_api_service(view: View) -> Iterator[Problem]:
    """Refuse an APIService whose name, priorities or service do not fit."""
    spec = view.spec
    group, version, service = spec.get("group") or "", spec.get("version") or "", spec.get("service")
    if view.name and view.name != f"{version}.{group}":
        yield invalid(
            ("metadata", "name"), view.name, "must be `spec.version`.`spec.group`", f"write `{version}.{group}`"
        )
    if not group and version != "v1":
        yield required(("spec",), "group")
    elif group and (why := syntax.dns_subdomain(group)):
        yield invalid(("spec", "group"), group, why)
    if why := syntax.dns_1035_label(version):
        yield required(("spec",), "version") if not version else invalid(("spec", "version"), version, why)
    for field, most in (("groupPriorityMinimum", 20000), ("versionPriority", 1000)):
        value = spec.get(field) or 0
        if not 0 < value <= most:
            yield invalid(("spec", field), value, f"must be between 1 and {most}")
    yield from _api_backend(spec, service)


def _api_backend(spec: Map, service: Map | None) -> Iterator[Problem]:
    if service is None:
        if spec.get("caBundle"):
            message = "an API without a service has no caBundle"
            yield Problem(("spec", "caBundle"), message, "remove `caBundle`", on_key=True)
        if spec.get("insecureSkipTLSVerify"):
            message = "an API without a service has no TLS to skip"
            yield Problem(("spec", "insecureSkipTLSVerify"), message, "set `service`", on_key=True)
        return
    for field in ("namespace", "name"):
        if not service.get(field):
            yield required(("spec", "service"), field)
    if service.get("port") is not None and (why := syntax.port_number(service["port"])):
        yield invalid(("spec", "service", "port"), service["port"], why)
    if spec.get("insecureSkipTLSVerify") and spec.get("caBundle"):
        message = "must not be true when `caBundle` is set"
        yield Problem(("spec", "insecureSkipTLSVerify"), message, "remove one of them")


RULES = (
    Rule("SC681", _WEBHOOKS, check_webhooks),
    Rule("SC682", (_POLICY, f"{_POLICY_NAME}Binding.{_GROUP}"), check_admission_policy),
    Rule("SC683", ("APIService.apiregistration.k8s.io",), check_api_service),
)
