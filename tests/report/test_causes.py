"""What is the same for many objects is told once, and only that."""

from __future__ import annotations

from compiler.model.diagnostic import Diagnostic, Note, Severity
from compiler.model.ids import ObjectId
from compiler.model.source import Span
from compiler.report.causes import by_cause


def refused(name: str, message: str, *, namespace: str = "n", line: int = 1, code: str = "SC805") -> Diagnostic:
    id = ObjectId("", "ConfigMap", namespace, name)
    said = message.format(id=id, name=name)
    return Diagnostic(code, Severity.ERROR, said, span=Span("s.yaml", line, 1, line, 2), object=id)


def test_by_cause_tells_the_first_place_and_names_the_others() -> None:
    """Objects are the same cause whatever their names; the first place in the file speaks for all."""
    said = 'the server refuses {id}: configmaps "{name}" is forbidden: full'
    found = [refused(f"c{n}", said, line=9 - n) for n in range(8)]
    (told,) = by_cause(found)
    assert told.object == found[7].object
    assert told.notes == (
        Note(
            "and 7 more: ConfigMap n/c6, ConfigMap n/c5, ConfigMap n/c4, ConfigMap n/c3, ConfigMap n/c2, …",
        ),
    )
    (pair,) = by_cause(found[:2])
    assert pair.notes == (Note("and 1 more: ConfigMap n/c0"),)


def test_by_cause_keeps_other_causes_apart() -> None:
    """Another message, code or namespace that is named, and what is about no object, stay as they are."""
    found = [
        refused("a", "refuses {id}: one"),
        refused("b", "refuses {id}: two"),
        refused("c", "refuses {id}: one", code="SC806"),
        refused("d", 'refuses {id}: namespaces "x" not found', namespace="x"),
        refused("d", 'refuses {id}: namespaces "y" not found', namespace="y"),
        Diagnostic("SC801", Severity.ERROR, "the cluster can't be reached"),
    ]
    assert set(by_cause(found)) == set(found)


def test_by_cause_object_named_as_its_namespace_is_one_of_many() -> None:
    """The namespace that is missing is the same cause for an object of the same name."""
    found = [refused(name, 'refuses {id}: namespaces "n" not found', namespace="n") for name in ("m", "n")]
    assert len(by_cause(found)) == 1
