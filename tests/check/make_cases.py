"""Make cases-1.36.jsonl.gz: break objects in small ways and write down what a real API server says of each.

usage: make_cases.py KUBECONFIG SEED COUNT, with the kubeconfig of `stackc sandbox up`.
A case is {"base", "path", "op", "object", "accepted", "message"}: a server-side apply with dryRun=All and
fieldValidation=Strict. What depends on other objects (403, 404, 409) is left out.
"""

from __future__ import annotations

import gzip
import http.client
import json
import random
import ssl
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

HERE = Path(__file__).parent
CASES = HERE / "cases-1.36.jsonl.gz"
_FOREIGN = (0, 403, 404, 409, 429)


class Server:
    """One API server, asked over connections that are kept, one a thread."""

    def __init__(self, kubeconfig: str) -> None:
        config = yaml.safe_load(Path(kubeconfig).read_text())
        self._host = config["clusters"][0]["cluster"]["server"].partition("//")[2]
        self._token = config["users"][0]["user"]["token"]
        self._context = ssl._create_unverified_context()  # a sandbox on loopback with its own certificate
        self._local = threading.local()
        self._kinds: dict[str, dict[str, tuple[str, bool]]] = {}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Return status and answer; status 0 when there is none."""
        headers = {"Authorization": f"Bearer {self._token}"}
        if body is not None:
            headers["Content-Type"] = "application/apply-patch+yaml"
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPSConnection(self._host, context=self._context, timeout=30)
        try:
            self._local.connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self._local.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):  # no answer, or one that is no object
            del self._local.connection
            return 0, {}

    def verdict(self, body: dict[str, Any]) -> tuple[int, str]:
        """Return status and message of a dry run."""
        version, name = body["apiVersion"], body["metadata"].get("name")
        root = "/api/v1" if version == "v1" else f"/apis/{version}"
        if root not in self._kinds:
            found = self.ask("GET", root)[1].get("resources", [])
            self._kinds[root] = {r["kind"]: (r["name"], r["namespaced"]) for r in found if "/" not in r["name"]}
        if not isinstance(name, str) or not name or "/" in name or " " in name:
            return 0, ""
        plural, namespaced = self._kinds[root][body["kind"]]
        where = f"/namespaces/{body['metadata'].get('namespace') or 'default'}" if namespaced else ""
        query = "dryRun=All&fieldValidation=Strict&fieldManager=cases&force=true"
        status, answer = self.ask("PATCH", f"{root}{where}/{plural}/{quote(name, safe='')}?{query}", body)
        return status, answer.get("message", "")


def changes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield small ways to break a value: a word for each, and the new value."""
    yield "null", None
    if isinstance(value, bool):
        yield from (("flip", not value), ("str", str(value).lower()), ("to 0", 0))
    elif isinstance(value, int):
        numbers = (-1, 0, 1, 2, 99, 101, 256, 65_536, 70_000, 10**9 + 1, 1 << 31, 1 << 40, 1.5, 3.0, str(value), "50%")
        yield from ((f"to {number!r}", number) for number in numbers)
    elif isinstance(value, str):
        yield from (("empty", ""), ("upper", value.upper()), ("int", 7), ("star", "*"), ("percent", "150%"))
        yield from ((f"and {end!r}", value + end) for end in ("_x", ".", " y", "/z"))
        yield from (("dash", f"-{value}"), ("up", "../x"), ("number", "123"), ("minus", "-5"), ("ip", "10.0.0.300"))
        yield from (
            ("line end", value + "\n"),
            ("letters", "\xfcn\xef"),
            ("under", "_a"),
            ("dots", "..a"),
            ("quantity", "1Xi"),
        )
        yield from (("lower", value.lower()), ("capital", value.capitalize()), ("url", "http://x"), ("dollar", "$(X)"))
        yield from ((f"long {size}", (value + "a" * size)[:size]) for size in (16, 20, 64, 254, 300))
    elif isinstance(value, list):
        yield from (
            ("empty", []),
            ("double", value + value[:1]),
            ("map", {}),
            ("str", "x"),
            ("and null", [*value, None]),
            ("turned", value[::-1]),
            ("many", value * 40),
            ("and map", [*value, {}]),
        )
    elif isinstance(value, dict):
        yield from (("empty", {}), ("list", []), ("str", "x"), ("unknown", {**value, "bogus": 1}))
        yield from (("bad key", {**value, "-a b": "x"}), ("long key", {**value, "a" * 64: "x"}))


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield every place of an object with its value."""
    yield path, value
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*path, key))


def changed(body: Any, path: tuple[str | int, ...], new: Any, *, drop: bool = False) -> Any:
    """Return a copy of an object with one place changed, or dropped."""
    copy = dict(body) if isinstance(body, dict) else list(body)
    key: Any = path[0]
    if len(path) > 1:
        copy[key] = changed(body[key], path[1:], new, drop=drop)
    elif drop:
        del copy[key]
    else:
        copy[key] = new
    return copy


def cases(bodies: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield every case that the bases give, without its verdict."""
    for body in bodies:
        base = f"{body['kind']}/{body['metadata']['name']}"
        for path, value in places(body):
            if len(path) < 2 or path[0] in ("apiVersion", "kind"):
                continue
            said = {"base": base, "path": "/".join(map(str, path))}
            yield said | {"op": "drop", "object": changed(body, path, None, drop=True)}
            for op, new in changes(value):
                yield said | {"op": op, "object": changed(body, path, new)}


def main() -> None:
    """Ask the server about COUNT cases, and write them down."""
    server, dice, count = Server(sys.argv[1]), random.Random(sys.argv[2]), int(sys.argv[3])
    bodies = list(yaml.safe_load_all((HERE / "bases.yaml").read_text()))
    refused = [(body["kind"], said) for body in bodies if (said := server.verdict(body))[0] >= 300]
    if refused:
        sys.exit(f"bases must be taken as they are: {refused}")
    everything = list(cases(bodies))
    asked = dice.sample(everything, min(count, len(everything)))
    with ThreadPoolExecutor(6) as pool:
        verdicts = list(pool.map(lambda case: server.verdict(case["object"]), asked))
    rows = [
        case | {"accepted": status < 300, "message": message if status >= 300 else ""}
        for case, (status, message) in zip(asked, verdicts, strict=True)
        if status not in _FOREIGN
    ]
    text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    CASES.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    sys.stdout.write(f"{len(rows)} cases, {sum(row['accepted'] for row in rows)} accepted\n")


if __name__ == "__main__":
    main()
