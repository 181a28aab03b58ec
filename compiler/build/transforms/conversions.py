"""Write objects in an older API version: one pure function a conversion, named by rules/api_versions.yaml.

A function takes and gives a body without `apiVersion`'s change, and the target's minor; it raises CannotSay for what
the older form has no words for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from compiler.build.places import edit, find
from compiler.model.manifest import Body
from compiler.model.source import Path


class CannotSay(Exception):
    """The older form has no words for this value."""

    def __init__(self, path: Path, reason: str) -> None:
        """Take the place in the body, and why."""
        super().__init__(reason)
        self.path = path
        self.reason = reason


def same(body: Body, _minor: int) -> Body:
    """Return the body: both versions have one form."""
    return body


def hpa_metrics_v2beta1(body: Body, _minor: int) -> Body:
    """Write autoscaling/v2beta2 metrics as v2beta1: targets are fields of their own kind.

    Source: kubernetes pkg/apis/autoscaling/v2beta1/conversion.go.
    """
    return _edit(body, ("spec", "metrics", "*"), _metric_v2beta1)


def _metric_v2beta1(metric: Body) -> Body:
    kind = str(metric.get("type", ""))
    field = kind[:1].lower() + kind[1:]
    convert = _METRICS.get(field)
    source = metric.get(field)
    return {**metric, field: convert(source)} if convert and type(source) is dict else metric


def _resource_metric(source: Body) -> Body:
    target = _map(source.get("target"))
    kept = {key: value for key, value in source.items() if key != "target"}
    return kept | _renamed(
        target, {"averageUtilization": "targetAverageUtilization", "averageValue": "targetAverageValue"}
    )


def _pods_metric(source: Body) -> Body:
    kept = {key: value for key, value in source.items() if key not in ("metric", "target")}
    names = _renamed(_map(source.get("metric")), {"name": "metricName", "selector": "selector"})
    return kept | names | _renamed(_map(source.get("target")), {"averageValue": "targetAverageValue"})


def _object_metric(source: Body) -> Body:
    kept = {key: value for key, value in source.items() if key not in ("metric", "target", "describedObject")}
    names = _renamed(_map(source.get("metric")), {"name": "metricName", "selector": "selector"})
    target = {"target": source["describedObject"]} if "describedObject" in source else {}
    values = _renamed(_map(source.get("target")), {"value": "targetValue", "averageValue": "averageValue"})
    # targetValue is required beside an average, and ignored then
    return (
        kept | target | names | ({"targetValue": values["averageValue"]} if "averageValue" in values else {}) | values
    )


def _external_metric(source: Body) -> Body:
    kept = {key: value for key, value in source.items() if key not in ("metric", "target")}
    names = _renamed(_map(source.get("metric")), {"name": "metricName", "selector": "metricSelector"})
    return (
        kept
        | names
        | _renamed(_map(source.get("target")), {"value": "targetValue", "averageValue": "targetAverageValue"})
    )


_METRICS: Mapping[str, Callable[[Body], Body]] = {
    "resource": _resource_metric,
    "pods": _pods_metric,
    "object": _object_metric,
    "external": _external_metric,
}


def pdb_v1beta1(body: Body, _minor: int) -> Body:
    """Write policy/v1 as v1beta1, where an empty selector means no pod and not every pod.

    Source: kubernetes policy/v1beta1 types.go, PodDisruptionBudgetSpec.selector.
    """
    if _map(body.get("spec")).get("selector") == {}:
        raise CannotSay(("spec", "selector"), "an empty selector means every pod in policy/v1 and none in v1beta1")
    return body


def ingress_v1beta1(body: Body, minor: int) -> Body:
    """Write networking.k8s.io/v1 Ingress as v1beta1; before 1.18 also without pathType and ingressClassName.

    Source: kubernetes pkg/apis/networking/v1beta1/conversion.go; KEP-1453 for what 1.18 added.
    """
    spec = _map(body.get("spec"))
    if "defaultBackend" in spec:
        kept = {key: value for key, value in spec.items() if key != "defaultBackend"}
        body = {**body, "spec": {**kept, "backend": _backend_v1beta1(_map(spec["defaultBackend"]))}}
    path = ("spec", "rules", "*", "http", "paths", "*")
    body = _edit(body, (*path, "backend"), _backend_v1beta1)
    if minor >= _INGRESS_CLASS_MINOR:
        return body
    for place in find(body, (*path, "pathType")):
        if place.value == "Exact":
            raise CannotSay(place.path, "`pathType: Exact` came with 1.18; controllers before it match prefixes")
    return _ingress_before_classes(_edit(body, path, _path_before_types))


_INGRESS_CLASS_MINOR = 18


def _backend_v1beta1(backend: Body) -> Body:
    service = backend.get("service")
    if type(service) is not dict:
        return backend
    port = _map(service.get("port"))
    kept = {key: value for key, value in backend.items() if key != "service"}
    number = port.get("number", port.get("name"))
    return kept | _renamed(service, {"name": "serviceName"}) | ({} if number is None else {"servicePort": number})


def _path_before_types(path: Body) -> Body:
    return {key: value for key, value in path.items() if key != "pathType"}


def _ingress_before_classes(body: Body) -> Body:
    name = _map(body.get("spec")).get("ingressClassName")
    if name is None:
        return body
    metadata = _map(body["metadata"])
    annotations = {**_map(metadata.get("annotations")), "kubernetes.io/ingress.class": name}
    spec = {key: value for key, value in body["spec"].items() if key != "ingressClassName"}
    return {**body, "metadata": {**metadata, "annotations": annotations}, "spec": spec}


_WEBHOOK_DEFAULTS = {"failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 10}


def webhooks_v1beta1(body: Body, _minor: int) -> Body:
    """Write admissionregistration.k8s.io/v1 as v1beta1: the form is the same, the defaults are not, so v1's are said.

    Source: kubernetes pkg/apis/admissionregistration/{v1,v1beta1}/defaults.go.
    """
    return _edit(body, ("webhooks", "*"), lambda webhook: {**_WEBHOOK_DEFAULTS, **webhook})


CONVERSIONS: Mapping[str, Callable[[Body, int], Body]] = {
    "same": same,
    "hpa_metrics_v2beta1": hpa_metrics_v2beta1,
    "pdb_v1beta1": pdb_v1beta1,
    "ingress_v1beta1": ingress_v1beta1,
    "webhooks_v1beta1": webhooks_v1beta1,
}


def _edit(body: Body, pattern: tuple[str, ...], change: Callable[[Body], Body]) -> Body:
    edited: Body = edit(body, pattern, lambda value: change(value) if type(value) is dict else value)
    return edited


def _map(value: Any) -> Body:
    return value if type(value) is dict else {}


def _renamed(values: Body, names: Mapping[str, str]) -> Body:
    return {new: values[old] for old, new in names.items() if old in values}
