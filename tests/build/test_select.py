"""What a stack asks for, as instances."""

from __future__ import annotations

import pytest

from compiler.build.catalog import Catalog
from compiler.build.select import select
from compiler.formats.files import MemoryFiles
from compiler.model.stack import Instance
from compiler.pipeline import load_checked

HEAD = 'apiVersion: stackc.dev/v1alpha1\nkind: Stack\nmetadata: {name: lab}\nspec:\n  kubernetes: "1.34"\n'
OWN = {
    "components/web/component.yaml": (
        'summary: x\nsection: web\nnamespace: webs\nversions: {"1": {}}\nparams: {size: int32 = 1}\n'
    ),
    "components/web-two/component.yaml": 'summary: x\nsection: web\nversions: {"2": {}}\nparams: {colour: string}\n',
    "components/web-job/component.yaml": "summary: x\nsection: jobs\ndiscriminator: {backend: WebJob}\n",
    "components/plain/component.yaml": "summary: x\nparams: {size: int32 = 1}\n",
}


def instances(spec: str) -> tuple[Instance, ...]:
    files = MemoryFiles({path: text.encode() for path, text in {**OWN, "stack.yaml": HEAD + spec}.items()})
    catalog = Catalog(files)
    stack = load_checked(files, "stack.yaml", (), (), catalog)
    assert stack.value is not None, stack.diagnostics
    chosen = select(stack.value, catalog)
    assert chosen.value is not None, chosen.diagnostics
    return chosen.value


def test_a_section_is_one_instance_of_the_component_that_has_its_version() -> None:
    """Name and paths are the section's; core fields are not params."""
    (one,) = instances('  web: {version: "1", size: 4, placement: {nodeSelector: {a: b}}}\n')
    assert (one.name, one.self_name, one.component, one.version) == ("web", "web", "web", "1")
    assert (one.namespace, one.params, one.path) == ("webs", {"size": 4}, ("spec", "web"))
    assert str(one.span) == "stack.yaml:6:3"
    (two,) = instances('  web: {version: "2", namespace: mine}\n')
    assert (two.component, two.namespace) == ("web-two", "mine")


@pytest.mark.parametrize(
    ("backend", "component"), [("", "job"), (", backend: Job", "job"), (", backend: WebJob", "web-job")]
)
def test_items_of_a_list_are_served_by_their_discriminator(backend: str, component: str) -> None:
    """An item without one gets the default backend; a user's own backend is one like the others."""
    (one,) = instances(f"  jobs: [{{name: train, namespace: default, image: 'busybox:1.36'{backend}}}]\n")
    assert (one.name, one.self_name, one.component) == ("jobs.train", "train", component)
    assert one.path == ("spec", "jobs", 0)
    assert "namespace" not in one.params or one.params["namespace"] == "default"


def test_components_are_instances_by_name_and_use() -> None:
    """Two of one kind have their own names, namespaces and params; the place is that of the name."""
    spec = "  components:\n    - {name: plain, namespace: a}\n    - {name: other, use: plain, params: {size: 2}}\n"
    first, second = instances(spec + "  namespaces: [{name: a}]\n")
    assert (first.name, first.component, first.namespace, first.params) == ("plain", "plain", "a", {})
    assert (second.name, second.component, second.namespace, second.params) == (
        "other",
        "plain",
        "default",
        {"size": 2},
    )
    assert second.path == ("spec", "components", 1, "params")
    assert str(second.span) == "stack.yaml:8:14"


def test_what_is_turned_off_is_not_there() -> None:
    """`enabled: false` takes sections, components and items out, with their text left in the file."""
    spec = (
        '  web: {version: "1", enabled: false}\n  components: [{name: plain, enabled: false}]\n'
        "  jobs: [{name: train, namespace: default, image: 'busybox:1.36', enabled: false}]\n"
    )
    assert instances(spec) == ()


def test_the_order_is_that_of_the_file() -> None:
    """Nothing is sorted: what stands first is first."""
    spec = "  components: [{name: plain}]\n" + '  web: {version: "1"}\n'
    assert [i.name for i in instances(spec)] == ["plain", "web"]
    other = '  web: {version: "1"}\n' + "  components: [{name: plain}]\n"
    assert [i.name for i in instances(other)] == ["web", "plain"]
