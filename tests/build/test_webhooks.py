"""Which objects the webhooks of a bundle will see, and which must wait for them."""

from __future__ import annotations

import pytest

from compiler.build.webhooks import matches_selector, plural_of
from tests.build.test_graph import edges_of

HOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: hook}
webhooks:
- name: a.b.c
  clientConfig: {url: "https://x.example.org"}
  %s
---
{apiVersion: v1, kind: Namespace, metadata: {name: ns, labels: {team: a}}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: cm, namespace: ns, labels: {app: web}}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: other, namespace: elsewhere}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: cr}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: oxen.x.io}
spec: {group: x.io, names: {kind: Ox, plural: oxen}}
---
{apiVersion: x.io/v1, kind: Ox, metadata: {name: ox, namespace: ns}}
"""
ALL = 'rules: [{operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*"]%s}]'


def seen(fields: str, text: str = HOOK) -> dict[str, str]:
    """Return who must wait for the webhook, and how."""
    found = {}
    for edge in edges_of(text % fields):
        source, arrow, target = edge.split(" ")[:3]
        if target == "MutatingWebhookConfiguration/hook":
            found[source.split("/")[1]] = arrow.strip("->")
    return found


EVERY = {"ns", "cm", "other", "cr", "oxen.x.io", "ox"}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        (ALL % "", EVERY),
        (ALL % ", scope: Namespaced", {"cm", "other", "ox"}),
        (ALL % ", scope: Cluster", {"ns", "cr", "oxen.x.io"}),
        ("rules: [{operations: [DELETE], apiGroups: [\"*\"], resources: [\"*\"]}]", set()),
        ("rules: [{operations: [UPDATE], apiGroups: [\"\"], resources: [configmaps]}]", {"cm", "other"}),
        ("rules: [{operations: [CREATE], apiGroups: [\"\"], resources: [configmaps/status]}]", set()),
        ("rules: [{operations: [CREATE], apiGroups: [x.io], resources: [oxen]}]", {"ox"}),
        ("rules: [{operations: [CREATE], apiGroups: [x.io], resources: [oxes]}]", set()),
        (ALL % "" + "\n  namespaceSelector: {matchLabels: {team: a}}", {"ns", "cm", "ox", "cr", "oxen.x.io"}),
        (ALL % "" + "\n  namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}",
         EVERY - {"ns", "cm", "ox"}),
        (ALL % "" + "\n  objectSelector: {matchLabels: {app: web}}", {"cm"}),
        (ALL % "" + "\n  objectSelector: {matchExpressions: [{key: app, operator: Exists}]}", {"cm"}),
        (ALL % "" + "\n  objectSelector: {}", EVERY),
        ("rules: x", set()),
    ],
)  # fmt: skip
def test_an_object_waits_for_a_webhook_that_sees_it(fields: str, names: set[str]) -> None:
    assert seen(fields) == dict.fromkeys(names, "needs")


@pytest.mark.parametrize(
    ("fields", "version", "kind"),
    [
        ("failurePolicy: Ignore", "v1", "after"),
        ("failurePolicy: Fail", "v1beta1", "needs"),
        ("name: a.b.c", "v1beta1", "after"),
    ],
)
def test_a_webhook_that_may_be_away_is_only_a_nicer_order(fields: str, version: str, kind: str) -> None:
    """v1beta1 ignores failures unless it says otherwise."""
    text = HOOK.replace("k8s.io/v1\nkind: Mutating", f"k8s.io/{version}\nkind: Mutating").replace(
        "- name: a.b.c\n", "- x: y\n"
    )
    assert set(seen(ALL % "" + f"\n  {fields}", text).values()) == {kind}


@pytest.mark.parametrize(
    ("selector", "is_selected"),
    [
        (None, True),
        ({}, True),
        ({"matchLabels": {"a": "1"}}, True),
        ({"matchLabels": {"a": "2"}}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["0", "1"]}]}, True),
        ({"matchExpressions": [{"key": "b", "operator": "In", "values": ["1"]}]}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}, {"key": "b", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "DoesNotExist"}]}, True),
        ({"matchLabels": 5, "matchExpressions": [5]}, True),
    ],
)
def test_selectors_select_as_a_server_does(selector: object, is_selected: bool) -> None:
    assert matches_selector(selector, {"a": "1"}) is is_selected


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("Pod", "pods"),
        ("Ingress", "ingresses"),
        ("NetworkPolicy", "networkpolicies"),
        ("Endpoints", "endpoints"),
        ("Gateway", "gateways"),
        ("HTTPProxy", "httpproxies"),
        ("Mesh", "meshes"),
    ],
)
def test_plurals(kind: str, plural: str) -> None:
    assert plural_of(kind) == plural
