"""Diagnostics about objects at the place in the stack that says the value."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.formats.files import MemoryFiles
from compiler.model.diagnostic import Diagnostic
from compiler.pipeline import build

HEAD = """\
apiVersion: stackc.dev/v1alpha1
kind: Stack
metadata: {name: demo}
spec:
  kubernetes: "1.34"
  preset: dev
  namespaces: [{name: team}]
  secrets: [{name: token, keys: {t: {value: x}}}]
  jobs:
    - {name: hello, namespace: team, image: "busybox:1", args: [echo]}
"""
PATCH = """\
  patches:
    - name: more
      target: {kind: Job, name: hello}
"""
COMPONENT = """\
summary: A Pod with an account and a Secret
params:
  account?: string
  keys?: [string]
  title?: string
"""
TEMPLATE = """\
apiVersion: v1
kind: Pod
metadata: {name: "${{ self.name }}"}
spec:
  serviceAccountName: "${{ account }}"
  containers:
  - name: c
    image: busybox:1
    envFrom:
    - $for: k in (keys | default([]))
      secretRef: {name: "${{ k }}"}
"""


def found(more: str) -> list[Diagnostic]:
    files = {
        "stack.yaml": (HEAD + more).encode(),
        "components/thing/component.yaml": COMPONENT.encode(),
        "components/thing/manifests/pod.yaml": TEMPLATE.encode(),
    }
    return [d for d in build(MemoryFiles(files), "stack.yaml", (), ()).diagnostics if d.is_error]


def text_at(more: str, found: Diagnostic) -> str:
    """Return the text below the carets."""
    span = found.span
    assert span is not None
    return (HEAD + more).splitlines()[span.line - 1][span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("edit", "code", "shown", "note"),
    [
        ("set: {/spec/backofLimit: 5}", "SC601", "/spec/backofLimit", "set by patch `more`"),
        ("set: {/spec/backoffLimit: five}", "SC602", "five", "set by patch `more`"),
        ("merge: {spec: {backofLimit: 5}}", "SC601", "backofLimit", "set by patch `more`"),
        ("merge: {spec: {backoffLimit: five}}", "SC602", "five", "set by patch `more`"),
        ("merge: {spec: {template: {spec: {dnsPolicy: Nope}}}}", "SC642", "Nope", "set by patch `more`"),
        ("set: {/spec/template/spec: {restartPolicy: Never, containers: []}}", None, "[]", "set by patch `more`"),
        ("set: {/spec/template/spec/containers/0/args/-: 5}", "SC602", "5", "set by patch `more`"),
        (
            "set: {/spec/template/spec/containers/0/env/0: {name: A, value: 5}}",
            "SC602",
            "{name: A, value: 5}",
            "set by patch `more`",
        ),
        (
            "set: {/spec/template/spec/serviceAccountName: nobody}",
            "SC502",
            "nobody",
            "set by patch `more`",
        ),
        (
            "remove: [/spec/template/spec/containers/0/image]",
            None,
            "/spec/template/spec/containers/0/image",
            "taken out by patch `more`",
        ),
    ],
)
def test_what_a_patch_did_wrong_is_shown_at_the_patch(edit: str, code: str | None, shown: str, note: str) -> None:
    """The place is the key or the value in the patch; the object stays named."""
    more = f"{PATCH}      {edit}\n"
    diagnostics = found(more)
    assert [text_at(more, d) for d in diagnostics] == [shown]
    assert code in (None, diagnostics[0].code)
    assert diagnostics[0].notes[0].message == note
    assert str(diagnostics[0].object) == "Job.batch team/hello"


def test_what_one_patch_did_to_many_objects_is_shown_once() -> None:
    """One cause is one diagnostic, with the number of objects that it hit besides."""
    more = (
        "    - {name: b, namespace: default, image: 'b:1'}\n    - {name: c, namespace: default, image: 'b:1'}\n"
        "  patches:\n    - {name: all, target: {kind: Job}, expect: 3, set: {/spec/backoffLimit: five}}\n"
    )
    (diagnostic,) = found(more)
    assert [note.message for note in diagnostic.notes] == [
        "set by patch `all`",
        "made by component `job`, manifests/job.yaml:12",
        "the same in 2 more objects",
    ]


def test_what_no_patch_touched_stays_at_its_place() -> None:
    """A patch of another field is not blamed."""
    more = f"{PATCH}      set: {{/spec/completions: 2}}\n  components: [{{name: thing, params: {{account: nobody}}}}]\n"
    (diagnostic,) = found(more)
    assert (diagnostic.code, text_at(more, diagnostic)) == ("SC502", "nobody")


def test_a_name_that_a_component_passed_on_is_shown_where_the_stack_says_it() -> None:
    """With the nearest name of that kind as help, Secrets of the stack included."""
    more = "  components: [{name: thing, params: {title: tken2, keys: [tken]}}]\n"
    (diagnostic,) = found(more)
    assert (text_at(more, diagnostic), diagnostic.help) == ("tken", "write `token`")


def test_a_name_that_the_component_made_stays_at_the_instance() -> None:
    """The name of the item says who asked; it is never taken for the value."""
    files: Any = "  components: [{name: thing, params: {account: x-missing}}]\n"
    (diagnostic,) = found(files)
    assert text_at(files, diagnostic) == "x-missing"
    assert diagnostic.message == "there is no ServiceAccount `x-missing` in namespace `default`"


def test_a_built_in_template_is_named_by_its_component() -> None:
    """Its file is none of the user's; a template of the user's own is shown with its path."""
    notes = [n for d in found(f"{PATCH}      set: {{/spec/backofLimit: 5}}\n") for n in d.notes]
    assert [n.message.partition(":")[0] for n in notes[1:]] == ["made by component `job`, manifests/job.yaml"]
    assert notes[1].span is None
    own = "  components: [{name: thing, params: {account: Bad_Name}}]\n"
    (note,) = [n for d in found(own) if d.code.startswith("SC6") for n in d.notes]
    assert (note.message, note.span and note.span.file) == ("made here", "components/thing/manifests/pod.yaml")


SERVICES = """\
  components:
    - {name: a, use: web, namespace: team, params: {front: {nodePort: 30080}}}
    - {name: b, use: web, namespace: team, params: {back: {nodePort: 30081}, front: {nodePort: 30080}}}
"""
WEB = """\
summary: A Service
params: {front: {nodePort: int32}, back: {nodePort?: int32}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: "${{ self.name }}"}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, nodePort: "${{ front.nodePort }}"}]
"""


def test_a_number_is_shown_where_the_same_key_says_it() -> None:
    """A node port that is taken is one number of many; the key says which."""
    files = {
        "stack.yaml": (HEAD + SERVICES).encode(),
        "components/web/component.yaml": WEB.encode(),
        "components/web/manifests/service.yaml": SERVICE.encode(),
    }
    [taken] = [d for d in build(MemoryFiles(files), "stack.yaml", (), ()).diagnostics if d.code == "SC690"]
    assert text_at(SERVICES, taken) == "30080"
    assert str(taken.span) == "stack.yaml:13:96"
