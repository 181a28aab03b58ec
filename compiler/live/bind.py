"""Secret values from the environment, files and sops, put into a bundle's Secrets in memory; never written anywhere."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from json import dumps
from typing import Any, NamedTuple

from compiler.build.secret_recipes import DOCKER_CONFIG_KEY, docker_config
from compiler.formats.files import FileRefused
from compiler.live.mask import Redactor, secret_values
from compiler.model.diagnostic import Diagnostic, Outcome, Severity
from compiler.model.ids import ObjectId
from compiler.model.manifest import UNFILLED, Body, Bundle, Fill, Manifest

ReadFile = Callable[[str], bytes]
"""Read a file that a `fromFile` source names, relative to the root of the files door; raises FileRefused."""

Decrypt = Callable[[str, str], bytes]
"""Decrypt one key of a sops file, given its path; raises SopsError."""


class SopsError(Exception):
    """sops is missing or refused; `code` is the diagnostic's."""

    def __init__(self, code: str, message: str, help: str) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


class Bound(NamedTuple):
    """A bundle that may go to a cluster, and nowhere else: its Secrets hold their values."""

    bundle: Bundle
    redact: Redactor

    def __repr__(self) -> str:
        return f"<Bound {self.bundle.stack}>"


class Sources(NamedTuple):
    """Where values come from: the process environment, files, sops."""

    environment: Mapping[str, str]
    read: ReadFile
    decrypt: Decrypt


def bind_secrets(bundle: Bundle, sources: Sources) -> Outcome[Bound]:
    """Return the bundle with every fill entry bound, and all that is missing at once.

    Errors: SC810 to SC814, each naming the Secret, the key and the source, never a value; once for a Secret that is
    made in several namespaces.
    """
    found: list[Diagnostic] = []
    data: dict[ObjectId, Mapping[str, bytes]] = {}
    texts: list[str] = []
    for fill in bundle.fill:
        values = _values(fill, sources, found)
        words = {key: value.decode("utf-8", "surrogateescape") for key, value in values.items()}
        login = ":".join(word for key, word in words.items() if key != "server")  # the `auth` of a registry login
        texts += [*words.values(), login]
        if len(values) == len(fill.sources):
            data[fill.object] = {**data.get(fill.object, {}), **_shaped(fill, values)}
    if found:
        return Outcome(None, tuple({(d.code, d.message, d.span): d for d in reversed(found)}.values())[::-1])
    bound = bundle._replace(manifests=tuple(_filled(manifest, data.get(manifest.id)) for manifest in bundle.manifests))
    return Outcome(Bound(bound, Redactor([*texts, *secret_values(bound.manifests)])))


def _values(fill: Fill, sources: Sources, found: list[Diagnostic]) -> dict[str, bytes]:
    values: dict[str, bytes] = {}
    for key, source in fill.sources.items():
        value = _value(source, sources)
        if isinstance(value, bytes):
            values[key] = value
        else:
            code, message, help = value
            said = f"key `{key}` of Secret `{fill.object.name}`: {message}"
            span = fill.spans.get(key)
            is_secret = span is not None and span.is_empty
            found.append(Diagnostic(code, Severity.ERROR, said, help, span, object=fill.object, is_secret=is_secret))
    return values


def _value(source: Mapping[str, Any], sources: Sources) -> bytes | tuple[str, str, str]:
    """Return one value, or code, message and help of what is missing."""
    if "fromEnv" in source:
        name = source["fromEnv"]
        value = sources.environment.get(name)
        if value is None:
            return "SC810", f"environment variable `{name}` is not set", f"set `{name}`"
        if not value:
            return (
                "SC811",
                f"environment variable `{name}` is empty",
                f"set `{name}`: CI gives unknown secrets as empty text",
            )
        return value.encode("utf-8", "surrogateescape")
    try:
        if "fromFile" in source:
            return sources.read(source["fromFile"])
        if "sops" in source:
            return sources.decrypt(source["sops"]["file"], source["sops"]["key"])
    except SopsError as error:
        return error.code, error.message, error.help
    except FileRefused as refused:
        return "SC812", refused.message, refused.help or f"put the value in `{source['fromFile']}`"
    return str(source.get("value", "")).encode()


def _shaped(fill: Fill, values: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Turn bound values into the keys of the Secret."""
    if fill.recipe != "docker-registry":
        return values
    text = {key: value.decode("utf-8", "replace").rstrip("\n") for key, value in values.items()}
    config = docker_config(text.get("server") or fill.server, text.get("username", ""), text.get("password", ""))
    return {DOCKER_CONFIG_KEY: config.encode()}


def _filled(manifest: Manifest, values: Mapping[str, bytes] | None) -> Manifest:
    if values is None:
        return manifest
    encoded = {key: b64encode(value).decode() for key, value in values.items()}
    body: Body = {**manifest.body, "data": {**(manifest.body.get("data") or {}), **encoded}}
    metadata = dict(body["metadata"])
    annotations = {k: v for k, v in (metadata.pop("annotations", None) or {}).items() if k != UNFILLED}
    if annotations:
        metadata["annotations"] = annotations
    return manifest._replace(body={**body, "metadata": metadata})


def missing_fill(manifests: Iterable[Manifest], fill: Iterable[Fill]) -> tuple[Diagnostic, ...]:
    """Refuse Secrets that say they are unfilled and have no fill entry: applying them would empty their keys."""
    known = {entry.object for entry in fill}
    return tuple(
        Diagnostic(
            "SC815",
            Severity.ERROR,
            f"{manifest.id} has unfilled keys: `{keys}`",
            "apply the stack itself, not its compiled output",
            object=manifest.id,
            api_version=manifest.api_version,
        )
        for manifest in manifests
        if manifest.id not in known and (keys := (manifest.body["metadata"].get("annotations") or {}).get(UNFILLED))
    )


def run_sops(folder: str) -> Decrypt:
    """Return a decrypter that runs the sops program in `folder`, where its `.sops.yaml` and paths are looked up."""

    def decrypt(path: str, key: str) -> bytes:
        import subprocess

        place = "".join(f"[{dumps(part)}]" for part in key.split("."))
        command = ["sops", "--decrypt", "--extract", place, path]
        try:
            done = subprocess.run(command, cwd=folder or None, capture_output=True, check=False, env=dict(os.environ))  # noqa: S603
        except FileNotFoundError:
            raise SopsError(
                "SC813", f"`{path}` needs the program `sops`, which is not on the PATH", "install sops"
            ) from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            last = said[-1] if said else f"exit code {done.returncode}"
            raise SopsError("SC814", f"sops can't decrypt `{key}` of `{path}`: {last}", "run sops by hand to see why")
        return done.stdout

    return decrypt
