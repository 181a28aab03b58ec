"""Objects named by their content."""

from __future__ import annotations

from compiler.build.catalog import Catalog
from compiler.build.content_names import name_by_content
from compiler.formats.files import MemoryFiles
from compiler.model.manifest import Manifest
from tests.build.support import manifests

HEAD = "summary: x\nnames: {byContent: [{kind: Job, name: import}, {kind: CronJob}]}\n"
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: import, namespace: default, labels: {a: b}}
spec: {backoffLimit: %s, template: {spec: {containers: []}}}
"""


def named(text: str, component: str = "web") -> tuple[Manifest, ...]:
    catalog = Catalog(MemoryFiles({"components/web/component.yaml": HEAD.encode()}))
    return name_by_content(manifests(text, component, component), catalog)


def test_another_content_is_another_name() -> None:
    """A Job cannot be changed: a new spec is a new Job, the same spec the same one."""
    (one,), (same,), (other,) = named(JOB % 1), named(JOB % 1), named(JOB % 2)
    assert one.id == same.id
    assert one.id != other.id
    assert one.id.name.startswith("import-")
    assert len(one.id.name) == len("import-") + 8
    assert one.body["metadata"]["name"] == one.id.name
    assert one.body["metadata"]["labels"] == {"a": "b"}


def test_order_of_keys_and_metadata_do_not_count() -> None:
    """Only what runs decides: a label may change without running the Job again."""
    (one,) = named(JOB % 1)
    (moved,) = named(JOB.replace("labels: {a: b}", "labels: {c: d}") % 1)
    (turned,) = named(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: import, namespace: default}\n"
        "spec: {template: {spec: {containers: []}}, backoffLimit: 1}\n"
    )
    assert one.id == moved.id == turned.id


def test_only_what_the_component_lists_is_renamed() -> None:
    """Another name, kind or component stays as it is, and nothing is changed in place."""
    text = JOB.replace("name: import", "name: other") % 1
    given = manifests(JOB % 1, "web", "web")
    before = dict(given[0].body["metadata"])
    assert named(text)[0].id.name == "other"
    assert named(JOB.replace("kind: Job", "kind: Pod") % 1)[0].id.name == "import"
    assert named(JOB % 1, "")[0].id.name == "import"
    catalog = Catalog(MemoryFiles({"components/web/component.yaml": HEAD.encode()}))
    name_by_content(given, catalog)
    assert given[0].body["metadata"] == before
    assert named((JOB % 1).replace("kind: Job", "kind: CronJob").replace("import", "any"))[0].id.name != "any"


BESIDE = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: texts, namespace: default, labels: {a: %s}}
data: {text: %s}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other, namespace: default}
data: {text: %s}
"""


def test_what_a_job_reads_can_count_too() -> None:
    """With `with`, another text in a ConfigMap is another Job; its labels and other ConfigMaps say nothing."""
    head = HEAD.replace("name: import}", "name: import, with: [{kind: ConfigMap, name: texts}]}")
    catalog = Catalog(MemoryFiles({"components/web/component.yaml": head.encode()}))
    texts = [("x", "old", "a"), ("y", "old", "b"), ("x", "new", "a")]
    names = [name_by_content(manifests(JOB % 1 + BESIDE % t, "web", "web"), catalog)[0].id.name for t in texts]
    assert names[0] == names[1] != names[2]
    elsewhere = (JOB % 1 + BESIDE % texts[0]).replace("name: import, namespace: default", "name: import, namespace: b")
    assert name_by_content(manifests(elsewhere, "web", "web"), catalog)[0].id.name == named(JOB % 1)[0].id.name
