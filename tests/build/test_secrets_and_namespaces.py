"""Secrets and Namespaces that the stack itself brings."""

from __future__ import annotations

import json
import re
from base64 import b64decode

from compiler.build.namespaces import NamespaceWish, make_namespaces, quota_hard, stack_namespaces
from compiler.build.reference_rules import compile_rules
from compiler.build.secrets import SecretWish, make_secrets, stack_secrets
from compiler.formats.yaml_read import read_stack
from compiler.model.assumed import Assumed
from compiler.model.ids import ObjectId
from compiler.model.source import Document, Tree
from compiler.model.stack import Stack
from tests.build.support import codes, frozen, manifests

RULES = compile_rules()
TWO_PODS = """
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: one}, spec: {imagePullSecrets: [{name: regcred}]}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: two}, imagePullSecrets: [{name: regcred}]}
"""


def stack_of(spec: str, file: str = "lab/stack.yaml") -> Stack:
    """Return a stack from the text of its spec, in flow style."""
    text = f"apiVersion: stackc.dev/v1alpha1\nkind: Stack\nmetadata: {{name: lab}}\nspec: {spec}\n"
    document = read_stack(file, text.encode()).value
    assert isinstance(document, Document)
    tree = Tree(document.data, {path: (span,) for path, span in document.spans.items()}, document.keys)
    return Stack("lab", "1.34", document.data["spec"].get("preset", "standard"), tree, file, "lab")


def made(spec: str, text: str = TWO_PODS):
    stack = stack_of(spec)
    return make_secrets(manifests(text), stack_secrets(stack), stack, RULES)


REGCRED = "[{name: regcred, type: docker-registry, keys: {username: {%s}, password: {%s}}}]"
FROM_ENV = REGCRED % ("fromEnv: REGISTRY_USER", "fromEnv: REGISTRY_PASSWORD")


class TestSecrets:
    def test_secret_is_made_in_each_namespace_that_refers_to_it(self):
        done = made(f"{{registry: {{mirror: '10.0.0.1:5000/x'}}, secrets: {FROM_ENV}}}")
        assert [m.id for m in done.value.manifests] == [
            ObjectId("", "Secret", "one", "regcred"),
            ObjectId("", "Secret", "two", "regcred"),
        ]
        (warned,) = done.diagnostics
        assert (warned.code, str(warned.span)) == ("SC521", "lab/stack.yaml:4:64")
        body = done.value.manifests[0].body
        assert body["type"] == "kubernetes.io/dockerconfigjson"
        assert body["metadata"]["annotations"] == {"stackc.dev/unfilled": ".dockerconfigjson"}
        assert body["metadata"]["labels"]["stackc.dev/component"] == "secrets"
        assert "data" not in body
        fill = done.value.fill[0]
        assert (fill.recipe, fill.server) == ("docker-registry", "10.0.0.1:5000")
        assert fill.keys == {"username": "env REGISTRY_USER", "password": "env REGISTRY_PASSWORD"}
        assert fill.sources["username"] == {"fromEnv": "REGISTRY_USER"}

    def test_no_value_is_in_the_objects(self):
        done = made("{secrets: [{name: regcred, keys: {a: {fromFile: k.pem}, b: {sops: {file: s.yaml, key: b}}}}]}")
        assert "data" not in done.value.manifests[0].body
        assert done.value.manifests[0].body["metadata"]["annotations"] == {"stackc.dev/unfilled": "a,b"}
        assert done.value.fill[0].keys == {"a": "file k.pem", "b": "sops s.yaml b"}

    def test_inline_login_in_preset_dev_is_a_whole_file(self):
        done = made(f"{{preset: dev, registry: {{mirror: 'm.io'}}, secrets: {REGCRED % ('value: u', 'value: p')}}}")
        (key,) = done.value.manifests[0].body["data"]
        config = json.loads(b64decode(done.value.manifests[0].body["data"][key]))
        assert config == {"auths": {"m.io": {"username": "u", "password": "p", "auth": "dTpw"}}}
        assert (done.value.fill, done.diagnostics) == ((), ())

    def test_types(self):
        pod = "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: one}, spec: {imagePullSecrets: [{name: s}]}}"

        def type_of(type_, keys):
            return (
                made(f"{{secrets: [{{name: s, type: {type_}, keys: {{{keys}}}}}]}}", pod)
                .value.manifests[0]
                .body["type"]
            )

        assert type_of("generic", "a: {fromEnv: A}") == "Opaque"
        assert type_of("ssh", "ssh-privatekey: {fromEnv: A}") == "kubernetes.io/ssh-auth"
        assert type_of("ssh", "private-key: {fromEnv: A}") == "Opaque"
        assert type_of("tls", "tls.crt: {fromEnv: A}, tls.key: {fromEnv: B}") == "kubernetes.io/tls"
        assert type_of("s3", "AWS_ACCESS_KEY_ID: {fromEnv: A}, AWS_SECRET_ACCESS_KEY: {fromEnv: B}") == "Opaque"

    def test_s3_secret_gets_bucket_and_region_of_its_data(self):
        keys = "{AWS_ACCESS_KEY_ID: {%s}, AWS_SECRET_ACCESS_KEY: {%s}}"
        env = keys % ("fromEnv: A", "fromEnv: B")
        data = (
            "[{name: d, s3: {bucket: train, region: eu-1, secretRef: {name: s}}},"
            " {name: e, s3: {bucket: %s, region: eu-1, secretRef: {name: s}}}]"
        )
        spec = "{secrets: [{name: s, type: s3, keys: %s, namespaces: [one]}], data: %s}"
        body = made(spec % (env, data % "train")).value.manifests[0].body
        assert body["data"] == {"AWS_BUCKET": "dHJhaW4=", "AWS_DEFAULT_REGION": "ZXUtMQ=="}
        body = made(spec % (env, data % "other")).value.manifests[0].body
        assert body["data"] == {"AWS_DEFAULT_REGION": "ZXUtMQ=="}
        external = keys % ("externalSecret: {store: v, key: a}", "externalSecret: {store: v, key: b}")
        body = made(spec % (external, data % "train")).value.manifests[0].body
        assert body["spec"]["target"]["template"] == {
            "type": "Opaque",
            "mergePolicy": "Merge",
            "data": {"AWS_BUCKET": "train", "AWS_DEFAULT_REGION": "eu-1"},
        }

    def test_external_secret_brings_its_own_object(self):
        source = "externalSecret: {store: vault, key: reg, property: %s}"
        done = made(f"{{secrets: {REGCRED % (source % 'u', source % 'p')}}}")
        body = done.value.manifests[0].body
        assert (body["kind"], done.value.fill, done.diagnostics) == ("ExternalSecret", (), ())
        assert body["spec"]["data"][0] == {"secretKey": "username", "remoteRef": {"key": "reg", "property": "u"}}
        assert body["spec"]["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "vault"}
        template = body["spec"]["target"]["template"]["data"][".dockerconfigjson"]
        filled = re.sub(r"{{[^}]*printf[^}]*}}", "x", template)
        assert json.loads(re.sub(r"{{.*?}}", '"x"', filled)) == {
            "auths": {"https://index.docker.io/v1/": {"username": "x", "password": "x", "auth": "x"}}
        }

    def test_mixed_sources_are_refused_at_the_odd_key(self):
        done = made("{secrets: [{name: regcred, keys: {a: {externalSecret: {store: v, key: k}}, b: {fromEnv: B}}}]}")
        assert codes(done.diagnostics)[0] == "SC519"
        assert str(done.diagnostics[0].span) == "lab/stack.yaml:4:85"

    def test_secret_that_nobody_refers_to_is_not_made(self):
        assert made("{secrets: [{name: other, keys: {a: {fromEnv: A}}}]}") == made("{secrets: []}")

    def test_secret_of_an_instance_says_so(self):
        wish = SecretWish("openfx-key", {"key": {"fromEnv": "K"}}, namespaces=("one",), instance="openfx")
        done = make_secrets((), [wish], stack_of("{}"), RULES)
        assert done.value.manifests[0].origin.instance == "openfx"


class TestNamespaces:
    CONFIG = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: %s}}"

    def run(self, spec="{}", namespaces=("one",), assumed=None, wishes=()):
        given = manifests("\n---\n".join(self.CONFIG % name for name in namespaces))
        stack = stack_of(spec)
        return make_namespaces(given, [*stack_namespaces(stack), *wishes], stack, assumed or Assumed())

    def names(self, **changes):
        return [m.id.name for m in self.run(**changes).value]

    def test_used_namespaces_are_made_once(self):
        assert self.names(namespaces=("two", "one", "two")) == ["one", "two"]
        assert self.run().value[0].body["metadata"]["labels"]["stackc.dev/component"] == "namespaces"

    def test_what_is_there_is_not_made(self):
        assumed = Assumed({ObjectId("", "Namespace", "", "there"): frozenset()})
        assert self.names(namespaces=("default", "kube-system", "there", "new"), assumed=assumed) == ["new"]
        assert self.names(spec="{profiles: [{name: team}]}", namespaces=("team",)) == []

    def test_the_stack_may_ask_for_more(self):
        quotas = "{cpu: 16, gpu: 2, limits.memory: 64Gi}"
        spec = f"{{namespaces: [{{name: team, labels: {{a: b}}, podSecurity: baseline, quota: {quotas}}}]}}"
        namespace, quota = self.run(spec=spec, namespaces=()).value
        assert namespace.body["metadata"]["labels"] == {
            "a": "b",
            "pod-security.kubernetes.io/enforce": "baseline",
            "app.kubernetes.io/managed-by": "stackc",
            "stackc.dev/stack": "lab",
            "stackc.dev/component": "namespaces",
        }
        hard = {"requests.cpu": "16", "requests.nvidia.com/gpu": "2", "limits.memory": "64Gi"}
        assert quota.body["spec"] == {"hard": hard}

    def test_component_adds_labels_and_contradictions_are_errors(self):
        wish = NamespaceWish("one", {"istio-injection": "enabled"})
        assert self.run(wishes=[wish]).value[0].body["metadata"]["labels"]["istio-injection"] == "enabled"
        spec = "{namespaces: [{name: one, labels: {istio-injection: disabled}}]}"
        assert codes(self.run(spec=spec, wishes=[wish]).diagnostics) == ["SC524"]
        assert self.names(namespaces=(), wishes=[wish]) == []

    def test_own_namespace_manifest_stays_the_only_one(self):
        given = manifests(self.CONFIG % "one" + "\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: one}}")
        before = frozen(given)
        assert make_namespaces(given, [], stack_of("{}"), Assumed()).value == ()
        assert frozen(given) == before

    def test_quota_words(self):
        assert quota_hard(
            {"gpu": {"count": 1, "resource": "nvidia.com/mig"}, "pvcs": 3, "pods": 5, "storage": "1Ti"}
        ) == {
            "requests.nvidia.com/mig": "1",
            "persistentvolumeclaims": "3",
            "pods": "5",
            "requests.storage": "1Ti",
        }
