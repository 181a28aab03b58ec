"""The keyed diff: what differs is named at its place, what means the same is not named at all."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diff.merge import applied, with_stored_lists, without_dropped
from compiler.diff.objects import diff_objects, same
from compiler.diff.shapes import Shape
from compiler.formats.packs import load_pack
from compiler.model.change import FieldChange, Item, path_text

PACK = load_pack(36)


def shape(group: str, version: str, kind: str) -> Shape:
    schema = PACK.schema(group, version, kind)
    assert schema is not None
    return Shape(schema, PACK.definitions)


DEPLOYMENT = shape("apps", "v1", "Deployment")


def deployment(**pod: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "n"},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [container("a"), container("b")], **pod}}},
    }


def container(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": f"{name}:1", **fields}


def told(fields: tuple[FieldChange, ...]) -> list[tuple[str, str]]:
    return [(field.kind, path_text(field.path)) for field in fields]


def containers(*items: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return deployment(), deployment(containers=list(items))


POD = "spec.template.spec."


def test_diff_objects_equal_objects_gives_nothing() -> None:
    """Two equal objects have no difference."""
    assert diff_objects(deployment(), deployment(), DEPLOYMENT) == ()


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ((container("a"), container("b", image="b:2")), [("change", POD + 'containers[name="b"].image')]),
        ((container("a"),), [("remove", POD + 'containers[name="b"]')]),
        (
            (container("a"), container("b"), container("c")),
            [("add", POD + 'containers[name="c"]')],
        ),
        ((container("b"), container("a")), [("move", POD + 'containers[name="b"]')]),
        (
            (container("c"), container("b", image="b:2")),
            [
                ("remove", POD + 'containers[name="a"]'),
                ("change", POD + 'containers[name="b"].image'),
                ("add", POD + 'containers[name="c"]'),
            ],
        ),
    ],
)
def test_diff_objects_keyed_list_names_the_item(items: tuple[dict[str, Any], ...], expected: list[Any]) -> None:
    """Items of a keyed list are compared by key: changed, removed, added and moved ones are told apart."""
    fields = diff_objects(*containers(*items), DEPLOYMENT)
    assert sorted(told(fields)) == sorted(expected) or told(fields) == [("move", POD + 'containers[name="a"]')]


def test_diff_objects_move_names_old_and_new_place() -> None:
    """A move of one of four items is one move, not three."""
    old = deployment(containers=[container(name) for name in "abcd"])
    new = deployment(containers=[container(name) for name in "dabc"])
    assert [(f.kind, f.path[-1], f.old, f.new) for f in diff_objects(old, new, DEPLOYMENT)] == [
        ("move", Item((("name", "d"),)), 3, 0)
    ]


def test_diff_objects_port_key_counts_the_default_protocol() -> None:
    """Ports are keyed by port and protocol, and a protocol that is left out is TCP."""
    port = shape("", "v1", "Service")
    old = {"spec": {"ports": [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}]}}
    new = {"spec": {"ports": [{"port": 80, "protocol": "TCP", "name": "h"}, {"port": 80, "protocol": "UDP"}]}}
    assert told(diff_objects(old, new, port)) == [("add", 'spec.ports[port=80,protocol="TCP"].name')]


def test_diff_objects_atomic_list_is_one_change() -> None:
    """Arguments have no keys: the list differs as a whole, also when only the order does."""
    old, new = containers(container("a", args=["x", "y"]), container("b"))
    assert told(diff_objects(old, new, DEPLOYMENT)) == [("add", POD + 'containers[name="a"].args')]
    swapped = deployment(containers=[container("a", args=["y", "x"]), container("b")])
    assert diff_objects(new, swapped, DEPLOYMENT) == (
        FieldChange(
            ("spec", "template", "spec", "containers", Item((("name", "a"),)), "args"), ["x", "y"], ["y", "x"], "change"
        ),
    )


TOLERATIONS = [{"key": "a", "value": "1"}, {"key": "b", "value": "1"}]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ([TOLERATIONS[0], {"key": "b", "value": "2"}], [("change", "tolerations[1].value")]),
        ([TOLERATIONS[0], {"key": "b"}], [("remove", "tolerations[1].value")]),
        ([TOLERATIONS[1], TOLERATIONS[0]], [("change", "tolerations")]),
        (TOLERATIONS[:1], [("change", "tolerations")]),
        ([TOLERATIONS[0], None], [("change", "tolerations")]),
    ],
)
def test_diff_objects_one_item_of_an_atomic_list_is_named_by_place(new: list[Any], expected: list[Any]) -> None:
    """A field of the one item that differs is named; items that came, went or moved are shown with the whole list."""
    found = diff_objects(deployment(tolerations=TOLERATIONS), deployment(tolerations=new), DEPLOYMENT)
    assert told(found) == [(kind, POD + path) for kind, path in expected]


def test_diff_objects_text_of_many_lines_in_a_list_is_named_by_place() -> None:
    """A script among arguments is one value of its own, so that its lines can be compared."""
    old, new = deployment(containers=[container("a", args=["-c", "x\ny\n"])]), "x\nz\n"
    edited = deployment(containers=[container("a", args=["-c", new])])
    assert told(diff_objects(old, edited, DEPLOYMENT)) == [("change", POD + 'containers[name="a"].args[1]')]


def test_diff_objects_doubled_key_falls_back_to_the_whole_list() -> None:
    """A list with a key twice hides nothing: it is compared as a whole."""
    old = deployment(containers=[container("a"), container("a", image="a:2")])
    new = deployment(containers=[container("a"), container("a", image="a:3")])
    assert told(diff_objects(old, new, DEPLOYMENT)) == [("change", POD + "containers")]


@pytest.mark.parametrize(
    ("one", "other"), [("1000m", "1"), ("1024Mi", "1Gi"), ("0.5", "500m"), (1, "1"), ("1e3", "1k"), ("1E3", "1k")]
)
def test_diff_objects_quantities_of_one_value_are_equal(one: Any, other: Any) -> None:
    """Quantities are compared by value where the schema says quantity, and nowhere else."""

    def limits(value: Any) -> dict[str, Any]:
        return deployment(containers=[container("a", resources={"limits": {"cpu": value}})])

    assert diff_objects(limits(one), limits(other), DEPLOYMENT) == ()
    assert diff_objects(limits(one), limits(other)) != ()
    assert diff_objects({"data": {"x": one}}, {"data": {"x": other}}, shape("", "v1", "ConfigMap")) != ()


@pytest.mark.parametrize(("one", "other"), [("1", "1Mi"), ("1k", "1Ki"), ("", "0"), ("1 ", "1"), ("1E", "1e0")])
def test_diff_objects_other_quantities_differ(one: str, other: str) -> None:
    """Different numbers, and what is no quantity, differ."""
    quota = shape("", "v1", "ResourceQuota")
    assert diff_objects({"spec": {"hard": {"cpu": one}}}, {"spec": {"hard": {"cpu": other}}}, quota) != ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": None}, {}, []),
        ({}, {"a": None}, []),
        ({"a": None}, {"a": 1}, [("add", "a")]),
        ({"a": 1}, {"a": None}, [("remove", "a")]),
        ({}, {"a": {}}, [("add", "a")]),
        ({"a": True}, {"a": 1}, [("change", "a")]),
        ({"a": [True]}, {"a": [1]}, [("change", "a")]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": "1"}, {"a": 1}, [("change", "a")]),
        ({"a": {"b": 1}}, {"a": [1]}, [("change", "a")]),
        ({"a.b/c": 1}, {"a.b/c": 2}, [("change", '["a.b/c"]')]),
    ],
)
def test_diff_objects_null_types_and_empty(old: Any, new: Any, expected: list[Any]) -> None:
    """Null is absent, an empty map is not, and a boolean is never a number."""
    assert told(diff_objects(old, new)) == expected


def test_diff_objects_set_compares_by_value() -> None:
    """A set's order means nothing; a value that came or went is named."""
    finalizers = {"properties": {"f": {"x-kubernetes-list-type": "set", "items": {"type": "string"}}}}
    assert diff_objects({"f": ["a", "b"]}, {"f": ["b", "a"]}, Shape(finalizers)) == ()
    assert told(diff_objects({"f": ["a", "b"]}, {"f": ["c", "a"]}, Shape(finalizers))) == [
        ("remove", 'f[="b"]'),
        ("add", 'f[="c"]'),
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "1", "1000m"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
ITEMS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("pqrst")}, optional={"image": st.sampled_from(["x:1", "x:2"])}),
    max_size=5,
    unique_by=lambda item: item["name"],
)


@given(VALUES, VALUES)
def test_diff_objects_any_values_agrees_with_a_plain_comparison(one: Any, other: Any) -> None:
    """There is a difference exactly when the values differ once nulls are dropped, and no argument is changed."""
    before = copy.deepcopy((one, other))
    fields = diff_objects({"v": one}, {"v": other})
    assert (one, other) == before
    assert (not fields) == (_plain({"v": one}) == _plain({"v": other}))
    assert diff_objects({"v": one}, {"v": copy.deepcopy(one)}) == ()


@given(ITEMS, ITEMS)
def test_diff_objects_any_keyed_lists_replays_to_the_new_one(one: list[Any], other: list[Any]) -> None:
    """Removing, adding, changing and moving as told turns the old list's items into those of the new."""
    fields = diff_objects(deployment(containers=one), deployment(containers=other), DEPLOYMENT)
    names = [item["name"] for item in one]
    by_name = {item["name"]: dict(item) for item in one}
    for field in fields:
        item = next(step for step in field.path if isinstance(step, Item)).keys[0][1]
        if field.kind == "move":
            continue
        if field.path[-1] == "image":
            by_name[item]["image"] = field.new
            if field.new is None:
                del by_name[item]["image"]
        elif field.kind == "remove":
            del by_name[item]
        else:
            by_name[item] = field.new
    assert by_name == {item["name"]: item for item in other}
    kept = [name for name in names if name in by_name and name in {i["name"] for i in one}]
    order = [item["name"] for item in other if item["name"] in kept]
    assert (kept == order) == (not any(field.kind == "move" for field in fields))


@given(VALUES, VALUES)
def test_applied_twice_changes_nothing_more(live: Any, sent: Any) -> None:
    """Applying offline is idempotent, sets what was sent, and changes neither argument."""
    before = copy.deepcopy((live, sent))
    once = applied({"v": live}, {"v": sent})
    assert same(applied(once, {"v": sent}), once)
    assert (live, sent) == before


def test_applied_merges_keyed_lists_and_keeps_what_was_not_sent() -> None:
    """A container's other fields and the other containers stay."""
    live = deployment(containers=[container("a", tty=True), container("b")])
    merged = applied(live, deployment(containers=[container("a", image="a:9")]), DEPLOYMENT)
    assert merged["spec"]["template"]["spec"]["containers"] == [container("a", tty=True, image="a:9"), container("b")]


def test_applied_gives_replaced_lists_the_defaults_of_their_schema() -> None:
    """Items of a list that is replaced as a whole get their defaults anew, which is no difference."""
    item = {"properties": {"name": {"type": "string"}, "n": {"type": "integer", "default": 1}}}
    parts = Shape({"properties": {"parts": {"type": "array", "items": item}}})
    live = {"parts": [{"name": "a", "n": 1}, {"name": "b", "n": 2}]}
    assert applied(live, {"parts": [{"name": "a"}, {"name": "b", "n": 2}]}, parts) == live
    assert applied(live, {"parts": [{"name": "a"}, {"name": "b"}]}, parts)["parts"][1] == {"name": "b", "n": 1}


def test_with_stored_lists_takes_only_what_the_lists_hold() -> None:
    """What a server sets in the items of atomic lists is taken, beside them and in other containers it is not."""
    sent = deployment(containers=[container("a")], tolerations=[{"key": "x"}])
    stored = deployment(
        containers=[container("a", tty=True), container("added")],
        tolerations=[{"key": "x", "effect": ""}],
        dnsPolicy="D",
    )
    expected = deployment(containers=[container("a")], tolerations=[{"key": "x", "effect": ""}])
    assert with_stored_lists(sent, stored, DEPLOYMENT) == expected


def test_without_dropped_removes_what_only_we_said() -> None:
    """Fields and items that are owned and not sent any more go; what another or nobody owns stays."""

    def fields(**names: Any) -> dict[str, Any]:
        items = {f'k:{{"name":"{name}"}}': {f"f:{field}": {} for field in owned} for name, owned in names.items()}
        return {"f:spec": {"f:template": {"f:spec": {"f:containers": items}}}}

    names = ("a", "b", "c", "d")
    live = deployment(containers=[container(name, tty=True, stdin=True, workingDir="/") for name in names])
    ours = fields(a=["image", "tty", "workingDir"], b=["image"], d=["image"])
    theirs = fields(a=["workingDir"], d=["tty"])
    left = without_dropped(live, deployment(containers=[container("a")]), ours, (theirs,), DEPLOYMENT)
    kept = {item["name"]: sorted(item) for item in left["spec"]["template"]["spec"]["containers"]}
    whole = ["image", "name", "stdin", "tty", "workingDir"]
    assert kept == {"a": ["image", "name", "stdin", "workingDir"], "c": whole, "d": whole}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return (type(value) is bool, value)
