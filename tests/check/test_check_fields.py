"""One field of a sound object changed: what a real 1.36 server refused or took, each by its own rule."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from make_cases import changed

from compiler.check.objects import Judge
from compiler.check.stream import Source, check_stream
from compiler.formats.packs import load_pack

BASES = {
    f"{body['kind']}/{body['metadata']['name']}": body
    for body in yaml.safe_load_all((Path(__file__).parent / "bases.yaml").read_text())
}
_POD = "spec/template/spec"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution/0"
_SCHEMA = "spec/versions/0/schema/openAPIV3Schema/properties/spec/properties"
_FIELDS = "spec/versions/0/selectableFields"
_WIDGETS = "CustomResourceDefinition/widgets.acme.io"
_TERM = f"{_POD}/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/0"
_CONDITION = [{"type": "A", "status": "True"}]


def codes(base: str, path: str, value: object, minor: int = 36) -> list[str]:
    keys = tuple(int(part) if part.isdigit() else part for part in path.replace("~", "\0").split("/"))
    keys = tuple(key.replace("\0", "/") if isinstance(key, str) else key for key in keys)
    body = changed(BASES[base], keys, value)
    return [found.code for found in Judge(load_pack(minor)).look(body).found if not found.problem.warning]


@pytest.mark.parametrize(
    ("base", "path", "value", "code"),
    [
        ("Job/j1", "spec/selector", None, "SC652"),
        ("Job/j1", "spec/selector/matchLabels/q", "150%", "SC652"),
        ("Job/j1", "spec/template/metadata/labels/q", "other", "SC652"),
        ("CronJob/c1", "spec/jobTemplate/spec/manualSelector", True, "SC652"),
        ("CronJob/c1", "spec/jobTemplate/spec/podFailurePolicy/rules/1/onPodConditions", _CONDITION * 21, "SC653"),
        ("CronJob/c1", "spec/jobTemplate/spec/podFailurePolicy/rules/0/onExitCodes/values", [*range(1, 257)], "SC653"),
        ("StatefulSet/s1", f"{_TERM}/matchLabelKeys/0", "a b", "SC636"),
        ("StatefulSet/s1", f"{_TERM}/mismatchLabelKeys", ["pod-template-hash"], "SC636"),
        ("RuntimeClass/rc1", "scheduling/tolerations", [{"key": "a", "operator": "Exists"}] * 2, "SC640"),
        ("Deployment/d1", f"{_POD}/schedulingGates/0/name", "-x", "SC641"),
        ("Deployment/d1", f"{_POD}/volumes/1/ephemeral/volumeClaimTemplate/metadata/labels/a", "_a", "SC632"),
        ("Pod/pod1", "spec/volumes/1/csi/nodePublishSecretRef/name", "S", "SC632"),
        ("Pod/pod1", "spec/resourceClaims/0/resourceClaimTemplateName", "..a", "SC641"),
        ("Pod/pod1", "spec/resourceClaims/0/resourceClaimName", "both", "SC641"),
        ("Pod/pod1", "spec/containers/0/resources/claims/0/request", "r_x", "SC628"),
        ("PersistentVolume/pv-csi", "spec/csi/nodePublishSecretRef/namespace", "-n", "SC669"),
        ("PersistentVolume/pv-csi", "spec/csi/nodeExpandSecretRef", {"namespace": "n", "name": "S"}, "SC669"),
        ("PersistentVolumeClaim/pvc1", "spec/volumeAttributesClassName", "gold/z", "SC668"),
        ("PersistentVolumeClaim/pvc1", "spec/dataSourceRef", {}, "SC668"),
        ("Service/svc1", "spec/healthCheckNodePort", 65536, "SC656"),
        ("HorizontalPodAutoscaler/h1", "spec/behavior/scaleUp/tolerance", "-5", "SC663"),
        ("Namespace/ns1", "metadata/labels/pod-security.kubernetes.io~enforce", "strict", "SC617"),
        ("Namespace/ns1", "metadata/labels/pod-security.kubernetes.io~enforce-version", "1.30", "SC617"),
        ("Deployment/d1", "metadata/ownerReferences/0/apiVersion", "http://x", "SC619"),
        ("ValidatingWebhookConfiguration/vw1", "webhooks/0/matchConditions/0/name", "-only", "SC681"),
        ("ValidatingWebhookConfiguration/vw1", "webhooks/0/matchConditions/0/expression", "", "SC681"),
        ("ValidatingAdmissionPolicyBinding/vb1", "spec/paramRef/name", "x/z", "SC682"),
        (_WIDGETS, f"{_SCHEMA}/color", None, "SC685"),
        (_WIDGETS, f"{_SCHEMA}/name/pattern", "*", "SC685"),
        (_WIDGETS, f"{_SCHEMA}/size/multipleOf", 0, "SC685"),
        (_WIDGETS, f"{_SCHEMA}/size/multipleOf", 1.5, "SC685"),
        (_WIDGETS, f"{_FIELDS}/0/jsonPath", "123", "SC685"),
        (_WIDGETS, f"{_FIELDS}/0/jsonPath", ".spec.hue", "SC685"),
        (_WIDGETS, f"{_FIELDS}/0/jsonPath", ".spec.tags", "SC685"),
        (_WIDGETS, f"{_FIELDS}/0/jsonPath", ".metadata.name", "SC685"),
        (_WIDGETS, _FIELDS, [{"jsonPath": ".spec.color"}] * 2, "SC685"),
        ("CustomResourceDefinition/gadgets.acme.io", "spec/versions/0/deprecationWarning", "old\n", "SC685"),
    ],
)  # fmt: skip
def test_a_server_refuses(base: str, path: str, value: object, code: str) -> None:
    assert codes(base, path, value)[:1] == [code]


@pytest.mark.parametrize(
    ("base", "path", "value"),
    [
        ("Job/j1", "metadata/name", "j" * 64),
        ("StatefulSet/s1", f"{_POD}/affinity/nodeAffinity/{_PREFERRED}/preference/matchExpressions/0/values/0", "*"),
        ("Deployment/d1", f"{_POD}/volumes/3/image", {}),
        ("Namespace/ns1", "metadata/labels/pod-security.kubernetes.io~enforce-version", "latest"),
        (_WIDGETS, f"{_SCHEMA}/ratio/multipleOf", 0.1),
    ],
)
def test_a_server_takes(base: str, path: str, value: object) -> None:
    assert codes(base, path, value) == []


def test_levels_of_pod_security_are_for_servers_that_look_at_them() -> None:
    assert codes("Namespace/ns1", "metadata/labels/pod-security.kubernetes.io~enforce", "strict", minor=22) == []


@pytest.mark.parametrize(
    ("step", "value", "is_taken"),
    [(0.1, 0.3, True), (0.1, 0.35, False), (3, 9, True), (3, 10, False), (0.5, 1e300, True), (-1, 3, False),
     (0, 3, False)],
)  # fmt: skip
def test_multiples_are_told_as_floats_can(step: float, value: float, is_taken: bool) -> None:
    """0.3 is a multiple of 0.1, and zero divides nothing: a CRD says what it likes."""
    crd = f"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: ws.acme.io}}
spec:
  group: acme.io
  scope: Namespaced
  names: {{kind: W, plural: ws}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, properties: {{n: {{type: number, multipleOf: {step}}}}}}}}}
---
apiVersion: acme.io/v1
kind: W
metadata: {{name: w}}
n: {value!r}
"""
    found = check_stream([Source("m.yaml", crd.encode())], 36).diagnostics
    assert ([d.path for d in found if d.document == 1] == []) is is_taken
