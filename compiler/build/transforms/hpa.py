"""Make the autoscaler that a workload's `autoscaling` asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.model.manifest import Manifest, object_id


def autoscaler(workload: Manifest, wish: Mapping[str, Any]) -> Manifest:
    """Return a HorizontalPodAutoscaler with the workload's name. Shape: `wish` is the Autoscaling type of the stack."""
    metadata = {
        key: workload.body["metadata"][key] for key in ("name", "namespace") if key in workload.body["metadata"]
    }
    target = {"apiVersion": workload.api_version, "kind": workload.id.kind, "name": workload.id.name}
    spec: dict[str, Any] = {"scaleTargetRef": target}
    spec |= {key: wish[key] for key in ("minReplicas", "maxReplicas") if key in wish}
    metrics = []
    if "cpuUtilization" in wish:
        metrics.append(_resource("cpu", {"type": "Utilization", "averageUtilization": wish["cpuUtilization"]}))
    if "memoryAverage" in wish:
        metrics.append(_resource("memory", {"type": "AverageValue", "averageValue": wish["memoryAverage"]}))
    if metrics:
        spec["metrics"] = metrics
    body = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec}
    return Manifest(object_id(body), body, workload.origin)


def scales(manifest: Manifest, workload: Manifest) -> bool:
    """Tell whether a manifest is an autoscaler of the workload (before namespaces are set: by instance)."""
    if manifest.id.kind != "HorizontalPodAutoscaler" or manifest.origin.instance != workload.origin.instance:
        return False
    spec = manifest.body.get("spec")
    target = spec.get("scaleTargetRef") if type(spec) is dict else None
    return type(target) is dict and (target.get("kind"), target.get("name")) == workload.id[1::2]


def _resource(name: str, target: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Resource", "resource": {"name": name, "target": target}}
