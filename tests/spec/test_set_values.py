"""`--set`: the grammar of paths, and values typed by their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

STACK = (
    '  kubernetes: "1.34"\n  params: {tag: {default: "1", enum: ["1", "2"]}, count: 3}\n'
    '  jobs:\n    - {name: train, namespace: default, image: "b:${{ params.tag }}", env: {A: a}, '
    'replicas: "${{ params.count }}"}\n'
    "  registry: {images: {a/b.c: x:1}}\n"
)


def _get(value: Any, path: str) -> Any:
    for part in path.split("/"):
        value = value[int(part)] if part.isdigit() else value[part.replace("~1", "/")]
    return value


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("kubernetes=1.30", "kubernetes", "1.30"),
        ("jobs[train].resources.gpu=2", "jobs/0/resources/gpu", 2),
        ("jobs[train].resources.memory=2Gi", "jobs/0/resources/memory", "2Gi"),
        ("jobs[train].suspend=true", "jobs/0/suspend", True),
        ("jobs[train].env.B=true", "jobs/0/env/B", "true"),
        ("jobs[train].env.B={secretRef: {name: s, key: k}}", "jobs/0/env/B/secretRef", {"name": "s", "key": "k"}),
        ("jobs[train].args=[a, '1']", "jobs/0/args", ["a", "1"]),
        ('registry.images["a/b.c"]=y:2', "registry/images/a~1b.c", "y:2"),
        ("registry.images.d=e=f", "registry/images/d", "e=f"),
        ("tls={selfSigned: {}}", "tls", {"selfSigned": {}}),
        ("params.tag=2", "params/tag", {"default": "2", "enum": ["1", "2"]}),
        ("params.tag=2", "jobs/0/image", "b:2"),
        ("params.count=4", "jobs/0/replicas", 4),
        ("domain=", "domain", ""),
    ],
)
def test_set_value_is_typed_by_its_place(text: str, path: str, expected: Any, run: Callable[..., Any]) -> None:
    """A value is a text unless the schema of the place says otherwise."""
    assert _get(run(STACK, sets=(text,)).spec, path) == expected


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("preset", "SC221", "--set:1:6"),
        ("=a", "SC222", "--set:1:1"),
        (".preset=dev", "SC222", "--set:1:1"),
        ("jobs..a=1", "SC222", "--set:1:5"),
        ("[a].b=1", "SC222", "--set:1:1"),
        ("jobs[train]replicas=1", "SC222", "--set:1:12"),
        ("registry.imagse=1", "SC223", "--set:1:10"),
        ("jobs.train.replicas=1", "SC224", "--set:1:6"),
        ("registry[a]=1", "SC224", "--set:1:10"),
        ("jobs[train].args[x]=1", "SC224", "--set:1:18"),
        ("jobs[train].replicas.a=1", "SC225", "--set:1:22"),
        ("jobs[tain].replicas=1", "SC226", "--set:1:6"),
        ("tls={selfSigned", "SC227", "--set:1:5"),
        ("params.tga=1", "SC228", "--set:1:8"),
        ("jobs[train].replicas=", "SC229", "--set:1:22"),
        ("jobs[train].replicas=null", "SC229", "--set:1:22"),
        ("jobs[train].replicas=many", "SC302", "--set:1:22"),
    ],
)
def test_set_is_refused_at_its_column(text: str, code: str, place: str, run: Callable[..., Any]) -> None:
    """Errors point into the argument itself."""
    assert run(STACK, sets=(text,)).at(code) == [place]


def test_every_wrong_set_is_reported_with_its_number(run: Callable[..., Any]) -> None:
    """All arguments are checked; the line is the number of the argument."""
    found = run(STACK, sets=("a", "preset=dev", "b")).at("SC221")
    assert found == ["--set:1:1", "--set:3:1"]


def test_set_suggests_the_item_that_is_there(run: Callable[..., Any]) -> None:
    """A misspelled item gets the name that was meant."""
    assert run(STACK, sets=("jobs[tain].replicas=1",)).only("SC226").help == "write `train`"


@pytest.mark.parametrize(
    ("text", "code", "help"),
    [
        ("spec.preset=dev", "SC223", "leave `spec.` out"),
        ("jobs[train].command={a,b}", "SC229", "write it in brackets: `[a, b]`"),
        ("jobs[train].labels[a.b/c]=d", "SC224", 'write `["a.b/c"]` for a free key'),
        ("jobs[train].args[x]=1", "SC224", "set the whole list: `PATH=[a, b]`"),
    ],
)
def test_set_as_other_tools_write_it_is_put_right(text: str, code: str, help: str, run: Callable[..., Any]) -> None:
    """Helm's braces for a list, a path from the document's root, a free key without quotes."""
    assert run(STACK, sets=(text,)).only(code).help == help
