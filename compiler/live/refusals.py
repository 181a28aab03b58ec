"""A ClusterError about an object as a diagnostic, with nothing in it that might be a secret."""

from __future__ import annotations

from compiler.live.mask import Redactor, is_secret
from compiler.live.port import ClusterError
from compiler.model.diagnostic import Diagnostic, Severity
from compiler.model.manifest import Manifest

# these refusals are about the request, not about the values in it
_SAFE = frozenset({401, 403, 404, 429})


def refused(manifest: Manifest, error: ClusterError, redact: Redactor) -> Diagnostic:
    """Say that the server refused an object, in its own words where they can't quote a secret.

    Errors: SC801 no answer, SC803 unknown kind, SC805 refused, SC806 not allowed.
    """
    if error.unreachable:
        return unreachable(error)
    if error.reason == "NoKind":
        return _about(manifest, "SC803", error.message, "install its CRD first, or compile for what this server serves")
    said = redact.text(error.message)
    if is_secret(manifest.body) and error.code not in _SAFE:
        fields = ", ".join(dict.fromkeys(f"`{redact.text(cause.field)}`" for cause in error.causes if cause.field))
        said = (
            f"{error.reason or error.code}{f' at {fields}' if fields else ''}, its text held back: it may quote values"
        )
    if error.code in (401, 403) and "admission" not in error.message:
        return _about(manifest, "SC806", f"the server does not allow it: {said}", "ask for the permission it names")
    return _about(manifest, "SC805", f"the server refuses {manifest.id}: {said}", "correct what the server names")


def unreachable(error: ClusterError) -> Diagnostic:
    """Say that there is no cluster to talk to, or no way to prove who we are."""
    if error.reason in ("NoConfig", "NoCredentials"):
        return Diagnostic("SC802", Severity.ERROR, error.message, "name a kubeconfig and context that kubectl can use")
    help = "check the server's address, the network and `--context`"
    return Diagnostic("SC801", Severity.ERROR, f"the cluster can't be reached: {error.message}", help)


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
