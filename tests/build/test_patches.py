"""Patches of the stack."""

from __future__ import annotations

import pytest

from compiler.build.patches import apply_patches
from compiler.build.reference_rules import compile_rules
from tests.build.support import frozen, manifests
from tests.build.test_secrets_and_namespaces import stack_of

RULES = compile_rules()
TEXT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: fx, labels: {app: gw}}
spec:
  replicas: 1
  template: {spec: {containers: [{name: c, image: a}], volumes: [{name: v, configMap: {name: config}}]}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: config, namespace: fx}, data: {a: b, c/d: e}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: config, namespace: other}, data: {a: b}}
"""


def patched(patch: str):
    given = manifests(TEXT)
    before = frozen(given)
    done = apply_patches(given, stack_of(f"{{patches: [{{name: p, {patch}}}]}}"), RULES)
    assert frozen(given) == before
    return done


def found(patch: str):
    return [(d.code, d.span.column, d.message, d.help) for d in patched(patch).diagnostics]


GATEWAY = "target: {kind: Deployment, name: gateway}"
CONFIG = "target: {kind: ConfigMap, namespace: fx, name: config}"


class TestEdits:
    def test_set_makes_maps_replaces_items_and_appends(self):
        values = (
            "{/spec/replicas: 2, /metadata/annotations/a~1b: c, /spec/template/spec/containers/0/image: z, "
            "/spec/template/spec/volumes/-: {name: w, emptyDir: {}}}"
        )
        body = patched(f"{GATEWAY}, set: {values}").value[0].body
        assert body["spec"]["replicas"] == 2
        assert body["metadata"]["annotations"] == {"a/b": "c"}
        pod = body["spec"]["template"]["spec"]
        assert (pod["containers"], len(pod["volumes"])) == ([{"name": "c", "image": "z"}], 2)

    def test_set_behind_the_last_item_of_a_list_that_is_not_there_makes_it(self):
        values = "{/spec/template/spec/tolerations/-: {operator: Exists}, /spec/template/spec/containers/0/args/-: x}"
        pod = patched(f"{GATEWAY}, set: {values}").value[0].body["spec"]["template"]["spec"]
        assert (pod["tolerations"], pod["containers"][0]["args"]) == ([{"operator": "Exists"}], ["x"])

    def test_merge_is_a_merge_patch(self):
        body = patched(f"{GATEWAY}, merge: {{spec: {{replicas: 3, paused: true}}}}").value[0].body
        assert (body["spec"]["replicas"], body["spec"]["paused"]) == (3, True)
        assert "template" in body["spec"]

    def test_remove(self):
        assert patched(f"{CONFIG}, remove: [/data/a, /data/c~1d]").value[1].body["data"] == {}

    def test_rename_is_followed_by_references(self):
        done = patched(f"{CONFIG}, rename: settings").value
        assert [m.id.name for m in done] == ["gateway", "settings", "config"]
        assert done[1].body["metadata"]["name"] == "settings"
        volume = done[0].body["spec"]["template"]["spec"]["volumes"][0]
        assert volume == {"name": "v", "configMap": {"name": "settings"}}

    def test_labels_component_and_patterns_choose_targets(self):
        for target in (
            "{labels: {app: gw}}",
            "{component: openfx, kind: Deployment}",
            "{name: gate*}",
            "{apiVersion: apps/v1}",
        ):
            assert patched(f"target: {target}, set: {{/spec/replicas: 9}}").value[0].body["spec"]["replicas"] == 9

    def test_expect_counts(self):
        done = patched("target: {kind: ConfigMap}, expect: 2, set: {/data/x: z}").value
        assert [m.body["data"].get("x") for m in done[1:]] == ["z", "z"]
        assert patched("target: {kind: Secret}, expect: 0").diagnostics == ()


class TestFaults:
    @pytest.mark.parametrize(
        ("target", "message", "help"),
        [
            ("{kind: Deployment, name: gatewy}", "patch `p` hits 0 objects, not 1", "write `name: gateway`"),
            ("{kind: Deploymnt, name: gateway}", "patch `p` hits 0 objects, not 1", "write `kind: Deployment`"),
            (
                "{kind: ConfigMap, namespace: fy, name: config}",
                "patch `p` hits 0 objects, not 1",
                "write `namespace: fx`",
            ),
            (
                "{kind: ConfigMap, name: config}",
                "patch `p` hits 2 objects, not 1",
                "say more in `target`, or write `expect: 2`",
            ),
        ],
    )
    def test_miss_says_how_often_it_hit_and_what_is_near(self, target, message, help):
        assert found(f"target: {target}, set: {{/a: b}}") == [("SC516", 28, message, help)]

    def test_one_that_hits_too_few_is_told_how_many(self):
        (fault,) = patched(f"{GATEWAY}, expect: 2, set: {{/spec/replicas: 2}}").diagnostics
        assert (fault.message, fault.help) == ("patch `p` hits 1 object, not 2", "write `expect: 1`")
        assert [note.message for note in fault.notes] == ["it hits Deployment.apps fx/gateway"]

    @pytest.mark.parametrize(
        "edit",
        ["set: {spec: 1}", "set: {/spec/replicas/x: 1}", "set: {/spec/template/spec/containers/7/image: z}",
         "set: {/spec/template/spec/containers/c/image: z}",
         "remove: [/spec/nothing]", "remove: [/spec/template/spec/containers/1]"],
    )  # fmt: skip
    def test_pointer_that_leads_nowhere(self, edit):
        assert [code for code, *_ in found(f"{GATEWAY}, {edit}")] == ["SC517"]

    @pytest.mark.parametrize(
        "edit",
        ["set: {/metadata/name: x}", "set: {/kind: Pod}", "remove: [/metadata]", "merge: {metadata: {namespace: x}}",
         "set: {/metadata: 1}", "set: {/apiVersion: batch/v1}"],
    )  # fmt: skip
    def test_patch_does_not_make_another_object(self, edit):
        done = patched(f"{GATEWAY}, {edit}")
        assert [d.code for d in done.diagnostics] == ["SC518"]

    def test_api_version_of_the_same_group_may_change(self):
        assert patched(f"{GATEWAY}, set: {{/apiVersion: apps/v1beta2}}").value[0].api_version == "apps/v1beta2"
