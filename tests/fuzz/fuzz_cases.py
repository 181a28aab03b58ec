"""Mutated stacks, overlays, `--set` values, manifests and components: case N of a seed is the same everywhere."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
SEED = 20240607
"""Of the sample in `make test` and of the full one; printed when a case fails."""


class Case(NamedTuple):
    """One run: the command line, and the files of its root. `{root}` in the command line stands for the root."""

    arguments: tuple[str, ...]
    files: dict[str, bytes]


STACKS = tuple(sorted((ROOT / "stacks").glob("*/stack.yaml")))
OVERLAYS = tuple(sorted((ROOT / "overlays").glob("*.yaml")))
COMPONENT = {
    f"components/web/{file.relative_to(folder).as_posix()}": file.read_bytes()
    for folder in [ROOT / "benchmarks" / "components" / "web"]
    for file in sorted(folder.rglob("*.yaml"))
}
CUSTOM = Path(__file__).with_name("custom.yaml").read_bytes()
BASES = (ROOT / "tests" / "check" / "bases.yaml").read_bytes().split(b"\n---\n")
OWN = b"""apiVersion: stackc.dev/v1alpha1
kind: Stack
metadata: {name: own}
spec:
  kubernetes: "1.34"
  params: {tag: {default: 1.4.2}, count: {default: 3}}
  domain: example.com
  namespaces: [{name: team, labels: {a: b}}]
  secrets:
    - {name: keys, keys: {token: {fromEnv: TOKEN}, file: {fromFile: secrets/key}}}
  data:
    - {name: images, pvc: {size: 10Gi}}
  components:
    - {name: web, version: "1.0.0", namespace: team, params: {image: "registry.example.com/web:${{ params.tag }}"}}
    - {name: web-2, use: web, version: "1.0.0", namespace: team, params: {image: a/b:1, replicas: 2, env: {A: "1"}}}
  jobs:
    - name: train
      namespace: team
      image: registry.example.com/train:1
      command: [python, train.py]
      resources: {cpu: "1", memory: 1Gi}
      volumes: [{name: d, mountPath: /d, data: images}]
  manifests: [extra.yaml]
  patches:
    - {name: p, target: {kind: ConfigMap, name: extra}, set: {/data/a: "2"}, expect: 1}
"""
EXTRA = b"""apiVersion: v1
kind: ConfigMap
metadata: {name: extra, namespace: team}
data: {a: "1", b: &x "2"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: extra, namespace: team, labels: {app: extra}}
spec:
  replicas: 2
  selector: {matchLabels: {app: extra}}
  template:
    metadata: {labels: {app: extra}}
    spec:
      containers:
      - name: c
        image: a/b:1
        ports: [{name: http, containerPort: 8080}]
        env: [{name: A, valueFrom: {configMapKeyRef: {name: extra, key: a}}}]
        resources: {requests: {cpu: 100m, memory: 1Gi}}
      volumes: [{name: v, configMap: {name: extra}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: extra, namespace: team}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: default, namespace: team}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.example.com}
spec:
  group: example.com
  names: {kind: Foo, plural: foos}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {a: {type: string, pattern: "^(a+)+$", maxLength: 5}}}}
---
apiVersion: example.com/v1
kind: Foo
metadata: {name: foo, namespace: team}
spec: {a: aaa}
"""

HOSTILE: tuple[object, ...] = (
    "", " ", "~", "null", "yes", "on", "0x1F", "1e999", "-0", "1_000", ".inf", ".nan", "12:30:45", "2024-01-01", "=",
    "<<", "${{ params.tag }}", "${{ nope }}", "${{ 9 ** 9 ** 9 }}", "${{ 'a' * 999999999 }}",
    "${{ range(999999999) }}", "${{", "${{ [].__class__ }}", "${{ " + "(" * 500 + ")" * 500 + " }}",
    "${{ " + "not " * 3000 + "true }}", "${{ stack }}", "../../../etc/passwd", "/etc/passwd", "/dev/zero", "..",
    "a/../../b", "secrets/key", "extra.yaml", "stack.yaml", "\x1b[31mred\x1b[0m", "a\nb", "a\r\nb", "\u2028",
    "\u202egnp.exe", "\ufeff", "\x00", "\x85", "::error::x", "<script>", "a`b`|c", "$(reboot)", "'; --", "A" * 300,
    "é" * 100, "x" * 70_000, "-", "--out", "Name", "name.", ".name", "a" * 64, 0, -1, 1, 2**31, 2**63, 2**64, 10**400,
    -(10**30), 0.1, 1e308, True, False, None, [], {}, [[]], [{}], {"a": {}}, {"": ""}, {"name": None}, [None],
    ["a", "a"], {"name": "web"}, [{"name": "a"}, {"name": "a"}], {"secretRef": {"name": "x"}}, "1.34", "1.14", "1.99",
    "v1", "apps/v1", "v1alpha1", "Deployment", "Stack", "Overlay", "List", "100m", "1Gi", "1Xi", "5m",
)  # fmt: skip
TOKENS = (
    b"&a ", b"*a", b"<<: *a", b"!!binary ", b"!!python/object:os.system ", b"!x ", b"${{ ", b" }}", b"\t", b"\x00",
    b"\xef\xbb\xbf", b"\r", b"\r\n", b"\xe2\x80\xa8", b"\xff\xfe", b"\xed\xa0\x80", b"? ", b"- ", b": ", b"{", b"}",
    b"[", b"]", b"[" * 300, b"{a: " * 120, b"- " * 200, b"9" * 5000, b"---\n", b"...\n", b"%YAML 9.9\n", b"|\n",
    b">-\n", b"# ", b"'", b'"', b'"\\x', b"'''", b"@", b"`", b", ", b"~", b"a" * 100_000, b"\n" * 2000,
    b"? [a, b] : c\n", b"\xf0\x9f\x98\x80", b"\x1b[2J", b"\x7f", b"\xc2\x85", b"e", b"0",
)  # fmt: skip


PATHS = (
    "kubernetes", "components.web.params.replicas", "components[web].params", "components.web.params.env.X", "domain",
    "params.tag", "jobs.train.image", "jobs", "manifests", "a.b.c", "", ".", "x" * 5000,
)  # fmt: skip
"""Of `--set`."""


def case(seed: int, number: int) -> Case:
    """Return one case; kinds take turns."""
    rng = random.Random(f"{seed}/{number}")
    return KINDS[number % len(KINDS)](rng)


def stack_case(rng: random.Random) -> Case:
    """A mutated lab."""
    return Case(("compile", "{root}/stack.yaml"), {"stack.yaml": mutated(rng, rng.choice(STACKS).read_bytes())})


def own_case(rng: random.Random) -> Case:
    """A mutated stack with a component, manifests and patches of its own."""
    return Case(
        ("compile", "{root}/stack.yaml", "--out", "{root}/out"), own_files() | {"stack.yaml": mutated(rng, OWN)}
    )


def overlay_case(rng: random.Random) -> Case:
    """A lab under a mutated overlay, and a `--set` that may be as odd."""
    files = {
        "stack.yaml": rng.choice(STACKS).read_bytes(),
        "overlay.yaml": mutated(rng, rng.choice(OVERLAYS).read_bytes()),
    }
    sets = ("--set", set_value(rng)) if rng.random() < 0.3 else ()
    return Case(("compile", "{root}/stack.yaml", "-O", "{root}/overlay.yaml", *sets), files)


def set_case(rng: random.Random) -> Case:
    """Odd `--set` values over a sound stack."""
    sets = [word for _ in range(rng.randint(1, 3)) for word in ("--set", set_value(rng))]
    return Case(("compile", "{root}/stack.yaml", *sets), own_files())


def stream_case(rng: random.Random) -> Case:
    """Mutated plain manifests: a few, some of all kinds, or a custom kind and its object."""
    kind = rng.choice((("-o", "json"), ("-o", "text"), ("--each",)))
    raw = rng.choice((EXTRA, CUSTOM, b"\n---\n".join(rng.sample(BASES, 3))))
    return Case(("validate", "-f", "{root}/extra.yaml", *kind), {"extra.yaml": mutated(rng, raw)})


def manifests_case(rng: random.Random) -> Case:
    """A sound stack whose `manifests:` are mutated."""
    return Case(("validate", "{root}/stack.yaml", "-o", "json"), own_files() | {"extra.yaml": mutated(rng, EXTRA)})


def component_case(rng: random.Random) -> Case:
    """A sound stack whose component is mutated."""
    name = rng.choice(sorted(COMPONENT))
    return Case(("compile", "{root}/stack.yaml"), own_files() | {name: mutated(rng, COMPONENT[name])})


KINDS: tuple[Callable[[random.Random], Case], ...] = (
    stack_case, own_case, overlay_case, stream_case, stack_case, manifests_case, set_case, component_case,
)  # fmt: skip


def own_files() -> dict[str, bytes]:
    """Return the files of the sound stack."""
    return {"stack.yaml": OWN, "extra.yaml": EXTRA, "secrets/key": b"k\n", **COMPONENT}


def set_value(rng: random.Random) -> str:
    """Return one argument of `--set`."""
    path = rng.choice(PATHS)
    value = rng.choice(HOSTILE)
    text = value if isinstance(value, str) else json.dumps(value)
    joined = rng.choice((f"{path}={text}", f"{path}.{text}=1", path, f"{path}=", f"={text}", f"{path}[0]={text}"))
    return joined.replace("\x00", "")  # no command line can hold it


def mutated(rng: random.Random, raw: bytes) -> bytes:
    """Return a text with some changes: in its structure, in its bytes, or in both."""
    where = rng.choice(("structure", "structure", "bytes", "both"))
    changed = _structure(rng, raw) if where != "bytes" else raw
    for _ in range(rng.randint(1, 3) if where != "structure" else 0):
        changed = rng.choice(TEXT)(rng, changed)
    return changed


def _structure(rng: random.Random, raw: bytes) -> bytes:
    documents = list(yaml.load_all(raw, yaml.CSafeLoader))
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(documents))
        places = list(_places(documents[at]))
        holder, key = rng.choice(places)
        _change(rng, holder, key, places)
    style = rng.choice((None, False))
    try:
        text = yaml.dump_all(documents, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=style)
    except RecursionError:  # deep values within each other: more than PyYAML can write
        return raw
    return text.encode("utf-8", "surrogatepass")


def _places(node: Any) -> Any:
    """Yield every (container, key) below a node."""
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], (dict, list)):
            yield from _places(node[key])


def _change(rng: random.Random, holder: Any, key: Any, places: list[Any]) -> None:
    if (key not in holder) if isinstance(holder, dict) else (key >= len(holder)):
        return  # an earlier change took it away
    action = rng.randrange(7)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, dict):
        holder[_typo(rng, str(key))] = holder.pop(key)
    elif action == 2 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif action == 3:
        other, where = rng.choice(places)
        if (where in other) if isinstance(other, dict) else (where < len(other)):
            holder[key] = copy.deepcopy(other[where])
    elif action == 4:
        holder[key] = _deep(rng.choice((20, 99, 150)))
    else:
        holder[key] = copy.deepcopy(rng.choice(HOSTILE))


def _deep(depth: int) -> Any:
    value: Any = "x"
    for level in range(depth):
        value = {"a": value} if level % 2 else [value]
    return value


def _typo(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word) + 1)
    return rng.choice(
        (word[:at] + word[at + 1 :], word[:at] + "x" + word[at:], word.swapcase(), str(rng.choice(HOSTILE))[:200])
    )


def _insert(rng: random.Random, raw: bytes) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + rng.choice(TOKENS) + raw[at:]


def _cut(rng: random.Random, raw: bytes) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + raw[at + rng.choice((1, 3, 20, 200)) :]


def _truncate(rng: random.Random, raw: bytes) -> bytes:
    return raw[: rng.randrange(len(raw) + 1)]


def _flip(rng: random.Random, raw: bytes) -> bytes:
    if not raw:
        return raw
    at = rng.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :]


def _lines(rng: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    action = rng.randrange(4)
    if action == 0:
        lines[one], lines[other] = lines[other], lines[one]
    elif action == 1:
        lines.insert(one, lines[other])
    elif action == 2:
        lines[one] = b" " * rng.randint(1, 5) + lines[one]
    else:
        lines[one] = lines[one].lstrip()
    return b"\n".join(lines)


TEXT: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _insert,
    _insert,
    _cut,
    _truncate,
    _flip,
    _flip,
    _lines,
    _lines,
)
