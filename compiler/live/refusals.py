"""A ClusterError about an object as a diagnostic, with nothing in it that might be a secret."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.live.mask import Redactor, is_secret
from compiler.live.port import ClusterError
from compiler.model.change import Action, ChangeSet
from compiler.model.diagnostic import Diagnostic, Severity
from compiler.model.manifest import Bundle, Manifest

CONFLICT_HELP = "leave the field out of the stack, or take it over with `--force-conflicts`"
# these refusals are about the request, not about the values in it
_SAFE = frozenset({404, 429})
# the words of authorization; admission answers 403 as well: quotas, Pod Security, webhooks, namespaces on their way out
_NOT_ALLOWED = ('" cannot ', "attempting to grant")

_MAKE_AGAIN = {
    Action.RECREATE: "delete it yourself when that is safe, then apply again",
    Action.DATA_RISK: "take the change back, or save its data, delete it yourself and apply again",
}


def refused(manifest: Manifest, error: ClusterError, redact: Redactor) -> Diagnostic:
    """Say that the server refused an object, in its own words where they can't quote a secret.

    Errors: SC801 no answer, SC803 unknown kind, SC804 a kind without backend, SC805 refused, SC806 not allowed.
    """
    if error.unreachable:
        return unreachable(error)
    if error.reason == "NoKind":
        return _about(manifest, "SC803", error.message, "install its CRD first, or compile for what this server serves")
    if error.reason == "NoBackend":
        help = f"repair the APIService of `{manifest.api_version}`"
        return _about(manifest, "SC804", f"{error.message}, so {manifest.id} can't be compared or applied", help)
    said = redact.text(error.message)
    is_allowed = error.code != 401 and not (error.code == 403 and any(words in said for words in _NOT_ALLOWED))
    if is_secret(manifest.body) and is_allowed and error.code not in _SAFE:
        fields = ", ".join(dict.fromkeys(f"`{redact.text(cause.field)}`" for cause in error.causes if cause.field))
        said = (
            f"{error.reason or error.code}{f' at {fields}' if fields else ''}, its text held back: it may quote values"
        )
    if not is_allowed:
        return _about(manifest, "SC806", f"the server does not allow it: {said}", "ask for the permission it names")
    help = "make it first, or add it to what is applied" if error.not_found else "correct what the server names"
    return _about(manifest, "SC805", f"the server refuses {manifest.id}: {said}", help)


def unreachable(error: ClusterError) -> Diagnostic:
    """Say that there is no cluster to talk to, or no way to prove who we are."""
    if error.reason in ("NoConfig", "NoCredentials"):
        return Diagnostic("SC802", Severity.ERROR, error.message, "name a kubeconfig and context that kubectl can use")
    if error.code in (401, 403):
        help = "renew the token or certificate of the context, or name another with `--context`"
        return Diagnostic("SC802", Severity.ERROR, f"the server does not let us in: {error.message}", help)
    help = "check the server's address, the network and `--context`"
    return Diagnostic("SC801", Severity.ERROR, f"the cluster can't be reached: {error.message}", help)


def conflicting(manifest: Manifest, error: ClusterError) -> Diagnostic:
    """Say which fields of an object other managers own with other values, and who they are."""
    return _conflict(manifest, ((cause.field, cause.manager) for cause in error.conflicts))


def _conflict(manifest: Manifest, fields: Iterable[tuple[str, str]]) -> Diagnostic:
    said = "; ".join(f"`{field}` is owned by {manager}" for field, manager in fields)
    return _about(manifest, "SC701", f"{manifest.id}: {said}", CONFLICT_HELP)


def decisions(bundle: Bundle, changes: ChangeSet, *, force: bool, yes: bool) -> tuple[Diagnostic, ...]:
    """Return what keeps a bundle from being applied until a person decides.

    Errors: SC701 field conflicts, unless `force`; SC702 objects that must be deleted first; SC703 data at risk, unless
    `yes`.
    """
    manifests = {manifest.id: manifest for manifest in bundle.manifests}
    found: list[Diagnostic] = []
    for change in changes.changes:
        manifest = manifests[change.id]
        if change.conflicts and not force:
            found.append(_conflict(manifest, ((conflict.field, conflict.manager) for conflict in change.conflicts)))
        if change.blocked:
            message = f"{change.id} has to be made again: {change.reason}"
            found.append(_about(manifest, "SC702", message, _MAKE_AGAIN[change.action]))
        elif change.action is Action.DATA_RISK and not yes:
            message = f"{change.id}: {change.reason}"
            found.append(_about(manifest, "SC703", message, "pass `--yes` when that is meant"))
    return tuple(found)


def failed(manifest: Manifest, why: str, *, late: bool) -> Diagnostic:
    """Say that an object did not become ready: not in time, or never."""
    if late:
        message = f"{manifest.id} is not ready in time: {why}"
        return _about(manifest, "SC820", message, "look at what it waits for, or give more time with `--timeout`")
    return _about(manifest, "SC821", f"{manifest.id} failed: {why}", "correct what it names, then apply again")


def skipped(manifest: Manifest, why: str) -> Diagnostic:
    """Say that an object was left out because of another."""
    return _about(manifest, "SC822", f"{manifest.id} is not applied: {why}", "apply again once that is repaired")


def _about(manifest: Manifest, code: str, message: str, help: str) -> Diagnostic:
    origin = manifest.origin
    return Diagnostic(
        code,
        Severity.ERROR,
        message,
        help,
        span=origin.span,
        object=manifest.id,
        api_version=manifest.api_version,
        document=origin.document,
    )
