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

    Source: kubernetes pkg/apis/admissionregistration/{v1,v1beta1}/defaults.go; 1.15's validation.go.
    """
    for place in find(body, ("webhooks", "*", "admissionReviewVersions")):
        if type(place.value) is list and "v1beta1" not in place.value:
            raise CannotSay(place.path, "its server only sends `AdmissionReview` v1beta1; v1 came with 1.16")
    return _edit(body, ("webhooks", "*"), lambda webhook: {**_WEBHOOK_DEFAULTS, **webhook})


CONVERSIONS: Mapping[str, Callable[[Body, int], Body]] = {
    "same": same,
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
