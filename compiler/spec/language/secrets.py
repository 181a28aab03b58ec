"""Checks of secrets: text in the file, keys of each type, keys that others ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from compiler.model.diagnostic import Diagnostic, error, warning
from compiler.spec.language.references import names_of
from compiler.spec.language.survey import Context, maps, member
from compiler.spec.words import clip, did_you_mean, listed

REQUIRED = {
    "docker-registry": ("username", "password"),
    "tls": ("tls.crt", "tls.key"),
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
}
OPTIONAL = {"docker-registry": ("server",), "tls": ("ca.crt",)}
MADE = {"docker-registry": (".dockerconfigjson",), "s3": ("AWS_BUCKET", "AWS_DEFAULT_REGION")}
"""Keys that the compiler adds to a Secret of this type."""

_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
"""Source: apimachinery IsConfigMapKey; the values of most keys come after compile, so no object shows them yet."""


def check_text(context: Context) -> Iterator[Diagnostic]:
    """Refuse secret text in the file outside preset dev (SC325)."""
    if context.preset == "dev":
        return
    logins = (path for path, secret in context.items("secrets") if secret.get("type") == "docker-registry")
    public = {(*path, "keys", "server", "value") for path in logins}  # an address is no secret
    for place in context.typed("SecretText"):
        if place.path in public:
            continue
        yield error(
            "SC325",
            "secret text stands in the file",
            help="write `fromEnv`, `fromFile`, `sops` or `externalSecret`; `value` is for preset dev",
            span=context.span(place.path),
        )._replace(is_secret=True)


def check_keys(context: Context) -> Iterator[Diagnostic]:
    """Refuse a Secret without the keys of its type, or with others (SC326)."""
    for path, secret in context.items("secrets"):
        kind, keys = secret.get("type", "generic"), secret.get("keys")
        if not isinstance(kind, str) or not isinstance(keys, dict):
            continue
        required = REQUIRED.get(kind, ())
        missing = [key for key in required if key not in keys]
        if missing:
            yield error(
                "SC326",
                f"a Secret of type `{kind}` needs {listed(missing)}",
                help=f"write the keys {listed(required)}",
                span=context.span((*path, "keys")),
            )
        allowed = {*required, *OPTIONAL.get(kind, ())}
        for key in keys:
            if not _KEY.fullmatch(key):
                yield error(
                    "SC326",
                    f"a Secret can't have the key `{clip(key)}`",
                    help="write a key of letters, digits, `-`, `_` and `.`",
                    span=context.key((*path, "keys", key)),
                )
            elif key not in allowed and kind in ("docker-registry", "tls"):
                yield error(
                    "SC326",
                    f"a Secret of type `{kind}` has no key `{clip(key)}`",
                    help=did_you_mean(key, allowed),
                    span=context.key((*path, "keys", key)),
                )


def check_chains(context: Context) -> Iterator[Diagnostic]:
    """Refuse a Secret of the stack whose key comes from a Secret of the stack (SC327): Kubernetes can't copy."""
    for path, secret in context.items("secrets"):
        keys = secret.get("keys")
        for key, source in keys.items() if isinstance(keys, dict) else ():
            if member(source, "secretRef") is not None:
                yield error(
                    "SC327",
                    f"the key `{clip(key)}` refers to another Secret",
                    help="refer to that Secret where this one is used",
                    span=context.key((*path, "keys", key, "secretRef")),
                )


def check_refs(context: Context) -> Iterator[Diagnostic]:
    """Refuse a reference to a key that the Secret lacks (SC328), or to no key where one value is needed (SC329)."""
    known = {secret["name"]: _keys_of(secret) for _, secret in context.items("secrets") if _is_named(secret)}
    for place in context.typed("SecretRef"):
        name, key = member(place.value, "name"), member(place.value, "key")
        if not isinstance(name, str):
            continue
        if isinstance(key, str) and name in known and key not in known[name]:
            yield error(
                "SC328",
                f"Secret `{clip(name)}` has no key `{clip(key)}`",
                help=did_you_mean(key, known[name], "give the Secret that key"),
                span=context.span((*place.path, "key")),
            )
        elif key is None and "env" in place.path:
            yield error(
                "SC329",
                "a variable needs one key of the Secret",
                help=f"write `secretRef: {{name: {clip(name)}, key: KEY}}`",
                span=context.span(place.path),
            )


def _is_named(item: dict[str, Any]) -> bool:
    return isinstance(item.get("name"), str)


def _keys_of(secret: dict[str, Any]) -> tuple[str, ...]:
    keys, kind = secret.get("keys"), secret.get("type", "generic")
    own = tuple(keys) if isinstance(keys, dict) and kind != "docker-registry" else ()
    return own + (MADE.get(kind, ()) if isinstance(kind, str) else ())


def check_logins(context: Context) -> Iterator[Diagnostic]:
    """Refuse a Secret of another type for pulling images (SC355): the kubelet passes over it without a word."""
    kinds = {
        secret["name"]: secret.get("type", "generic") for _, secret in context.items("secrets") if _is_named(secret)
    }
    for place in context.survey.refs.get("secrets", ()):
        kind = kinds.get(place.value) if isinstance(place.value, str) and "imagePullSecrets" in place.path else None
        if isinstance(kind, str) and kind != "docker-registry":
            yield error(
                "SC355",
                f"Secret `{clip(place.value)}` of type `{clip(kind)}` cannot log in to a registry",
                help="give it `type: docker-registry` and the keys `username` and `password`",
                span=context.span(place.path),
            )


def check_unused(context: Context) -> Iterator[Diagnostic]:
    """Warn of a Secret that nobody refers to and that says no namespace (SC330): it is made nowhere."""
    used = {place.value for place in context.survey.refs.get("secrets", ()) if isinstance(place.value, str)}
    if used - names_of(context, "secrets"):
        return  # a name that is written wrong is the one that is missed here
    texts = [text for _, text in context.survey.texts]
    for path, secret in maps(context.spec.get("secrets"), ("spec", "secrets")):
        name = secret.get("name")
        if not isinstance(name, str) or name in used or secret.get("namespaces") or _from_overlay(context, path):
            continue
        if context.spec.get("manifests") or texts.count(name) > 1 or _is_expected(context, name):
            continue
        yield warning(
            "SC330",
            f"nobody refers to Secret `{clip(name)}`, so it is made nowhere",
            help="refer to it, or list its `namespaces`",
            span=context.span((*path, "name")),
        )


def _is_expected(context: Context, name: str) -> bool:
    return name in context.provided.get("secretsRead", ())


def _from_overlay(context: Context, path: tuple[str | int, ...]) -> bool:
    """Tell whether an item comes from an overlay: what all stacks share may be of use to some only."""
    root = context.tree.span(())
    trail = context.tree.trails.get(path)
    return bool(root and trail and trail[-1].file != root.file)
