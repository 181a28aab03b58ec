"""Each transform by itself, on small manifests."""

from __future__ import annotations

import pytest

from compiler.build.refused_images import refused_images
from compiler.build.transforms.api_version import move_api_versions
from compiler.build.transforms.context import CatalogImage, HiddenImage, Override, Registry
from compiler.build.transforms.images import set_images
from compiler.build.transforms.labels import label_value, set_labels
from compiler.build.transforms.namespace import set_namespaces
from compiler.build.transforms.placement import set_placement
from compiler.build.transforms.pull_secrets import set_pull_secrets
from compiler.build.transforms.resources import set_workloads
from compiler.build.transforms.settings import catalog_images, hidden_images, registry_of
from tests.build.support import codes, context, manifests, own

POD = """
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - {name: c, image: "%s"}
"""
DIGEST = "a:1@sha256:" + "0" * 64
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
      - name: gateway
        image: fxgateway:0.1.0
        env: [{name: A, value: "1"}, {name: B, value: "$(A)"}]
        resources: {requests: {cpu: 100m}, limits: {memory: 1Gi}}
"""


def image_of(text: str, **changes):
    result = set_images(manifests(text), context(**changes))
    return result.value[0].body["spec"]["containers"][0]["image"] if result.value else codes(result.diagnostics)


class TestNamespace:
    def test_namespaced_object_gets_the_namespace_of_its_instance(self):
        done = set_namespaces(manifests("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"), context())
        assert done.value[0].body["metadata"] == {"name": "a", "namespace": "openfx"}
        assert done.value[0].id.namespace == "openfx"

    def test_own_namespace_stays(self):
        text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: other}}"
        given = manifests(text)
        assert set_namespaces(given, context()).value[0] is given[0]

    def test_cluster_scoped_object_loses_it(self):
        text = "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: a, namespace: x}, value: 1}"
        done = set_namespaces(manifests(text), context()).value[0]
        assert "namespace" not in done.body["metadata"]
        assert done.id.namespace == ""

    def test_scope_of_custom_kind_comes_from_its_crd(self):
        text = "{apiVersion: x.io/v1, kind: Thing, metadata: {name: a}}"
        scopes = {("x.io", "Thing"): True}
        assert set_namespaces(manifests(text), context(scopes=scopes)).value[0].id.namespace == "openfx"
        assert set_namespaces(manifests(text), context()).value[0].id.namespace == ""

    def test_own_manifest_without_namespace_is_an_error_at_its_line(self):
        done = set_namespaces(own("\n\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"), context())
        (found,) = done.diagnostics
        assert (found.code, str(found.span), found.path) == ("SC509", "own.yaml:3:1", "/metadata")

    def test_subject_of_cluster_role_binding_gets_it(self):
        text = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: runner}, {kind: User, name: alice}]
"""
        done = set_namespaces(manifests(text), context()).value[0]
        assert done.body["subjects"] == [
            {"kind": "ServiceAccount", "name": "runner", "namespace": "openfx"},
            {"kind": "User", "name": "alice"},
        ]


class TestLabels:
    def test_labels_stand_on_the_object_only(self):
        done = set_labels(manifests(DEPLOYMENT), context()).value[0].body
        assert done["metadata"]["labels"] == {
            "app.kubernetes.io/managed-by": "stackc",
            "stackc.dev/stack": "lab",
            "stackc.dev/component": "openfx",
        }
        assert done["spec"]["template"]["metadata"]["labels"] == {"app": "gateway"}
        assert done["spec"]["selector"] == {"matchLabels": {"app": "gateway"}}

    def test_long_names_are_cut_and_stay_different(self):
        one, two = label_value("jobs." + "a" * 62 + "x"), label_value("jobs." + "a" * 62 + "y")
        assert len(one) == len(two) == 63
        assert one != two


class TestImages:
    @pytest.mark.parametrize(
        ("image", "expected"),
        [
            ("nginx", "10.0.0.1:5000/library/nginx"),
            ("nginx:1.27", "10.0.0.1:5000/library/nginx:1.27"),
            ("docker.io/nginx:1", "10.0.0.1:5000/library/nginx:1"),
            ("acme/app:2", "10.0.0.1:5000/acme/app:2"),
            ("ghcr.io/a/b:t", "10.0.0.1:5000/a/b:t"),
            ("localhost:5000/a:t", "10.0.0.1:5000/a:t"),
            ("registry.example.com:443/x/y/z:t", "10.0.0.1:5000/x/y/z:t"),
            ("ghcr.io/a/b:t@sha256:" + "0" * 64, "10.0.0.1:5000/a/b:t@sha256:" + "0" * 64),
            ("ghcr.io/a/b@sha256:" + "0" * 64, "10.0.0.1:5000/a/b@sha256:" + "0" * 64),
            ("10.0.0.1:5000/already/there:1", "10.0.0.1:5000/already/there:1"),
            ("10.0.0.1:50001/other/port:1", "10.0.0.1:5000/other/port:1"),
        ],
    )
    def test_mirror_keeps_path_tag_and_digest(self, image, expected):
        assert image_of(POD % image, registry=Registry(mirror="10.0.0.1:5000")) == expected

    def test_mirror_may_have_a_path(self):
        registry = Registry(mirror="r.example.com/proxy")
        assert image_of(POD % "ghcr.io/a/b:t", registry=registry) == "r.example.com/proxy/a/b:t"
        assert image_of(POD % "r.example.com/proxy/a:t", registry=registry) == "r.example.com/proxy/a:t"
        assert image_of(POD % "r.example.com/b:t", registry=registry) == "r.example.com/proxy/b:t"

    def test_no_mirror_leaves_images(self):
        assert image_of(POD % "nginx") == "nginx"

    @pytest.mark.parametrize("image", ["A/B:c", "a b", "ghcr.io/", "x:y:z", "${{ x }}"])
    def test_what_is_no_image_is_refused(self, image):
        assert image_of(POD % image) == ["SC526"]

    def test_two_sources_on_one_target_are_an_error(self):
        two = manifests(POD % "ghcr.io/a/b:t" + "---" + POD.replace("name: a", "name: b") % "quay.io/a/b:t")
        done = set_images(two, context(registry=Registry(mirror="m.io")))
        assert codes(done.diagnostics) == ["SC505"]
        assert "`ghcr.io/a/b:t` and `quay.io/a/b:t`" in done.diagnostics[0].message

    def test_one_image_written_two_ways_is_one_source(self):
        two = manifests(POD % "nginx:1" + "---" + POD.replace("name: a", "name: b") % "docker.io/library/nginx:1")
        assert set_images(two, context(registry=Registry(mirror="m.io"))).diagnostics == ()

    def test_one_digest_from_two_registries_is_one_content(self):
        digest = "@sha256:" + "0" * 64
        two = manifests(
            POD % f"ghcr.io/a/b{digest}" + "---" + POD.replace("name: a", "name: b") % f"quay.io/a/b{digest}"
        )
        assert set_images(two, context(registry=Registry(mirror="m.io"))).diagnostics == ()

    CATALOG = {"openfx": {"fxgateway": CatalogImage("fxgateway:0.1.0", True), "db": CatalogImage("mysql:8", False)}}

    def test_build_image_comes_from_the_repository(self):
        changes = {"catalog_images": self.CATALOG, "image_repository": {"openfx": "10.0.0.1:5000/openfx"}}
        assert image_of(POD % "fxgateway:0.1.0", **changes) == "10.0.0.1:5000/openfx/fxgateway:0.1.0"
        assert image_of(POD % "mysql:8", **changes) == "mysql:8"

    def test_build_image_defaults_to_the_mirror(self):
        changes = {"catalog_images": self.CATALOG, "registry": Registry(mirror="m.io")}
        assert image_of(POD % "fxgateway:0.1.0", **changes) == "m.io/library/fxgateway:0.1.0"

    def test_build_image_that_is_nowhere_is_an_error(self):
        assert image_of(POD % "fxgateway:0.1.0", catalog_images=self.CATALOG) == ["SC506"]

    def test_registry_images_go_before_the_repository(self):
        changes = {
            "catalog_images": self.CATALOG,
            "image_repository": {"openfx": "x.io/y"},
            "registry": Registry(images={"fxgateway": "ghcr.io/me/gw:9", "db": "mysql:8.0.36"}),
        }
        assert image_of(POD % "fxgateway:0.1.0", **changes) == "ghcr.io/me/gw:9"
        assert image_of(POD % "mysql:8", **changes) == "mysql:8.0.36"

    def test_item_with_its_own_image_keeps_it(self):
        changes = {"catalog_images": self.CATALOG, "image_repository": {"openfx": "x.io/y"}}
        assert image_of(POD % "me/other:1", **changes) == "me/other:1"

    def test_required_digest(self):
        found = [list(refused_images(manifests(POD % name), Registry(require_digest=True))) for name in ("a:1", DIGEST)]
        assert [[d.code for d in each] for each in found] == [["SC508"], []]

    def test_pull_policy_replaces_the_templates_and_fills_the_users(self):
        text = POD.replace("name: c,", "name: c, imagePullPolicy: Always,") % "a:1"
        changed = context(registry=Registry(image_pull_policy="IfNotPresent"))
        policies = [
            set_images(given, changed).value[0].body["spec"]["containers"][0]["imagePullPolicy"]
            for given in (manifests(text), own(text), own(POD % "a:1"))
        ]
        assert policies == ["IfNotPresent", "Always", "IfNotPresent"]

    HIDDEN = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller}
spec:
  template:
    spec:
      containers:
      - {name: c, image: "a:1", args: ["--sidecar=fxgateway:0.1.0", --verbose], env: [{name: IMG, value: "mysql:8"}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data:
  level: info
  port: 8080:80
  pod.yaml: |
    image: fxgateway:0.1.0
    other: my-fxgateway:0.1.0, fxgateway:0.1.01
"""
    ROWS = {
        "openfx": (
            HiddenImage("Deployment.apps", "contr*", ("spec", "template", "spec", "containers", "0", "args", "0")),
            HiddenImage("Deployment.apps", "*", ("spec", "template", "spec", "containers", "*", "env", "0", "value")),
            HiddenImage("ConfigMap", "config", ("data", "*")),
        )
    }

    def test_hidden_images_are_rewritten_in_place(self):
        registry = Registry(mirror="m.io")
        changed = context(registry=registry, hidden_images=self.ROWS, catalog_images=self.CATALOG)
        deployment, config = set_images(manifests(self.HIDDEN), changed).value
        container = deployment.body["spec"]["template"]["spec"]["containers"][0]
        assert container["args"] == ["--sidecar=m.io/library/fxgateway:0.1.0", "--verbose"]
        assert container["env"] == [{"name": "IMG", "value": "m.io/library/mysql:8"}]
        assert (config.body["data"]["level"], config.body["data"]["port"]) == ("info", "8080:80")
        assert config.body["data"]["pod.yaml"].splitlines() == [
            "image: m.io/library/fxgateway:0.1.0",
            "other: my-fxgateway:0.1.0, fxgateway:0.1.01",
        ]

    def test_required_mirror_finds_images_in_any_string(self):
        text = """
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  run.sh: "docker run ghcr.io/a/b:1 --url=https://example.com/x/y:1"
  fine: m.io/a/b:1
"""
        found = list(refused_images(manifests(text), Registry(mirror="m.io", require_mirror=True)))
        assert [(d.code, d.path) for d in found] == [("SC507", "/data/run.sh")]
        assert "`ghcr.io/a/b:1`" in found[0].message

    def test_required_mirror_finds_the_image_of_a_custom_object(self):
        text = "{apiVersion: x.io/v1, kind: Thing, metadata: {name: a}, spec: {image: nginx}}"
        found = refused_images(own(text), Registry(mirror="m.io", require_mirror=True))
        assert [(d.code, d.path) for d in found] == [("SC507", "/spec/image")]


class TestPullSecrets:
    def test_pods_and_accounts_get_them_once(self):
        text = (
            POD % "a:1"
            + "  imagePullSecrets: [{name: regcred}]\n---\n"
            + "{apiVersion: v1, kind: ServiceAccount, metadata: {name: s}}"
        )
        changed = context(registry=Registry(image_pull_secrets=("regcred", "more")), pull_secrets={"openfx": ("own",)})
        pod, account = set_pull_secrets(manifests(text), changed).value
        names = [{"name": "regcred"}, {"name": "more"}, {"name": "own"}]
        assert pod.body["spec"]["imagePullSecrets"] == names
        assert account.body["imagePullSecrets"] == names

    def test_cron_job_template_gets_them(self):
        text = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: a}
spec: {jobTemplate: {spec: {template: {spec: {containers: []}}}}}
"""
        (job,) = set_pull_secrets(manifests(text), context(registry=Registry(image_pull_secrets=("r",)))).value
        assert job.body["spec"]["jobTemplate"]["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "r"}]


class TestPlacement:
    STACK = {"nodeSelector": {"a": "stack"}, "tolerations": [{"key": "t"}]}

    def pod(self, given, **changes):
        (done,) = set_placement(given, context(placement=self.STACK, **changes)).value
        return {key: value for key, value in done.body["spec"].items() if key != "containers"}

    def test_nearest_wins_field_by_field(self):
        section = {"openfx": {"nodeSelector": {"a": "section"}}}
        assert self.pod(manifests(POD % "a")) == self.STACK
        assert self.pod(manifests(POD % "a"), placements=section) == {**self.STACK, "nodeSelector": {"a": "section"}}
        own_word = manifests(POD % "a" + "  nodeSelector: {a: pod}\n")
        assert self.pod(own_word, placements=section) == {**self.STACK, "nodeSelector": {"a": "pod"}}

    def test_stack_wide_placement_is_for_the_platform(self):
        assert self.pod(own(POD % "a")) == {}
        assert self.pod(manifests(POD % "a", "jobs.train", "job"), own_pods=frozenset({"job"})) == {}


class TestWorkloads:
    def run(self, fields, text=DEPLOYMENT, name="gateway"):
        return set_workloads(manifests(text), context(workloads={"openfx": {name: Override(fields)}}))

    def container(self, fields):
        return self.run(fields).value[0].body["spec"]["template"]["spec"]["containers"][0]

    def test_resources_merge_and_env_merges_by_name_in_place(self):
        done = self.container(
            {
                "resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "2Gi"}},
                "env": [{"name": "A", "value": "2"}, {"name": "C", "value": "3"}],
                "args": ["-v"],
                "image": "me/gw:2",
            }
        )
        assert done["resources"] == {"requests": {"cpu": "100m", "memory": "2Gi"}, "limits": {"memory": "2Gi"}}
        assert [(e["name"], e["value"]) for e in done["env"]] == [("A", "2"), ("B", "$(A)"), ("C", "3")]
        assert (done["args"], done["image"]) == (["-v"], "me/gw:2")

    def test_pod_fields(self):
        fields = {
            "placement": {"nodeSelector": {"x": "y"}},
            "imagePullSecrets": [{"name": "p"}],
            "podLabels": {"team": "a"},
            "podAnnotations": {"n": "o"},
            "replicas": 3,
        }
        body = self.run(fields).value[0].body
        template = body["spec"]["template"]
        assert body["spec"]["replicas"] == 3
        assert template["metadata"] == {"labels": {"app": "gateway", "team": "a"}, "annotations": {"n": "o"}}
        assert template["spec"]["nodeSelector"] == {"x": "y"}
        assert template["spec"]["imagePullSecrets"] == [{"name": "p"}]

    def test_autoscaling_makes_an_autoscaler(self):
        done = self.run(
            {"autoscaling": {"minReplicas": 2, "maxReplicas": 5, "cpuUtilization": 80, "memoryAverage": "1Gi"}}
        )
        scaler = done.value[1].body
        assert scaler["metadata"] == {"name": "gateway"}
        assert scaler["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gateway"}
        assert [m["resource"]["name"] for m in scaler["spec"]["metrics"]] == ["cpu", "memory"]

    def test_replicas_take_the_autoscaler_away(self):
        scaler = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: any}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: gateway}, maxReplicas: 3}
"""
        assert [m.id.kind for m in self.run({"replicas": 1}, DEPLOYMENT + scaler).value] == ["Deployment"]
        assert self.run({"enabled": False}, DEPLOYMENT + scaler).value == ()

    def test_unknown_workload_is_an_error_with_the_nearest(self):
        done = self.run({"replicas": 1}, name="gatway")
        assert codes(done.diagnostics) == ["SC512"]
        assert done.diagnostics[0].help == "write `gateway`"

    def test_which_container_must_be_clear(self):
        two = (
            DEPLOYMENT.replace("name: gateway\n        image", "name: one\n        image")
            + "      - {name: two, image: a}\n"
        )
        assert codes(self.run({"args": ["x"]}, two).diagnostics) == ["SC513"]
        assert codes(self.run({"containers": {"three": {"args": ["x"]}}}, two).diagnostics) == ["SC513"]
        done = self.run({"containers": {"two": {"args": ["x"]}}}, two).value[0].body
        assert done["spec"]["template"]["spec"]["containers"][1]["args"] == ["x"]

    def test_selector_label_is_not_the_users(self):
        assert codes(self.run({"podLabels": {"app": "x"}}).diagnostics) == ["SC514"]


class TestApiVersions:
    def run(self, text, minor):
        done = move_api_versions(manifests(text), context(minor))
        return done.value[0].body if done.value else [(d.code, d.path) for d in done.diagnostics]

    HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}
  maxReplicas: 3
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
"""

    @pytest.mark.parametrize(
        ("minor", "version"), [(15, "v2beta2"), (22, "v2beta2"), (23, "v2"), (34, "v2"), (37, "v2")]
    )
    def test_autoscaler_is_written_as_the_target_serves_it(self, minor, version):
        assert self.run(self.HPA, minor)["apiVersion"] == f"autoscaling/{version}"

    @pytest.mark.parametrize(("minor", "is_moved"), [(22, True), (23, False)])
    def test_origin_says_what_was_moved(self, minor, is_moved):
        (done,) = move_api_versions(manifests(self.HPA), context(minor)).value
        assert done.origin.moved is is_moved

    def test_what_an_older_form_cannot_say_is_refused(self):
        text = self.HPA + "  behavior: {scaleDown: {stabilizationWindowSeconds: 1}}\n"
        assert self.run(text, 17) == [("SC510", "/spec/behavior")]
        assert self.run(text, 18)["apiVersion"] == "autoscaling/v2beta2"

    def test_autoscaler_of_the_past_is_left_for_the_checks(self):
        text = self.HPA.replace("autoscaling/v2", "autoscaling/v2beta2") + "  behavior: {scaleDown: {policies: []}}\n"
        assert self.run(text, 27)["apiVersion"] == "autoscaling/v2beta2"

    @pytest.mark.parametrize(("minor", "version"), [(20, "batch/v1beta1"), (21, "batch/v1")])
    def test_cron_job(self, minor, version):
        text = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {schedule: '* * * * *'}}"
        assert self.run(text, minor)["apiVersion"] == version

    def test_cron_job_with_time_zone(self):
        text = (
            "{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: {schedule: '* * * * *', timeZone: UTC}}"
        )
        assert self.run(text, 20) == [("SC510", "/spec/timeZone")]

    def test_disruption_budget(self):
        text = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: a}
spec: {minAvailable: 1, selector: {matchLabels: {a: b}}}
"""
        assert self.run(text, 20)["apiVersion"] == "policy/v1beta1"
        assert self.run(text.replace("{matchLabels: {a: b}}", "{}"), 20) == [("SC510", "/spec/selector")]

    INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: d, port: {name: http}}}
  rules:
  - host: x.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}
"""

    def test_ingress_of_1_18(self):
        spec = self.run(self.INGRESS, 18)["spec"]
        assert spec["backend"] == {"serviceName": "d", "servicePort": "http"}
        path = {"path": "/", "pathType": "Prefix", "backend": {"serviceName": "s", "servicePort": 80}}
        assert spec["rules"][0]["http"]["paths"] == [path]
        assert spec["ingressClassName"] == "nginx"

    def test_ingress_before_1_18_has_a_class_annotation(self):
        body = self.run(self.INGRESS, 16)
        assert body["metadata"]["annotations"] == {"kubernetes.io/ingress.class": "nginx"}
        assert "pathType" not in body["spec"]["rules"][0]["http"]["paths"][0]
        assert self.run(self.INGRESS.replace("Prefix", "Exact"), 16) == [
            ("SC510", "/spec/rules/0/http/paths/0/pathType")
        ]

    def test_crd_needs_1_16(self):
        text = (
            "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: a.b.c}, spec: {}}"
        )
        assert self.run(text, 15) == [("SC510", "")]
        assert self.run(text, 16)["apiVersion"] == "apiextensions.k8s.io/v1"

    def test_webhook_keeps_the_defaults_of_v1(self):
        text = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: a}
webhooks: [{name: a.b.c, failurePolicy: Ignore}]
"""
        (webhook,) = self.run(text, 15)["webhooks"]
        assert (webhook["failurePolicy"], webhook["matchPolicy"], webhook["timeoutSeconds"]) == (
            "Ignore",
            "Equivalent",
            10,
        )

    @pytest.mark.parametrize(("versions", "is_said"), [("v1, v1beta1", True), ("v1beta1", True), ("v1", False)])
    def test_webhook_of_1_15_reads_reviews_of_v1beta1(self, versions, is_said):
        text = f"""
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {{name: a}}
webhooks: [{{name: a.b.c, admissionReviewVersions: [{versions}]}}]
"""
        done = self.run(text, 15)
        assert (done[0] if not is_said else done["apiVersion"]) == (
            "admissionregistration.k8s.io/v1beta1" if is_said else ("SC510", "/webhooks/0/admissionReviewVersions")
        )

    def test_kind_that_the_target_lacks_names_its_first_minor(self):
        text = "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: a}, spec: {controller: x.io/y}}"
        done = move_api_versions(manifests(text), context(16))
        assert codes(done.diagnostics) == ["SC511"]
        assert self.run(text, 18)["apiVersion"] == "networking.k8s.io/v1beta1"
        scoped = text.replace("x.io/y", "x.io/y, parameters: {kind: K, name: n, scope: Cluster}")
        assert self.run(scoped, 18) == [("SC510", "/spec/parameters/scope")]
        assert self.run(scoped, 16) == [("SC511", "")]

    @pytest.mark.parametrize(
        "api", ["rbac.authorization.k8s.io/v1, kind: Role", "apps/v1, kind: Deployment", "batch/v1, kind: Job"]
    )
    def test_what_every_target_serves_is_the_very_same_object(self, api):
        given = manifests(f"{{apiVersion: {api}, metadata: {{name: a}}}}")
        for minor in (15, 22, 30, 37):
            assert move_api_versions(given, context(minor)).value[0] is given[0]

    def test_removed_api_is_left_for_the_checks(self):
        assert (
            self.run("{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: a}}", 34)["apiVersion"]
            == "extensions/v1beta1"
        )


class TestSettings:
    def test_registry_of_a_stack(self):
        spec = {
            "registry": {
                "mirror": "m",
                "imagePullSecrets": [{"name": "r"}],
                "requireMirror": True,
                "images": {"a": "b"},
            }
        }
        assert registry_of(spec) == Registry("m", ("r",), "", True, False, {"a": "b"})
        assert registry_of({}) == Registry()

    def test_images_of_a_version_go_over_those_of_the_component(self):
        meta = {"images": {"gw": {"image": "gw:1", "build": True}, "db": "mysql:8"}}
        assert catalog_images(meta, {"images": {"gw": "gw:2", "new": "n:1"}}) == {
            "gw": CatalogImage("gw:2", True),
            "db": CatalogImage("mysql:8", False),
            "new": CatalogImage("n:1", False),
        }

    def test_hidden_rows(self):
        rows = hidden_images({"hidden": [{"kind": "ConfigMap", "path": "/data/*"}]})
        assert rows == (HiddenImage("ConfigMap", "*", ("data", "*")),)
