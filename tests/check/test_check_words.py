"""How circle 2 says that a value has the wrong type: what it is, what belongs there, how to write it."""

from __future__ import annotations

import pytest

from compiler.check.stream import Source, check_stream

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  %s\n  containers: [{name: c, image: b%s}]\n"


def words(text: str) -> list[tuple[str, str, str]]:
    found = check_stream([Source("m.yaml", text.encode())], 36, each=True).diagnostics
    return [(d.code, d.message, d.help) for d in found]


@pytest.mark.parametrize(
    ("field", "message", "help"),
    [
        ('priority: "2"', "`priority` is a text, expected an integer", "write `2` without quotes"),
        ("priority: five", "`priority` is a text, expected an integer", "write an integer"),
        ("priority: [1]", "`priority` is a list, expected an integer", "write an integer"),
        ("nodeName: 5", "`nodeName` is a number, expected a string", 'write it in quotes, as `"5"`'),
        ("nodeName: 1.20", "`nodeName` is a number, expected a string", 'write it in quotes, as `"1.20"`'),
        ("nodeName: off", "`nodeName` is a boolean, expected a string", 'write it in quotes, as `"off"`'),
        ("nodeName: 0755", "`nodeName` is a number, expected a string", 'write it in quotes, as `"0755"`'),
        ("nodeName: true", "`nodeName` is a boolean, expected a string", 'write it in quotes, as `"true"`'),
        ('hostNetwork: "yes"', "`hostNetwork` is a text, expected `true` or `false`", "write `true` or `false`"),
        ("tolerations: all", "`tolerations` is a text, expected a list", "write a list: `[all]`"),
        ("tolerations: {key: a}", "`tolerations` is a map, expected a list", "write a list"),
        ("securityContext: 5", "`securityContext` is a number, expected a map", "write a map"),
        ("tolerations: [all]", "`tolerations`: the item is a text, expected a map", "write a map"),
    ],
)
def test_a_wrong_type_is_told_as_in_a_stack(field: str, message: str, help: str) -> None:
    assert words(POD % (field, "")) == [("SC602", message, help)]


def test_a_wrong_form_says_what_can_not_be_and_what_is_expected() -> None:
    ((code, message, help),) = words(POD % ("priority: 1", ", resources: {requests: {memory: 4gb}}"))
    assert (code, help) == ("SC605", "")
    assert message.startswith("`memory` can't be `4gb`: expected a quantity")


@pytest.mark.parametrize("value", ["8123", "8123.5", "[8123]", "{a: 8123}"])
@pytest.mark.parametrize("field", ["data", "stringData"])
def test_the_help_does_not_show_the_value_of_a_secret(field: str, value: str) -> None:
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{field}: {{k: {value}}}\n"
    ((code, message, help),) = words(text)
    assert code == "SC602"
    assert "8123" not in message + help
    assert "  " not in help


def test_a_kind_that_nobody_defines_and_a_document_without_a_name() -> None:
    """The help fits plain manifests, and nothing stands where the name would."""
    from compiler.check.stream import Source, check_stream

    def judged(text: str) -> tuple[str, str]:
        (found,) = check_stream([Source("a.yaml", text.encode())], 34).diagnostics
        return str(found.object), found.help

    assert judged("{apiVersion: a.io/v1, kind: A, metadata: {name: a}}")[1] == "give its CRD with `-f`, too"
    assert (
        judged("{apiVersion: stackc.dev/v1alpha1, kind: Stack, metadata: {name: a}}")[1] == "give a stack without `-f`"
    )
    assert judged("{apiVersion: a.io/v1, kind: A}") == ("A.a.io", "set `metadata.name`")
