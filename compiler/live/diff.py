"""A bundle against a live cluster: what applying it would change, object by object. Reads and dry runs only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from compiler.live.judge import judge, judge_offline
from compiler.live.kinds import kinds_of_crds
from compiler.live.port import ClusterError, ClusterPort, Discovery
from compiler.live.refusals import refused, unreachable
from compiler.live.retry import retried
from compiler.live.settings import Settings, settings_for
from compiler.live.threads import threads
from compiler.model.change import Action, Change, ChangeSet
from compiler.model.diagnostic import Diagnostic, Outcome, Severity
from compiler.model.ids import ObjectId
from compiler.model.manifest import Body, Bundle, Manifest

STACK_LABEL = "stackc.dev/stack"
_WORTH_A_LIST = 4
_NO_DRY_RUN = "does not support dry run"  # a webhook whose sideEffects are Some or Unknown

_Verdict = Change | Diagnostic
_Lives = Mapping[ObjectId, Body]


class _Ahead(NamedTuple):
    """What the bundle itself brings, which the server can't know while nothing is written.

    Shape: `kinds` maps (apiVersion, kind) to its CRD; `new` are the ids that will be created, `changed` the CRDs that
    will change; `needs` maps an object to what it refers to.
    """

    kinds: Mapping[tuple[str, str], ObjectId]
    new: frozenset[ObjectId]
    changed: frozenset[ObjectId]
    needs: Mapping[ObjectId, frozenset[ObjectId]]


def diff_bundle(bundle: Bundle, port: ClusterPort, settings: Settings | None = None) -> Outcome[ChangeSet]:
    """Return what applying a bundle would change.

    Errors: SC801, SC802 with no value where there is no cluster; SC803 to SC806 for objects that the server refuses,
    beside the changes of all others; SC807 is a warning for an object that was judged offline.
    """
    settings = settings or settings_for(bundle)
    try:
        discovery = port.discovery()
    except ClusterError as error:
        return Outcome(None, (unreachable(error),))
    with threads(settings.threads) as pool:
        lives = _read_lives(bundle, port, discovery, pool)
        first = [
            manifest for manifest in bundle.manifests if manifest.id.kind in ("Namespace", "CustomResourceDefinition")
        ]
        ahead = _Ahead(kinds_of_crds(bundle), frozenset(), frozenset(), _needs(bundle))

        def look(manifest: Manifest) -> list[_Verdict]:
            return _look(manifest, port, lives.get(manifest.id), ahead, settings)

        verdicts = dict(zip((m.id for m in first), pool.map(look, first), strict=True))
        ahead = _learn(ahead, verdicts)
        rest = [manifest for manifest in bundle.manifests if manifest.id not in verdicts]
        verdicts.update(zip((m.id for m in rest), pool.map(look, rest), strict=True))
        # a refusal may only mean that something else of the bundle isn't there yet
        ahead = _learn(ahead, verdicts)
        again = [m for m in rest if ahead.needs.get(m.id, frozenset()) & ahead.new and _is_refused(verdicts[m.id])]
        excused = pool.map(lambda manifest: _excuse(manifest, port, verdicts[manifest.id]), again)
        verdicts.update(zip((m.id for m in again), list(excused), strict=True))
    return _gather(bundle, verdicts)


def _gather(bundle: Bundle, verdicts: Mapping[ObjectId, list[_Verdict]]) -> Outcome[ChangeSet]:
    found = [verdict for manifest in bundle.manifests for verdict in verdicts[manifest.id]]
    problems = dict.fromkeys(verdict for verdict in found if isinstance(verdict, Diagnostic))
    lost = [problem for problem in problems if problem.code in ("SC801", "SC802")]
    if lost:
        return Outcome(None, tuple(lost[:1]))
    return Outcome(ChangeSet(tuple(v for v in found if isinstance(v, Change))), tuple(problems))


def _look(
    manifest: Manifest, port: ClusterPort, live: Body | None, ahead: _Ahead, settings: Settings
) -> list[_Verdict]:
    early = _foreseen(manifest, port, ahead)
    if early is not None:
        return [early]
    try:
        return [judge(manifest, port, live, settings)]
    except ClusterError as error:
        crd = ahead.kinds.get((manifest.api_version, manifest.id.kind))
        if crd in ahead.changed and not error.unreachable:
            return [_offline(manifest, port, live, settings, "its CRD changes too")]
        if error.code == 400 and _NO_DRY_RUN in error.message:
            return [_offline(manifest, port, live, settings, "a webhook does not support dry runs")]
        return [refused(manifest, error, settings.redact)]


def _offline(manifest: Manifest, port: ClusterPort, live: Body | None, settings: Settings, why: str) -> _Verdict:
    """Judge an object that the server, as it is now, can't dry-run."""
    try:
        live = live or retried(lambda: port.get(manifest.api_version, manifest.id))
    except ClusterError as error:
        return refused(manifest, error, settings.redact)
    if live is None:
        return _created(manifest, f"judged offline: {why}")
    return judge_offline(manifest, live, settings, f"judged offline: {why}")


def _foreseen(manifest: Manifest, port: ClusterPort, ahead: _Ahead) -> Change | None:
    """Judge what the server can't: objects of new kinds, and in new namespaces."""
    id, api_version = manifest.id, manifest.api_version
    is_served = (api_version, id.kind) in port.discovery().resources
    if is_served or (api_version, id.kind) in ahead.kinds:
        if ObjectId("", "Namespace", "", id.namespace) in ahead.new:
            return _created(manifest, f"namespace `{id.namespace}` is new")
        return None if is_served else _created(manifest, "its CRD is new")
    return None


def _created(manifest: Manifest, reason: str) -> Change:
    return Change(manifest.id, Action.CREATE, reason=reason, api_version=manifest.api_version)


def _is_refused(verdicts: Iterable[_Verdict]) -> bool:
    return any(isinstance(verdict, Diagnostic) and verdict.code in ("SC805", "SC806") for verdict in verdicts)


def _excuse(manifest: Manifest, port: ClusterPort, verdicts: list[_Verdict]) -> list[_Verdict]:
    """Turn the refusal of a new object into a warning: what it refers to is not there yet."""
    try:
        if retried(lambda: port.get(manifest.api_version, manifest.id)) is not None:
            return verdicts
    except ClusterError:
        return verdicts
    refusal = next(verdict for verdict in verdicts if isinstance(verdict, Diagnostic))
    message = f"{manifest.id} is judged offline, what it refers to is new: {refusal.message}"
    excused = refusal._replace(code="SC807", severity=Severity.WARNING, message=message)
    return [_created(manifest, "judged offline: what it refers to is new"), excused]


def _learn(ahead: _Ahead, verdicts: Mapping[ObjectId, list[_Verdict]]) -> _Ahead:
    changes = [verdict for found in verdicts.values() for verdict in found if isinstance(verdict, Change)]
    return ahead._replace(
        new=frozenset(change.id for change in changes if change.action is Action.CREATE),
        changed=frozenset(
            change.id for change in changes if change.id.kind == "CustomResourceDefinition" and change.differs
        ),
    )


def _needs(bundle: Bundle) -> Mapping[ObjectId, frozenset[ObjectId]]:
    needs: dict[ObjectId, set[ObjectId]] = {}
    for edge in bundle.graph.edges:
        needs.setdefault(edge.source, set()).add(edge.target)
    return {source: frozenset(targets) for source, targets in needs.items()}


def _read_lives(bundle: Bundle, port: ClusterPort, discovery: Discovery, pool: ThreadPoolExecutor) -> _Lives:
    """Read the bundle's objects with one list for many: those with our label; the rest is read one by one later."""
    counts = Counter((m.api_version, m.id.kind, m.id.namespace) for m in bundle.manifests)
    many = [key for key, count in counts.items() if count >= _WORTH_A_LIST and key[:2] in discovery.resources]

    def read(key: tuple[str, str, str]) -> tuple[Body, ...]:
        try:
            return retried(lambda: port.list(*key, labels=f"{STACK_LABEL}={bundle.stack}"))
        except ClusterError:
            return ()  # not allowed to list; objects are then read one by one

    found: dict[ObjectId, Body] = {}
    for (api_version, kind, namespace), bodies in zip(many, pool.map(read, many), strict=True):
        group = api_version.rpartition("/")[0]
        for body in bodies:
            found[ObjectId(group, kind, namespace, body["metadata"]["name"])] = body
    return found
