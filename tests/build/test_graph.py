"""References, the graph made of them, and references that lead nowhere."""

from __future__ import annotations

import random

import pytest

from compiler.build.dangling import dangling
from compiler.build.graph import build_graph
from compiler.build.identity import duplicate_ids
from compiler.build.places import pod_places
from compiler.build.reference_rules import compile_rules
from compiler.build.references import extract
from compiler.model.assumed import Assumed
from compiler.model.graph import Edge, EdgeKind
from compiler.model.ids import GroupKind, ObjectId
from tests.build.support import codes, frozen, manifests

RULES = compile_rules()


def graph_of(text_or_given, extra=(), rules=RULES, places=None):
    given = manifests(text_or_given) if isinstance(text_or_given, str) else text_or_given
    return build_graph(given, extract(given, rules), places or pod_places(), extra)


def edges_of(text, **changes):
    """Return edges as text: `Deployment/a -after-> ConfigMap/c /pointer`."""
    edges = graph_of(text, **changes).value.edges
    return [
        f"{e.source.kind}/{e.source.name} -{e.kind.value}-> {e.target.kind}/{e.target.name} {e.path}".strip()
        for e in edges
    ]


WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: w, namespace: ns}
spec:
  template:
    metadata: {labels: {app: w, tier: x}}
    spec:
      serviceAccountName: sa
      priorityClassName: high
      runtimeClassName: gvisor
      imagePullSecrets: [{name: pull}]
      initContainers:
      - {name: i, envFrom: [{configMapRef: {name: envmap}}, {secretRef: {name: envsecret, optional: true}}]}
      containers:
      - name: c
        env:
        - {name: A, valueFrom: {configMapKeyRef: {name: keymap, key: a}}}
        - {name: B, valueFrom: {secretKeyRef: {name: keysecret, key: b}}}
      volumes:
      - {name: v1, configMap: {name: volmap, items: [{key: x, path: x}]}}
      - {name: v2, secret: {secretName: volsecret}}
      - {name: v3, persistentVolumeClaim: {claimName: claim}}
      - {name: v4, projected: {sources: [{configMap: {name: promap}}, {secret: {name: prosecret}}]}}
"""


class TestReferences:
    def test_pod_spec_names_everything_it_needs(self):
        found = extract(manifests(WORKLOAD), RULES).found
        assert sorted((r.target.kind, r.target.name) for r in found) == [
            ("ConfigMap", "envmap"),
            ("ConfigMap", "keymap"),
            ("ConfigMap", "promap"),
            ("ConfigMap", "volmap"),
            ("Namespace", "ns"),
            ("PersistentVolumeClaim", "claim"),
            ("PriorityClass", "high"),
            ("RuntimeClass", "gvisor"),
            ("Secret", "envsecret"),
            ("Secret", "keysecret"),
            ("Secret", "prosecret"),
            ("Secret", "pull"),
            ("Secret", "volsecret"),
            ("ServiceAccount", "sa"),
        ]
        by_name = {r.target.name: r for r in found}
        assert by_name["envsecret"].optional
        assert by_name["volmap"].keys == (
            (("spec", "template", "spec", "volumes", 0, "configMap", "items", 0, "key"), "x"),
        )
        assert by_name["high"].target.namespace == ""
        assert by_name["sa"].target == ObjectId("", "ServiceAccount", "ns", "sa")

    def test_component_rows_add_kinds(self):
        extra = [
            {"from": "Job.batch.volcano.sh", "podSpec": "/spec/tasks/*/template/spec"},
            {"from": "Job.batch.volcano.sh", "path": "/spec/queue", "to": "Queue.scheduling.volcano.sh",
             "namespace": "none", "edge": "needs"},
        ]  # fmt: skip
        text = """
apiVersion: batch.volcano.sh/v1alpha1
kind: Job
metadata: {name: j, namespace: ns}
spec:
  queue: gpu
  tasks: [{template: {spec: {volumes: [{secret: {secretName: s}}]}}}]
"""
        found = extract(manifests(text), compile_rules(extra)).found
        assert {(r.target.kind, r.target.name, r.kind) for r in found[1:]} == {
            ("Queue", "gpu", EdgeKind.NEEDS),
            ("Secret", "s", EdgeKind.AFTER),
        }

    @pytest.mark.parametrize(
        "spec",
        ["x", "[]", "{template: 1}", "{template: {spec: {containers: {a: b}, volumes: [1, {configMap: x}]}}}",
         "{template: {spec: {serviceAccountName: 5, containers: [{env: [{valueFrom: {secretKeyRef: {name: []}}}]}]}}}"],
    )  # fmt: skip
    def test_malformed_bodies_are_passed_over(self, spec):
        text = f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: w}}, spec: {spec}}}"
        assert extract(manifests(text), RULES).found == ()

    def test_bindings_scalers_and_ingresses(self):
        text = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, name: s, namespace: ns}, {kind: Group, name: g}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: h, namespace: ns}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, namespace: ns}
spec: {rules: [{http: {paths: [{backend: {service: {name: svc, port: {number: 80}}}}]}}]}
"""
        found = extract(manifests(text), RULES).found
        targets = [str(r.target) for r in found if r.target.kind != "Namespace"]
        assert targets == [
            "ClusterRole.rbac.authorization.k8s.io r",
            "ServiceAccount ns/s",
            "Deployment.apps ns/d",
            "Service ns/svc",
        ]
        assert found[-1].port[1] == 80

    def test_devices_classes_of_volumes_and_admission_policies(self):
        text = """
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: ns}
spec: {resourceClaims: [{name: a, resourceClaimName: one}, {name: b, resourceClaimTemplateName: many}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c, namespace: ns}
spec: {volumeAttributesClassName: gold}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: p.example.org}
"""
        found = extract(manifests(text), RULES).found
        assert [str(r.target) for r in found if r.target.kind != "Namespace"] == [
            "ResourceClaim.resource.k8s.io ns/one",
            "ResourceClaimTemplate.resource.k8s.io ns/many",
            "VolumeAttributesClass.storage.k8s.io gold",
            "ValidatingAdmissionPolicy.admissionregistration.k8s.io p.example.org",
        ]


class TestGraph:
    def test_needs_ready_and_after(self):
        text = """
{apiVersion: v1, kind: Namespace, metadata: {name: ns}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x.io}
spec: {group: x.io, names: {kind: Thing, plural: things}}
---
{apiVersion: x.io/v1, kind: Thing, metadata: {name: t, namespace: ns}}
"""
        assert edges_of(text) == [
            "Thing/t -needs-> Namespace/ns /metadata/namespace",
            "Thing/t -needs-> CustomResourceDefinition/things.x.io /apiVersion",
            "Thing/t -ready-> CustomResourceDefinition/things.x.io /apiVersion",
        ]
        graph = graph_of(text).value
        assert [graph.waves[id] for id in graph.order] == [0, 0, 1]

    def test_controller_of_a_custom_kind_is_who_may_write_its_status(self):
        text = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x.io}
spec: {group: x.io, names: {kind: Thing, plural: things}}
---
{apiVersion: x.io/v1, kind: Thing, metadata: {name: t, namespace: ns}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: sa, namespace: ns}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: ns}
rules: [{apiGroups: [x.io], resources: [things/status], verbs: [update]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: ns}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: sa}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: operator, namespace: ns}
spec: {template: {spec: {serviceAccountName: sa}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: bystander, namespace: ns}
spec: {template: {spec: {serviceAccountName: other}}}
"""
        edges = edges_of(text)
        assert "Thing/t -ready-> Deployment/operator" in edges
        assert "Deployment/operator -after-> RoleBinding/b" in edges
        assert not [e for e in edges if "bystander" in e]
        assert edges_of(text.replace("[update]", "[get]")) != edges

    SERVICE = "\n---\n{apiVersion: v1, kind: Service, metadata: {name: s, namespace: ns}, spec: {selector: {app: w}}}"

    def test_workload_goes_after_the_service_that_selects_it(self):
        assert "Deployment/w -after-> Service/s" in edges_of(WORKLOAD + self.SERVICE)
        assert "Deployment/w -after-> Service/s" not in edges_of(
            WORKLOAD + self.SERVICE.replace("{app: w}", "{app: x}")
        )

    WEBHOOK = """
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks:
- name: a.b.c
  clientConfig: {service: {name: s, namespace: ns}}
  rules: [{operations: [CREATE], apiGroups: [""], resources: [configmaps, services]}]
  namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [free]}]}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: seen, namespace: ns}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: unseen, namespace: free}}
"""

    def test_what_a_webhook_intercepts_needs_it_and_it_needs_its_workload_ready(self):
        edges = edges_of(WORKLOAD + self.SERVICE + self.WEBHOOK)
        assert "ValidatingWebhookConfiguration/hook -ready-> Service/s /webhooks/0/clientConfig/service/name" in edges
        assert "ValidatingWebhookConfiguration/hook -ready-> Deployment/w" in edges
        assert "ConfigMap/seen -needs-> ValidatingWebhookConfiguration/hook" in edges
        assert not [e for e in edges if e.startswith(("ConfigMap/unseen", "Service/s -"))]
        ignoring = (WORKLOAD + self.SERVICE + self.WEBHOOK).replace(
            "- name: a.b.c", "- name: a.b.c\n  failurePolicy: Ignore"
        )
        assert "ConfigMap/seen -after-> ValidatingWebhookConfiguration/hook" in edges_of(ignoring)

    def test_secret_that_a_controller_makes_leads_to_its_maker(self):
        text = (
            WORKLOAD
            + """
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: e, namespace: ns}
spec: {target: {name: volsecret}}
"""
        )
        assert "Deployment/w -after-> ExternalSecret/e /spec/template/spec/volumes/1/secret/secretName" in edges_of(
            text
        )

    MAPS = "\n---\n".join(
        f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {n}, namespace: ns}}}}" for n in "abcd"
    )

    def edge(self, source, target, kind):
        return Edge(ObjectId("", "ConfigMap", "ns", source), ObjectId("", "ConfigMap", "ns", target), kind)

    def test_cycle_of_needs_is_an_error_with_its_path(self):
        extra = [self.edge(*pair, EdgeKind.NEEDS) for pair in ("ab", "bc", "ca", "da")]
        (found,) = graph_of(self.MAPS, extra).diagnostics
        assert found.code == "SC501"
        assert found.message == (
            "objects need each other: "
            "`ConfigMap ns/a` needs `ConfigMap ns/b` needs `ConfigMap ns/c` needs `ConfigMap ns/a`"
        )

    def test_other_cycles_lose_their_weakest_edge(self):
        extra = [
            self.edge("a", "b", EdgeKind.NEEDS),
            self.edge("b", "c", EdgeKind.READY),
            self.edge("c", "a", EdgeKind.AFTER),
            self.edge("d", "c", EdgeKind.AFTER),
        ]
        graph = graph_of(self.MAPS, extra).value
        assert [id.name for id in graph.order] == ["c", "b", "d", "a"]
        assert self.edge("c", "a", EdgeKind.AFTER) not in graph.edges
        assert [graph.waves[id] for id in graph.order] == [0, 1, 1, 2]

    def test_shuffled_input_gives_the_same_graph(self):
        given = list(manifests(WORKLOAD + self.SERVICE + self.WEBHOOK + "\n---\n" + self.MAPS))
        extra = [self.edge(*pair, EdgeKind.AFTER) for pair in ("ab", "bc", "ca", "cb", "da")]
        expected = graph_of(tuple(given), extra)
        before = frozen(tuple(given))
        for seed in range(20):
            shuffled = random.Random(seed).sample(given, len(given))
            mixed = random.Random(seed).sample(extra, len(extra))
            assert graph_of(tuple(shuffled), mixed) == expected
        assert frozen(tuple(given)) == before

    def test_order_puts_every_target_before_its_source(self):
        graph = graph_of(WORKLOAD + self.SERVICE + self.WEBHOOK).value
        place = {id: number for number, id in enumerate(graph.order)}
        assert all(
            place[e.target] < place[e.source] and graph.waves[e.target] < graph.waves[e.source] for e in graph.edges
        )


class TestDangling:
    def run(self, text, assumed=None):
        given = manifests(text)
        return dangling(given, extract(given, RULES), assumed)

    def test_every_missing_target_is_reported_once(self):
        found = self.run(WORKLOAD + "\n---\n" + WORKLOAD.replace("name: w,", "name: w2,"))
        assert codes(found) == ["SC502"] * 13
        claim = next(d for d in found if "`claim`" in d.message)
        assert claim.message == "there is no PersistentVolumeClaim `claim` in namespace `ns`"
        assert claim.path == "/spec/template/spec/volumes/2/persistentVolumeClaim/claimName"
        assert claim.notes[0].message == "named by Deployment.apps ns/w2, too"

    POD = """
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: default}
spec: {volumes: [{configMap: {name: confg, items: [{key: a}]}}], containers: []}
"""

    def test_help_names_the_nearest_the_namespace_or_what_to_do(self):
        near = "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: config, namespace: default}}"
        elsewhere = "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: confg, namespace: kube-system}}"
        helps = [self.run(self.POD + more)[0].help for more in (near, elsewhere, "")]
        assert helps == [
            "write `config`",
            "it is in namespace `kube-system`; make it in `default`, too",
            "make it in this stack, or name it under `assumes.configMaps` if the cluster has it already",
        ]

    def test_missing_key_is_found_also_in_an_assumed_object(self):
        text = "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: confg, namespace: default}, data: {A: x}}"
        (found,) = self.run(self.POD + text)
        assert (found.code, found.path, found.help) == ("SC503", "/spec/volumes/0/configMap/items/0/key", "write `A`")
        id = ObjectId("", "ConfigMap", "default", "confg")
        assert codes(self.run(self.POD, Assumed({id: frozenset({"b"})}))) == ["SC503"]
        assert self.run(self.POD, Assumed({id: frozenset({"a"})})) == ()
        assert self.run(self.POD, Assumed({id: frozenset()})) == ()

    def test_unfilled_keys_count(self):
        text = (
            self.POD.replace("configMap: {name:", "secret: {secretName:")
            + """
---
apiVersion: v1
kind: Secret
metadata: {name: confg, namespace: default, annotations: {stackc.dev/unfilled: "a,b"}}
"""
        )
        assert self.run(text) == ()

    @pytest.mark.parametrize(
        "text",
        [
            "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: kube-system}, "
            "spec: {serviceAccountName: default, priorityClassName: system-node-critical}}",
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b}, "
            "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:auth-delegator'}}",
            "{apiVersion: v1, kind: PersistentVolume, metadata: {name: a}, spec: {storageClassName: s}}\n---\n"
            "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a, namespace: default}, "
            "spec: {storageClassName: s, volumeName: a}}",
        ],
    )
    def test_what_every_cluster_has_is_there(self, text):
        assert self.run(text) == ()

    def test_service_port(self):
        text = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, namespace: default}
spec: {defaultBackend: {service: {name: s, port: {name: %s}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: s, namespace: default}, spec: {ports: [{name: http, port: 80}]}}
"""
        assert self.run(text % "http") == ()
        (found,) = self.run(text % "htp")
        assert (found.code, found.help) == ("SC504", "write one of `80`, `http`")
        assert found.path == "/spec/defaultBackend/service/port/name"

    def test_custom_object_without_crd(self):
        text = "{apiVersion: x.io/v1, kind: Thing, metadata: {name: t}}"
        (found,) = self.run(text)
        assert (found.code, found.path) == ("SC515", "/kind")
        assert self.run(text, Assumed(kinds=frozenset({GroupKind("x.io", "Thing")}))) == ()

    def test_one_id_twice_names_both_instances(self):
        text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}}"
        found = duplicate_ids(manifests(text, "one") + manifests(text, "two"))
        assert codes(found) == ["SC525"]
        assert "by `one` and by `two`" in found[0].message
