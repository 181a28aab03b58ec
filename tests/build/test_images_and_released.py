"""Images that run, and fields that controllers own."""

from __future__ import annotations

from compiler.build.images import images_of
from compiler.build.places import pod_places
from compiler.build.released import release_fields
from compiler.build.transforms.context import CatalogImage, HiddenImage
from tests.build.support import frozen, manifests

TEXT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: ns}
spec:
  replicas: 2
  template:
    spec:
      initContainers: [{name: i, image: "b:1"}]
      containers: [{name: c, image: "a:1", args: ["--side=m.io/s/x:2"]}, {name: d, image: "b:1"}]
      volumes: [{name: v, image: {reference: "data:3"}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: ns}
data: {x.yaml: "image: m.io/y/z:4\\nurl: https://example.com/a/b:1\\n"}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a, namespace: ns}
spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}
"""
HIDDEN = {
    "openfx": (
        HiddenImage("Deployment.apps", "a", ("spec", "template", "spec", "containers", "*", "args", "*")),
        HiddenImage("ConfigMap", "*", ("data", "*")),
    )
}


class TestImages:
    def test_every_image_is_listed_once_and_sorted(self):
        given = manifests(TEXT)
        assert images_of(given, pod_places()) == ("a:1", "b:1", "data:3")
        assert images_of(given, pod_places(), HIDDEN) == ("a:1", "b:1", "data:3", "m.io/s/x:2", "m.io/y/z:4")

    def test_image_without_registry_inside_a_text_counts_when_the_component_names_it(self):
        text = TEXT.replace("image: m.io/y/z:4", "image: mysql:8")
        catalog = {"openfx": {"db": CatalogImage("mysql:8"), "other": CatalogImage("ysql:8")}}
        assert "mysql:8" not in images_of(manifests(text), pod_places(), HIDDEN)
        found = images_of(manifests(text), pod_places(), HIDDEN, catalog)
        assert found == ("a:1", "b:1", "data:3", "m.io/s/x:2", "mysql:8")

    def test_component_places_count(self):
        places = pod_places([{"from": "Job.batch.volcano.sh", "podSpec": "/spec/tasks/*/template/spec"}])
        text = """
apiVersion: batch.volcano.sh/v1alpha1
kind: Job
metadata: {name: j}
spec: {tasks: [{template: {spec: {containers: [{image: "v:1"}]}}}]}
"""
        assert images_of(manifests(text), places) == ("v:1",)


class TestReleased:
    def released(self, text):
        given = manifests(text)
        before = frozen(given)
        done = release_fields(given)
        assert frozen(given) == before
        return done, [(r.object.name, r.path) for r in done.released]

    def test_replicas_of_a_scaled_workload_are_not_sent(self):
        done, released = self.released(TEXT)
        assert released == [("a", "/spec/replicas")]
        assert "replicas" not in done.manifests[0].body["spec"]
        assert done.manifests[1] is manifests(TEXT)[1] or done.manifests[1].body == manifests(TEXT)[1].body

    def test_replicas_stay_without_a_scaler_of_the_same_namespace(self):
        assert (
            self.released(TEXT.replace("name: a, namespace: ns}\nspec: {max", "name: a, namespace: b}\nspec: {max"))[1]
            == []
        )

    def test_keda_scales_deployments_by_default(self):
        scaler = "\n---\n{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: s, namespace: ns}, "
        scaler += "spec: {scaleTargetRef: {name: a}}}"
        assert self.released(TEXT.split("---")[0] + scaler.lstrip())[1] == [("a", "/spec/replicas")]

    def test_aggregated_rules_are_the_controllers(self):
        role = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a}, %srules: []}"
        assert self.released(role % "aggregationRule: {}, ")[1] == [("a", "/rules")]
        assert self.released(role % "")[1] == []

    def test_ca_bundle_of_an_injector_and_rules_of_knative(self):
        text = """
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: %s, annotations: {%s: x}}
webhooks: [{name: w, clientConfig: {caBundle: Cg==, url: u}, rules: []}, {name: x, clientConfig: {caBundle: Cg==}}]
"""
        injected = self.released(text % ("a", "cert-manager.io/inject-ca-from"))[1]
        assert injected == [("a", "/webhooks/0/clientConfig/caBundle"), ("a", "/webhooks/1/clientConfig/caBundle")]
        assert self.released(text % ("a", "other"))[1] == []
        assert ("webhook.serving.knative.dev", "/webhooks/0/rules") in self.released(
            text % ("webhook.serving.knative.dev", "o")
        )[1]
