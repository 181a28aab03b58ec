"""Reports of changes and progress: every line means one thing, and no foreign string can do anything."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.model.change import Action, Change, ChangeSet, Conflict, FieldChange, Item
from compiler.model.event import Event, EventKind
from compiler.model.ids import ObjectId
from compiler.model.status import Health, Status
from compiler.report.diff import render, render_json, summary
from compiler.report.progress import lines

WEB = ObjectId("apps", "Deployment", "n", "web")
IMAGE = FieldChange(("spec", "containers", Item((("name", "c"),)), "image"), "a:1", "a:2", "change")


def changes(*fields: FieldChange, action: Action = Action.IN_PLACE, **more: object) -> ChangeSet:
    return ChangeSet((Change(WEB, action, fields, **more), Change(WEB._replace(name="idle"), Action.UNCHANGED)))  # type: ignore[arg-type]


def test_render_shows_each_field_with_old_and_new() -> None:
    """A changed field is its path and two lines; unchanged objects are only counted."""
    found = changes(IMAGE, action=Action.ROLLOUT, reason="why")
    assert render(found, color=False) == (
        '~ Deployment.apps n/web (rollout): why\n    spec.containers[name="c"].image\n      - "a:1"\n      + "a:2"\n'
    )
    assert summary(found) == "1 to roll out, 1 unchanged"


def test_render_without_differences_is_empty() -> None:
    """Nothing to say is no output; the summary says so in words."""
    same = ChangeSet((Change(WEB, Action.UNCHANGED),))
    assert render(same, color=False) == ""
    assert summary(same) == "no differences: 1 unchanged"
    assert summary(ChangeSet(())) == "no objects"
    assert summary(same, refused=2) == "1 unchanged, 2 refused"


def test_render_new_objects_are_one_line_and_untried_ones_are_counted() -> None:
    """A new object is its name; that the server could not be asked about it stands in the summary alone."""
    found = ChangeSet((Change(WEB, Action.CREATE, reason="namespace `n` is new"), Change(WEB, Action.CREATE)))
    assert render(found, color=False) == "+ Deployment.apps n/web\n" * 2
    assert summary(found) == "2 to create (1 of them untried: what they need is new too)"
    judged = ChangeSet((Change(WEB, Action.CREATE, reason="judged offline: why"),))
    assert render(judged, color=False) == "+ Deployment.apps n/web: judged offline: why\n"


def test_render_long_text_shows_the_lines_that_differ() -> None:
    """Text of many lines is a unified diff; long single lines are cut around the difference."""
    text = "\n".join(f"line {n}" for n in range(50))
    shown = render(changes(FieldChange(("data", "t"), text, text.replace("line 25", "LINE"), "change")), color=False)
    assert "      -line 25\n      +LINE\n" in shown
    assert "line 2\n" not in shown
    long = render(changes(FieldChange(("data", "t"), "x" * 5000 + "a", "x" * 5000 + "b", "change")), color=False)
    assert 'xa"\n' in long
    assert 'xb"\n' in long
    assert len(long) < 400


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a\nb\n", "a\nc\n", ["@@ -1,2 +1,2 @@", " a", "-b", "+c"]),
        ("a\nb\n", "a\nb", ["@@ -1,2 +1,3 @@", " a", " b", "+\\ no end of line"]),
        ("a", "a\n", ["@@ -1,2 +1 @@", " a", "-\\ no end of line"]),
        ("a\n", "a\nb\n", ["@@ -1 +1,2 @@", " a", "+b"]),
        (None, "a\nb\n", ["+ a", "+ b"]),
    ],
)
def test_render_text_shows_lines_and_a_missing_line_end(old: str | None, new: str, expected: list[str]) -> None:
    """Text is told line by line, and whether its last line ends is seen."""
    field = FieldChange(("data", "t"), old, new, "change" if old else "add")
    shown = render(changes(field), color=False).splitlines()
    assert [line.removeprefix("      ") for line in shown[2:]] == expected


def test_render_long_line_of_a_text_is_cut_around_the_difference() -> None:
    """Text of a few lines may hold a very long one: what differs in it is seen all the same."""
    old, new = f"one\n{'x' * 5000}a\n", f"one\n{'x' * 5000}b\n"
    shown = render(changes(FieldChange(("data", "t"), old, new, "change")), color=False)
    assert "xa\n" in shown
    assert "xb\n" in shown
    assert len(shown) < 400


def test_render_list_without_its_last_item_shows_that_item_alone() -> None:
    """No comma makes a line of a list differ that says the same as before."""
    shown = render(changes(FieldChange(("args",), ["a", "b"], ["a"], "change")), color=False)
    assert [line.strip() for line in shown.splitlines() if line.strip()[:1] in "+-"] == ['-  "b"']


def test_render_moves_adds_removes_and_conflicts() -> None:
    """Moves name both places, conflicts the manager, added and removed fields have one side."""
    conflict = Conflict(WEB, ".spec.replicas", '"hpa"')
    found = changes(
        FieldChange(("a", Item((("name", "x"),))), 0, 2, "move"),
        FieldChange(("b",), None, {"k": [1]}, "add"),
        FieldChange(("c",), "gone", None, "remove"),
        conflicts=(conflict,),
    )
    shown = render(found, color=False)
    assert '    a[name="x"]: moves from place 0 to 2\n' in shown
    assert '      + {\n      +   "k": [\n' in shown
    assert '    c\n      - "gone"\n' in shown
    assert '    conflict: .spec.replicas is owned by "hpa"\n' in shown
    assert summary(found) == "1 to change in place, 1 unchanged, 1 field conflict"


def test_render_colours_only_when_asked() -> None:
    """Without colour there is no escape sequence, with colour every one is closed."""
    assert "\x1b" not in render(changes(IMAGE), color=False)
    painted = render(changes(IMAGE), color=True)
    assert painted.count("\x1b[0m") * 2 == painted.count("\x1b[")


def test_render_json_gives_no_command_to_a_runner() -> None:
    """CI runners obey `##[` anywhere in a line; JSON can say it otherwise."""
    shown = render_json(
        changes(FieldChange(("data", "a"), "x", "##[error]y", "change")), stack="s", context="c", server="u"
    )
    assert "##" not in shown
    assert json.loads(shown)["changes"][0]["fields"][0]["new"] == "##[error]y"


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20))
def test_render_hostile_strings_do_nothing(old: str, new: str, name: str) -> None:
    """Whatever names and values hold, no control character but the newline reaches the terminal."""
    found = changes(
        FieldChange(("data", name), old, new, "change"), action=Action.RECREATE, reason=old,
        conflicts=(Conflict(WEB, new, old),),
    )  # fmt: skip
    shown = render(found, color=False)
    assert all(character == "\n" or character.isprintable() or ord(character) > 159 for character in shown)
    assert not any(character in shown for character in "\u202e\u2028\u200b\x9b")
    assert json.loads(render_json(found, stack=name, context=old, server=new))["changes"][0]["fields"][0]["new"] == new


def test_lines_tell_steps_once_and_unknown_as_unknown() -> None:
    """Waits have their end, and a word of their own when they are long; unknown is not called ready."""
    ready, unknown = Status(Health.CURRENT), Status(Health.UNKNOWN, "NotAvailable", "no answer yet")
    silent = Status(Health.UNKNOWN, "NoReadyCondition", "says nothing")
    events = [
        Event(EventKind.CREATED, WEB, done=0, total=2),
        Event(EventKind.WAITING, WEB, "0 of 1", done=0, total=2),
        Event(EventKind.WAITING, WEB, "0 of 1: no node", done=0, total=2),
        Event(EventKind.READY, WEB, status=ready, done=1, total=2),
        Event(EventKind.UNCHANGED, WEB._replace(name="b"), done=1, total=2),
        Event(EventKind.READY, WEB._replace(name="b"), status=ready, done=2, total=2),
        Event(EventKind.READY, WEB._replace(name="c"), "no answer yet", unknown, done=2, total=2),
        Event(EventKind.READY, WEB._replace(name="d"), "says nothing", silent, done=2, total=2),
        Event(EventKind.DONE, None, "1 created, 1 unchanged", done=2, total=2),
    ]
    assert [" ".join(line.split()) for line in lines(events, color=False)] == [
        "[0/2] created Deployment.apps n/web",
        "[0/2] waiting Deployment.apps n/web: 0 of 1: no node",
        "[1/2] ready Deployment.apps n/web",
        "[2/2] unknown Deployment.apps n/c: no answer yet",
        "1 created, 1 unchanged",
    ]
