"""The schema walker: findings with exact paths, for the stack's dialect, built-in kinds and custom resources."""

from __future__ import annotations

from typing import Any

import pytest
from work import calls

from compiler.formats.packs import load_pack
from compiler.formats.patterns import PatternRefused, linear
from compiler.formats.scalars import FORMATS
from compiler.formats.schema import RULES, Finding, Validator, validate
from compiler.formats.suggest import nearest

PACK = load_pack(36)


def deployment(**container: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    pod = {"containers": [{"name": "main", "image": "nginx:1", **container}]}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def of_kind(body: dict[str, Any], minor: int = 36) -> list[Finding]:
    pack = load_pack(minor)
    group, _, version = body["apiVersion"].rpartition("/")
    schema = pack.schema(group, version, body["kind"])
    assert schema is not None
    return validate(body, schema, pack.definitions, kubernetes=True)


def of_container(**container: Any) -> list[tuple[str, str]]:
    base = ("spec", "template", "spec", "containers", 0)
    found = of_kind(deployment(**container))
    assert all(finding.path[:5] == base for finding in found), found
    return [("/".join(map(str, finding.path[5:])), finding.rule) for finding in found]


# -- built-in kinds: what a 1.36 server was seen to accept and refuse ------------------------------------------------


def test_a_right_deployment_has_no_findings() -> None:
    for minor in (15, 16, 22, 28, 34, 37):
        if minor != 15:
            assert of_kind(deployment(ports=[{"containerPort": 80}]), minor) == []
        assert (
            of_kind({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "b"}}, minor)
            == []
        )


def test_an_unknown_field_is_found_at_its_key_with_a_suggestion() -> None:
    (finding,) = of_kind(deployment(imagePulPolicy="Always"))
    path = ("spec", "template", "spec", "containers", 0, "imagePulPolicy")
    assert finding[:3] == (path, "unknown", "imagePulPolicy")
    assert (finding.suggestion, finding.on_key) == ("imagePullPolicy", True)


def test_every_fault_is_found_at_once() -> None:
    body = deployment(image=1, args="a", ports=[{"containerPort": "80", "protocl": "TCP"}])
    body["spec"]["replicas"] = "1"
    body["metadata"]["labels"] = {"a": 1}
    del body["spec"]["selector"]
    found = [("/".join(map(str, finding.path)), finding.rule) for finding in of_kind(body)]
    pod = "spec/template/spec/containers/0"
    assert sorted(found) == [
        ("metadata/labels/a", "type"),
        ("spec/replicas", "type"),
        ("spec/selector", "required"),
        (f"{pod}/args", "type"),
        (f"{pod}/image", "type"),
        (f"{pod}/ports/0/containerPort", "type"),
        (f"{pod}/ports/0/protocl", "unknown"),
    ]


@pytest.mark.parametrize("value", ["1", "500m", "1.5Gi", ".5", "1.", "+1", "1e3", "1E", "1E2", 1, 0.5, "0"])
def test_quantities_that_the_server_takes(value: object) -> None:
    assert of_container(resources={"limits": {"cpu": value}}) == []


@pytest.mark.parametrize("value", ["", "1ki", "1e2.5", "1.1.1", "1 Gi", True, "Gi", "1GiB", "one", ["1"]])
def test_quantities_that_the_server_refuses(value: object) -> None:
    ((path, rule),) = of_container(resources={"limits": {"cpu": value}})
    assert path == "resources/limits/cpu" and rule in ("format", "type")


@pytest.mark.parametrize(
    ("field", "value"),
    [("args", None), ("args", [None]), ("image", "i"), ("ports", None), ("imagePullPolicy", ""), ("resources", None)],
)
def test_nulls_and_empty_enums_count_as_absent(field: str, value: object) -> None:
    assert of_container(**{field: value}) == []


def test_a_null_for_a_required_field_or_a_keyed_item_is_a_fault() -> None:
    assert of_container(name=None) == [("name", "required")]
    assert of_container(ports=[None]) == [("ports/0", "type")]


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        ([{}], [("secrets/0", "keyless")]),
        ([{"name": "a"}, {"namespace": "b"}], [("secrets/1", "keyless")]),
        ([{"name": None}], []),
        ([{"name": ""}], []),
    ],
)
def test_an_item_without_the_key_of_its_list_is_a_fault(secrets: list[dict[str, object]], found: list[object]) -> None:
    """As a 1.36 server answers: only a key that is neither required nor defaulted has to be there."""
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}}
    findings = of_kind({**body, "secrets": secrets})
    assert [("/".join(map(str, finding.path)), finding.rule) for finding in findings] == found
    assert of_kind({**body, "imagePullSecrets": [{}]}) == []


def test_a_whole_float_is_an_integer_and_a_half_is_not() -> None:
    body = deployment()
    body["spec"]["replicas"] = 1.0
    assert of_kind(body) == []
    body["spec"]["replicas"] = 1.5
    assert [finding.rule for finding in of_kind(body)] == ["type"]


def test_an_integer_that_would_wrap_is_an_overflow() -> None:
    body = deployment()
    body["spec"]["replicas"] = 2**40  # a server keeps 0
    assert [(finding.rule, finding.found) for finding in of_kind(body)] == [("overflow", 2**40)]


def test_doubled_keys_of_lists_are_found_with_defaults_filled_in() -> None:
    assert of_container(ports=[{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}]) == []
    assert of_container(ports=[{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}]) == [
        ("ports/1", "duplicate")
    ]
    assert of_container(env=[{"name": "a"}, {"name": "b"}, {"name": "a"}]) == [("env/2", "duplicate")]
    body = deployment()
    body["metadata"]["finalizers"] = ["a/b", "a/b"]
    assert [finding.rule for finding in of_kind(body)] == ["duplicate"]


def test_old_minors_find_doubled_keys_by_patch_keys() -> None:
    found = of_kind(deployment(env=[{"name": "a"}, {"name": "a"}]), 18)
    assert [(finding.path[-2:], finding.rule) for finding in found] == [(("env", 1), "duplicate")]


@pytest.mark.parametrize(
    ("value", "right"),
    [(80, True), ("http", True), (80.0, True), (None, True), (80.5, False), (True, False), (2**31, False)],
)
def test_int_or_string(value: object, right: bool) -> None:
    spec = {"ports": [{"port": 80, "targetPort": value}]}
    found = of_kind({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec})
    assert (found == []) is right


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("aGk=", True),
        ("aGk=\n", True),
        ("", True),
        (None, True),
        ("aGk", False),
        ("a Gk=", False),
        ("-_8=", False),
        (1, False),
    ],
)
def test_secret_data_is_base64(value: object, right: bool) -> None:
    found = of_kind({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"a": value}})
    assert (found == []) is right


def test_times() -> None:
    for value, right in (
        ("2020-01-01T00:00:00Z", True),
        (None, True),
        ("2020-01-01", False),
        ("", False),
        ("2020-02-30T00:00:00Z", False),
    ):
        body = deployment()
        body["metadata"]["creationTimestamp"] = value
        assert (of_kind(body) == []) is right, value


def test_an_enum_is_suggested() -> None:
    (finding,) = of_kind(deployment(imagePullPolicy="Allways"))
    assert (finding.rule, finding.suggestion, finding.expected) == (
        "enum",
        "Always",
        "one of `Always`, `IfNotPresent`, `Never`",
    )


def test_a_crd_schema_is_strict_outside_items_only() -> None:
    """A server drops unknown keys below `items` silently, and refuses them elsewhere; types count everywhere."""
    spec = {"type": "object", "properties": {"l": {"type": "array", "items": {"type": "object", "zz": 1}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": spec}}
    names = {"kind": "Foo", "plural": "foos"}
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "foos.x.io", "creationTimestamp": None},
        "spec": {"group": "x.io", "scope": "Namespaced", "names": names, "versions": [version]},
    }
    assert of_kind(body) == []
    spec["properties"]["l"]["items"]["type"] = ["object"]  # type: ignore[index]
    assert [finding.path[-2:] for finding in of_kind(body)] == [("items", "type")]
    spec["zz"] = 1
    assert [finding.rule for finding in of_kind(body)] == ["type", "unknown"]


def test_the_value_is_not_changed() -> None:
    body = deployment(zz=1, ports=[{"containerPort": 80}, {"containerPort": 80}])
    before = repr(body)
    of_kind(body)
    assert repr(body) == before


# -- custom resources -----------------------------------------------------------------------------------------------

CUSTOM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"type": "object"},
        "spec": {
            "type": "object",
            "required": ["a"],
            "properties": {
                "a": {"type": "string"},
                "d": {"type": "string", "default": "x"},
                "n": {"type": "string", "nullable": True},
                "o": {"type": "object", "properties": {"x": {"type": "integer", "format": "int32"}}},
                "bare": {"type": "object"},
                "l": {"type": "array", "items": {"type": "string"}},
                "lm": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
                },
                "i": {"type": "integer"},
                "f": {"type": "number", "minimum": 1, "exclusiveMinimum": True},
                "q": {
                    "x-kubernetes-int-or-string": True,
                    "anyOf": [{"type": "integer"}, {"type": "string"}],
                    "format": "quantity",
                },
                "t": {"type": "string", "format": "date-time"},
                "any": {"x-kubernetes-preserve-unknown-fields": True},
                "m": {"type": "object", "additionalProperties": {"type": "string"}},
                "emb": {
                    "type": "object",
                    "x-kubernetes-embedded-resource": True,
                    "properties": {"z": {"type": "string"}},
                },
                "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                "e": {"type": "string", "enum": ["A", "B"]},
                "one": {
                    "type": "object",
                    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                    "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
                },
            },
        },
    },
}


def custom(**spec: Any) -> list[Finding]:
    body = {
        "apiVersion": "x.io/v1",
        "kind": "Foo",
        "metadata": {"name": "f", "creationTimestamp": None},
        "spec": {"a": "1", **spec},
    }
    return validate(body, CUSTOM, PACK.definitions, kubernetes=True, custom=True)


# fmt: off
@pytest.mark.parametrize(("field", "value"), [
    ("d", None), ("n", None), ("bare", {"x": 1}), ("i", 1.0), ("i", -(2**63)), ("f", 2), ("q", 1), ("q", "1Gi"),
    ("any", None), ("any", {"a": None}), ("t", "2020-01-01t00:00:00z"), ("set", ["a", "b"]), ("lm", [{"name": "a"}]),
    ("emb", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "z": "a"}), ("one", {"a": "x"}),
])
def test_custom_resources_that_a_server_takes(field: str, value: object) -> None:
    assert custom(**{field: value}) == []


@pytest.mark.parametrize(("field", "value", "rule", "at"), [
    ("a", None, "type", "a"), ("o", None, "type", "o"), ("o", {"x": None}, "type", "o/x"),
    ("o", {"y": 1}, "unknown", "o/y"),
    ("l", [None], "type", "l/0"), ("lm", [None], "type", "lm/0"), ("lm", [{}], "required", "lm/0/name"),
    ("lm", [{"name": "a"}, {"name": "a"}], "duplicate", "lm/1"), ("i", 1.5, "type", "i"), ("i", 2**63, "format", "i"),
    ("o", {"x": 2**31}, "format", "o/x"), ("f", True, "type", "f"), ("f", 1, "minimum", "f"), ("q", "x", "format", "q"),
    ("q", None, "type", "q"), ("t", "2020-01-01 00:00:00Z", "format", "t"), ("m", {"a": None}, "type", "m/a"),
    ("emb", {"apiVersion": "v1", "kind": "Pod", "metadata": {"foo": 1}}, "unknown", "emb/metadata/foo"),
    ("emb", {"apiVersion": "v1", "kind": "Pod", "y": 1}, "unknown", "emb/y"), ("set", ["a", "a"], "duplicate", "set/1"),
    ("e", "", "enum", "e"), ("zz", 1, "unknown", "zz"), ("one", {"a": "x", "b": "y"}, "logic", "one"),
    ("one", {}, "logic", "one"),
])
def test_custom_resources_that_a_server_refuses(field: str, value: object, rule: str, at: str) -> None:
    found = [(finding.rule, "/".join(map(str, finding.path[1:]))) for finding in custom(**{field: value})]
    assert found == [(rule, at)]
# fmt: on


def test_metadata_of_a_custom_resource_is_that_of_every_object() -> None:
    body = {"apiVersion": "x.io/v1", "kind": "Foo", "metadata": {"name": "f", "labls": {}}, "spec": {"a": "1"}}
    (finding,) = validate(body, CUSTOM, PACK.definitions, kubernetes=True, custom=True)
    assert (finding.path, finding.suggestion) == (("metadata", "labls"), "labels")


# -- the stack's own dialect ----------------------------------------------------------------------------------------

JOBS: dict[str, Any] = {
    "type": "array",
    "x-list": "map",
    "x-keys": ["name"],
    "items": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"$ref": "Name"}, "backend": {"type": "string"}},
        "x-switch": {
            "key": "backend",
            "default": "Job",
            "cases": {
                "Job": {"properties": {"schedule": {"type": "string"}}},
                "HorovodJob": {"properties": {"np": {"type": "integer", "minimum": 1}}, "required": ["np"]},
            },
        },
    },
}
STACK: dict[str, Any] = {
    "type": "object",
    "properties": {
        "jobs": JOBS,
        "tls": {
            "type": "object",
            "properties": {
                "issuerRef": {"type": "object", "additionalProperties": {"type": "string"}},
                "selfSigned": {"type": "object"},
            },
            "x-union": ["issuerRef", "selfSigned"],
        },
        "cidr": {"type": "string", "x-type": "Cidr"},
        "code": {"type": "string", "pattern": "^[A-Z]{2}$", "x-expected": "two capitals"},
        "addons": {"type": "array", "x-list": "set", "items": {"type": "string"}},
        "env": {"type": "object", "propertyNames": {"pattern": "^[A-Z]+$"}, "additionalProperties": {"type": "string"}},
    },
}
TYPES: dict[str, Any] = {"Name": {"type": "string", "x-type": "Name", "maxLength": 63}}


def stack(value: object) -> list[tuple[str, str, str]]:
    found = validate(value, STACK, TYPES)
    assert all(finding.rule in RULES for finding in found)
    return [("/".join(map(str, finding.path)), finding.rule, finding.suggestion) for finding in found]


def test_a_right_stack_has_no_findings() -> None:
    jobs = [{"name": "a", "schedule": "* * * * *"}, {"name": "b", "backend": "HorovodJob", "np": 2}]
    value = {
        "jobs": jobs,
        "tls": {"selfSigned": {}},
        "cidr": "10.0.0.0/8",
        "code": "AB",
        "addons": ["x"],
        "env": {"A": "1"},
    }
    assert stack(value) == []
    assert Validator(TYPES).is_proven({key: value[key] for key in value if key != "env"}, STACK)


def test_switch_picks_the_fields_of_its_case() -> None:
    assert stack({"jobs": [{"name": "a", "np": 1}]}) == [("jobs/0/np", "unknown", "")]
    assert stack({"jobs": [{"name": "a", "backend": "HorovodJob"}]}) == [("jobs/0/np", "required", "")]
    assert stack({"jobs": [{"name": "a", "backend": "HorovodJob", "np": 0}]}) == [("jobs/0/np", "minimum", "")]
    assert stack({"jobs": [{"name": "a", "backend": "HorovodJobb", "np": 0}]}) == [
        ("jobs/0/backend", "enum", "HorovodJob")
    ]


def test_union_wants_exactly_one_key() -> None:
    assert stack({"tls": {}}) == [("tls", "union", "")]
    assert stack({"tls": {"selfSigned": {}, "issuerRef": {"name": "a"}}}) == [("tls/issuerRef", "union", "")]


def test_named_items_may_not_share_a_name() -> None:
    assert stack({"jobs": [{"name": "a"}, {"name": "a"}]}) == [("jobs/1", "duplicate", "")]
    assert stack({"jobs": [{}, {}]}) == [("jobs/0/name", "required", ""), ("jobs/1/name", "required", "")]
    assert stack({"addons": ["x", "x"]}) == [("addons/1", "duplicate", "")]


def test_scalars_of_the_dialect() -> None:
    assert stack({"cidr": "10/8"}) == [("cidr", "format", "")]
    assert stack({"jobs": [{"name": "A"}]}) == [("jobs/0/name", "format", "")]
    assert stack({"env": {"a": "1"}}) == [("env/a", "pattern", "")]
    (finding,) = validate({"code": "ABC"}, STACK, TYPES)
    assert (finding.rule, finding.expected) == ("pattern", "two capitals")


def test_null_is_a_fault_in_a_stack() -> None:
    assert stack({"jobs": None}) == [("jobs", "type", "")]
    assert stack({"jobs": [{"name": "a", "schedule": None}]}) == [("jobs/0/schedule", "type", "")]


# -- formats, patterns, suggestions ---------------------------------------------------------------------------------


# fmt: off
@pytest.mark.parametrize(("name", "right", "wrong"), [
    ("Image", ["a", "a:1", "ghcr.io/a/b:1.2", "localhost:5000/x@sha256:" + "a" * 64, "[::1]:5000/a"],
     ["", "A", "a b", "a:", "a@sha256:1", "http://a/b", "a:" + "x" * 129]),
    ("Duration", ["30s", "5m", "30d", "1h30m", "100ms"], ["", "5", "m", "1.5h", "-1s"]),
    ("Cidr", ["10.0.0.0/8", "fd00::/64"], ["10.0.0.0", "10.0.0.0/33", "x/8", "10.0.0.0/255.0.0.0"]),
    ("HostPort", ["a", "a.b:80", "10.0.0.1:5000"], ["", "a:", "a:0", "a:65536", "a b", "http://a"]),
    ("Version", ["1", "1.2.3", "1.0.0-rc.1", "1.2.3+k3s1"], ["v1", "", "1.", "a"]),
    ("Name", ["a", "a-b", "a.b"], ["", "A", "-a", "a-", "a_b", "a" * 254]),
    ("Label", ["a", "a-b", "a" * 63], ["a.b", "a" * 64]),
    ("ipv4", ["10.0.0.1"], ["::1", "1.2.3"]),
    ("date", ["2024-02-29"], ["2023-02-29", "2023-2-1", "x", "2023-13-01"]),
])
# fmt: on
def test_formats(name: str, right: list[str], wrong: list[str]) -> None:
    for value in right:
        assert FORMATS[name].accepts(value), value
    for value in wrong:
        assert not FORMATS[name].accepts(value), value


def test_formats_stay_linear() -> None:
    texts = [part * 25_000 + end for part in ("a", "a-", "1", "a.", "1m", "/a", "a_", "-") for end in ("", "!")]
    for form in FORMATS.values():
        for text in texts:
            form.accepts(text)  # a quadratic one would take minutes


def test_foreign_patterns_run_in_linear_time_with_gos_syntax() -> None:
    assert not linear(r"^(a+)+$")("a" * 100_000 + "b")  # one that backtracks would never end
    assert linear(r"^\pL+\z")("ä")
    for pattern in (r"(?=a)", r"(a)\1", "(", "a" * 3_000):
        with pytest.raises(PatternRefused):
            linear(pattern)


def test_patterns_of_custom_resources_and_untrusted_ones_use_that_engine() -> None:
    schema = {"type": "object", "properties": {"s": {"type": "string", "pattern": r"^(a+)+$", "x-untrusted": True}}}
    assert [finding.rule for finding in validate({"s": "a" * 50_000 + "b"}, schema, {})] == ["pattern"]
    schema = {"type": "object", "properties": {"s": {"type": "string", "pattern": r"(?=a)"}}}
    (finding,) = validate({"s": "a"}, schema, {}, kubernetes=True, custom=True)
    assert finding.rule == "pattern" and "linear time" in finding.expected


def test_nearest_word() -> None:
    assert nearest("replcias", ["replicas", "selector"]) == "replicas"
    assert nearest("Replicas", ["replicas"]) == "replicas"
    assert nearest("storageClass", ["storageClassName", "size"]) == "storageClassName"
    assert nearest("zzz", ["replicas"]) == ""


# -- cost -----------------------------------------------------------------------------------------------------------


def test_a_right_deployment_costs_less_than_a_call_a_node() -> None:
    """What is right is proven by generated code that looks at each node in place."""
    ports = [{"containerPort": port, "name": f"p{port}"} for port in range(8000, 8020)]
    env = [{"name": f"A{i}", "value": "x"} for i in range(100)]
    body = deployment(ports=ports, env=env, resources={"limits": {"cpu": "1"}})
    validator = Validator(PACK.definitions, kubernetes=True)
    schema = PACK.schema("apps", "v1", "Deployment")
    assert schema is not None and validator.findings(body, schema) == []
    assert validator.is_proven(body, schema)
    assert calls(lambda: validator.is_proven(body, schema)) < 1_500  # about 300 nodes


def test_hostile_values_are_told_one_by_one() -> None:
    many = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "finalizers": ["a/b"] * 50_000}}
    assert len(of_kind(many)) == 49_999
    wide = deployment(**{f"k{i}": 1 for i in range(300)})
    assert len(of_kind(wide)) == 300
