"""What holds for any input: transforms are idempotent, deterministic, and change nothing that they were given."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.build.graph import build_graph
from compiler.build.places import pod_places
from compiler.build.reference_rules import compile_rules
from compiler.build.references import extract
from compiler.build.released import release_fields
from compiler.build.transform import TRANSFORMS, transform
from compiler.build.transforms.context import CatalogImage, Override, Registry
from compiler.model.manifest import Manifest, Origin, object_id
from tests.build.support import context, frozen

NAMES = st.sampled_from(["a", "b", "gateway", "long-name.with.dots"])
IMAGES = st.sampled_from(
    ["nginx", "nginx:1", "docker.io/library/nginx:1", "ghcr.io/a/b:1", "m.io:5000/a/b:1",
     "x.io:443/p/q@sha256:" + "a" * 64, "gw:1"]
)  # fmt: skip
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", "nginx:1"]),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["name", "image", "env", "spec"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
CONTAINERS = st.lists(st.fixed_dictionaries({"name": NAMES, "image": IMAGES}) | JUNK, max_size=3) | JUNK
POD = st.fixed_dictionaries(
    {},
    optional={
        "containers": CONTAINERS,
        "initContainers": CONTAINERS,
        "volumes": st.lists(
            st.fixed_dictionaries({"configMap": st.fixed_dictionaries({"name": NAMES})}) | JUNK, max_size=2
        )
        | JUNK,
        "imagePullSecrets": st.lists(st.fixed_dictionaries({"name": NAMES}) | JUNK, max_size=2) | JUNK,
        "serviceAccountName": NAMES | JUNK,
        "nodeSelector": st.just({"a": "b"}),
    },
)
SPEC = st.fixed_dictionaries({"template": st.fixed_dictionaries({"spec": POD | JUNK}) | JUNK}) | JUNK
KINDS = st.sampled_from(
    [("apps/v1", "Deployment"), ("v1", "Pod"), ("v1", "ConfigMap"), ("v1", "Service"), ("v1", "ServiceAccount"),
     ("batch/v1", "CronJob"), ("autoscaling/v2", "HorizontalPodAutoscaler"), ("networking.k8s.io/v1", "Ingress"),
     ("x.io/v1", "Thing"), ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"), ("policy/v1", "PodDisruptionBudget"),
     ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"), 
     ("apiextensions.k8s.io/v1", "CustomResourceDefinition")]
)  # fmt: skip


@st.composite
def a_manifest(draw):
    version, kind = draw(KINDS)
    metadata = {
        "name": draw(NAMES),
        **draw(st.sampled_from([{}, {"namespace": "ns"}, {"labels": {"a": "b"}}, {"labels": 3}])),
    }
    body = {
        "apiVersion": version,
        "kind": kind,
        "metadata": metadata,
        "spec": draw(SPEC),
        "webhooks": draw(JUNK),
        "subjects": draw(JUNK),
    }
    origin = draw(st.sampled_from([Origin("openfx", "openfx", "t", 1), Origin("manifests", "", "own", 1)]))
    return Manifest(object_id(body), body, origin)


MANIFESTS = st.lists(a_manifest(), max_size=6, unique_by=lambda m: m.id).map(tuple)
OVERRIDE = {"placement": {"nodeSelector": {"x": "y"}}, "replicas": 2, "podLabels": {"l": "m"}, "args": ["-v"]}
CONTEXTS = st.builds(
    lambda minor, mirror, placement, policy: context(
        minor,
        registry=Registry(mirror=mirror, image_pull_secrets=("regcred",), image_pull_policy=policy),
        placement=placement,
        pull_secrets={"openfx": ("own",)},
        catalog_images={"openfx": {"gw": CatalogImage("gw:1", True)}},
        image_repository={"openfx": "m.io:5000/fx"},
        workloads={"openfx": {"gateway": Override(OVERRIDE)}},
    ),
    st.sampled_from([15, 20, 34]),
    st.sampled_from(["", "m.io:5000"]),
    st.sampled_from([{}, {"nodeSelector": {"z": "z"}}]),
    st.sampled_from(["", "Always"]),
)


@settings(max_examples=150, deadline=None)
@given(MANIFESTS, CONTEXTS)
def test_every_transform_is_pure_and_idempotent(manifests, context):
    """A pass leaves its input as it was, and a second pass changes nothing more."""
    before = frozen(manifests)
    for run in TRANSFORMS:
        once = run(manifests, context).value
        if once is not None:
            assert run(once, context).value == once, run.__name__
    assert frozen(manifests) == before


@settings(max_examples=100, deadline=None)
@given(MANIFESTS, CONTEXTS, st.integers())
def test_order_of_the_input_does_not_matter(manifests, context, seed):
    """Shuffled manifests give the same objects, the same diagnostics and the same graph."""
    shuffled = tuple(random.Random(seed).sample(manifests, len(manifests)))
    one, two = transform(manifests, context), transform(shuffled, context)
    assert sorted(map(repr, one.diagnostics)) == sorted(map(repr, two.diagnostics))
    if one.value is not None and two.value is not None:
        assert {m.id: m.body for m in one.value} == {m.id: m.body for m in two.value}
        rules, places = compile_rules(), pod_places()
        graphs = [build_graph(found, extract(found, rules), places) for found in (one.value, two.value)]
        assert graphs[0] == graphs[1]


@settings(max_examples=100, deadline=None)
@given(MANIFESTS)
def test_reading_stages_change_nothing(manifests):
    """References, graph and released fields leave their input as it was, whatever is in it."""
    before = frozen(manifests)
    build_graph(manifests, extract(manifests, compile_rules()), pod_places())
    released = release_fields(manifests).manifests
    assert release_fields(released).manifests == released
    assert frozen(manifests) == before
