"""Circle 2: what the API server of the target would say to each object on its own.

A server first decodes (unknown fields, types, quantities, list keys), then validates. So do we: an object that can't be
decoded is not judged further, or one mistake would be told five times.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from compiler.build.template_places import made_here
from compiler.check.crds import CrdIndex
from compiler.check.decode import Decoder, normal
from compiler.check.kinds import unknown_kind
from compiler.check.rule import Problem, shown
from compiler.check.rules import has_own_rules, rules_of
from compiler.check.view import View
from compiler.formats.packs import OBJECT_META, Pack
from compiler.model.diagnostic import Diagnostic, Note, Severity
from compiler.model.ids import ObjectId, split_api_version
from compiler.model.manifest import Bundle, Manifest
from compiler.model.source import Span, pointer

Map = dict[str, Any]


_ASKS_NOTHING = frozenset(("resource.k8s.io",))
"""Groups whose servers take an object without what its schema requires: an absent struct is an empty one."""


class Found(NamedTuple):
    """One problem of one object, under its code."""

    code: str
    problem: Problem


class Look(NamedTuple):
    """What a look at one object gives: its problems, and its view if a server could decode it."""

    found: tuple[Found, ...]
    view: View | None


class Judge:
    """Judges objects for one target; keeps what it compiled, and what it saw, as bodies never change."""

    def __init__(
        self, pack: Pack, crds: CrdIndex | None = None, assumed: Collection[tuple[str, str]] = frozenset()
    ) -> None:
        """Take the target's pack, the CRDs that will be there, and the (group, kind) pairs that are said to be."""
        self.pack = pack
        self.crds = crds if crds is not None else CrdIndex({}, pack.definitions)
        self._assumed = assumed
        self._decoder = Decoder(pack.definitions)
        self._seen: dict[int, tuple[object, Look]] = {}

    def look(self, body: object) -> Look:
        """Return everything that is wrong with one object, nothing when the server would take it."""
        seen = self._seen.get(id(body))
        if seen is None:
            seen = self._seen[id(body)] = (body, self._look(body))
        return seen[1]

    def _look(self, body: object) -> Look:
        fault = _no_object(body)
        if fault is not None:
            return Look((fault,), None)
        assert isinstance(body, dict)
        group, version = split_api_version(body["apiVersion"])
        kind: str = body["kind"]
        schema = self.pack.schema(group, version, kind)
        if schema is None:
            return Look(tuple(self._custom(body, group, version, kind)), None)
        faults = self._decoder.faults(body, schema)
        if faults and any(code in self._decoder.STOPS for code, _ in faults):
            return Look(tuple(Found(*fault) for fault in faults), None)
        view = View(normal(body, schema, self.pack.definitions), self.pack.minor)
        rules = rules_of(view.kind)
        if faults and (has_own_rules(view.kind) or group in _ASKS_NOTHING):
            faults = [f for f in faults if f[0] != "SC603"]  # the server asks by its rules, not by its schema
        said = [Found(code, problem) for code, check in rules for problem in check(view)]
        return Look(tuple(_merged(said, faults) if faults else said), view)

    def _custom(self, body: Map, group: str, version: str, kind: str) -> list[Found]:
        if not self.crds.knows(group, kind):
            if (group, kind) in self._assumed and not self.pack.knows(group, kind):
                unsound = [Found(*fault) for fault in self.crds.metadata_faults(body)]
                return unsound or self._metadata(body)
            return [Found(*unknown_kind(self.pack, group, version, kind))]
        faults = [Found(*fault) for fault in self.crds.faults(body, group, version, kind)]
        return faults or self._metadata(body)

    def _metadata(self, body: Map) -> list[Found]:
        if not isinstance(body.get("metadata"), dict):
            return [Found("SC602", Problem(("metadata",), "`metadata` must be a map"))]
        meta = {"properties": {"metadata": {"$ref": OBJECT_META}}}
        view = View(normal(body, meta, self.pack.definitions), self.pack.minor)
        return [Found(code, problem) for code, check in rules_of("*") for problem in check(view)]


def _merged(said: list[Found], faults: list[tuple[str, Problem]]) -> list[Found]:
    """Put what the rules and what the schema say together: where both speak of a place, the rule says it better."""
    spoken = [found.problem.path for found in said]
    new = [f for f in faults if not any(path[: len(f[1].path)] == f[1].path for path in spoken)]
    return said + [Found(*fault) for fault in new]


def _no_object(body: object) -> Found | None:
    """Return what keeps a document from being an object at all."""
    if not isinstance(body, dict):
        return Found("SC600", Problem((), "a manifest is a map with `apiVersion`, `kind` and `metadata`"))
    for field in ("apiVersion", "kind"):
        value = body.get(field)
        if not isinstance(value, str) or not value:
            why = "must be a string" if value else "is required"
            return Found("SC600", Problem((field,), f"`{field}` {why}", f"set `{field}`"))
    if body["apiVersion"].count("/") > 1 or not split_api_version(body["apiVersion"])[1]:
        return Found("SC600", Problem(("apiVersion",), "`apiVersion` must be `version` or `group/version`"))
    if body.get("metadata") is None and not body["kind"].endswith("Review"):
        return Found("SC600", Problem(("metadata",), "`metadata` is required", "set `metadata.name`"))
    return None


def identity(body: Mapping[str, Any]) -> ObjectId | None:
    """Return the id of an object as far as it has one; None for what is no object."""
    version, kind, metadata = body.get("apiVersion"), body.get("kind"), body.get("metadata")
    if not isinstance(version, str) or not isinstance(kind, str):
        return None
    metadata = metadata if isinstance(metadata, dict) else {}
    name, namespace = metadata.get("name"), metadata.get("namespace")
    return ObjectId(
        split_api_version(version)[0],
        kind,
        namespace if isinstance(namespace, str) else "",
        name if isinstance(name, str) else "",
    )


def diagnostic(found: Found, body: object, span: Span | None, notes: tuple[Note, ...] = ()) -> Diagnostic:
    """Turn a problem into a diagnostic about its object."""
    code, problem = found
    body = body if isinstance(body, dict) else {}
    severity = Severity.WARNING if problem.warning else Severity.ERROR
    version = body.get("apiVersion")
    problem = _without_secret(problem, body)
    message = _with_field(problem)
    return Diagnostic(
        code, severity, message, problem.help, span, notes, identity(body),
        version if isinstance(version, str) else "", pointer(problem.path),
    )  # fmt: skip


def diagnostic_of(found: Found, manifest: Manifest) -> Diagnostic:
    """Turn a problem of a bundle's object into a diagnostic at the place that asked for the object."""
    made = diagnostic(found, manifest.body, manifest.origin.span, made_here(manifest))
    return made._replace(document=manifest.origin.document)


def _without_secret(problem: Problem, body: Map) -> Problem:
    """Return the problem without the value of a Secret in its message."""
    if body.get("kind") != "Secret" or problem.path[:1] not in (("data",), ("stringData",)):
        return problem
    value: Any = body
    for part in problem.path:
        value = value.get(part) if isinstance(value, dict) else None
    if value is None or isinstance(value, dict | list):
        return problem
    message, help = problem.message, problem.help
    for text in (shown(value), str(value).lower()):
        message = message.replace(f"`{text}`", "the value (not shown)")
        help = help.replace(f"`[{text}]`", "`[…]`").replace(f"`{text}`", "it")
    return problem._replace(message=message, help=help)


def _with_field(problem: Problem) -> str:
    """Return the message with the name of its field, so that it can be read alone."""
    field = next((part for part in reversed(problem.path) if isinstance(part, str)), "")
    return problem.message if not field or f"`{field}`" in problem.message else f"`{field}`: {problem.message}"


def check_objects(bundle: Bundle, judge: Judge) -> tuple[Diagnostic, ...]:
    """Judge every manifest of a bundle on its own; a diagnostic points at the user's place that asked for it.

    Errors: all of SC6xx but SC613, a custom kind without CRD: the reference graph tells that once for each kind.
    """
    return tuple(
        diagnostic_of(found, manifest)
        for manifest in bundle.manifests
        for found in judge.look(manifest.body).found
        if found.code != "SC613"
    )
