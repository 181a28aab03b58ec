"""Checks of names: a mount path twice, forms of assumed objects, targets of patches."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.model.diagnostic import Diagnostic, Note, error
from compiler.model.source import Path
from compiler.spec.language.survey import Context, maps, member
from compiler.spec.words import clip

_OBJECT = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[-._A-Za-z0-9]+)?")


def check_mounts(context: Context) -> Iterator[Diagnostic]:
    """Refuse two volumes of one job at the same mount path (SC342); inputs and outputs that are mounted count too."""
    copied = [item.get("name") for _, item in context.items("data") if "s3" in item]  # names may be of any type still
    for place in context.typed("Job"):
        seen: dict[str, Path] = {}
        for field in ("volumes", "inputs", "outputs"):
            for path, item in maps(member(place.value, field), (*place.path, field)):
                mount = item.get("mountPath")
                if not isinstance(mount, str) or "s3" in item or item.get("data") in copied:
                    continue
                mount = mount.rstrip("/") or "/"
                if mount in seen:
                    yield error(
                        "SC342",
                        f"two volumes are mounted at `{clip(mount)}`",
                        help="give one of them another `mountPath`",
                        span=context.span((*path, "mountPath")),
                        notes=(Note("the other one", context.span((*seen[mount], "mountPath"))),),
                    )
                else:
                    seen[mount] = path


def check_places(context: Context) -> Iterator[Diagnostic]:
    """Refuse words that a place can't mean (SC356): all would be believed to have an effect."""
    for place in context.typed("PvcPlace"):
        claim = place.value if isinstance(place.value, dict) else {}
        if "hostPath" in claim:
            message, help = "`hostPath` has no meaning in a claim", "write `hostPath: {path: …}` in place of `pvc`"
            yield _meaningless(context, (*place.path, "hostPath"), message, help)
        if place.path[1:2] == ("data",) and claim.get("volumeMode") == "Block":
            message, help = "a data place is mounted as a directory", "write `volumeMode: Filesystem`, or leave it out"
            yield _meaningless(context, (*place.path, "volumeMode"), message, help)
    for path, item in context.items("data"):
        if item.get("deletionPolicy") == "Delete" and "pvc" not in item:
            message, help = "only a claim can be deleted", "take it out: what lies on S3 and NFS always stays"
            yield _meaningless(context, (*path, "deletionPolicy"), message, help)


def _meaningless(context: Context, path: Path, message: str, help: str) -> Diagnostic:
    return error("SC356", message, help=help, span=context.key(path))


def check_assumed(context: Context) -> Iterator[Diagnostic]:
    """Refuse an assumed object without its namespace (SC343)."""
    for place in context.typed("AssumedObjects"):
        for index, text in enumerate(place.value if isinstance(place.value, list) else ()):
            if isinstance(text, str) and not _OBJECT.fullmatch(text):
                yield error(
                    "SC343",
                    f"`{clip(text)}` names no object of a namespace",
                    help="write `NAMESPACE/NAME`, for one key of a Secret `NAMESPACE/NAME:KEY`",
                    span=context.span((*place.path, index)),
                )
    for place in context.typed("AssumedNames"):
        for index, text in enumerate(place.value if isinstance(place.value, list) else ()):
            if isinstance(text, str) and "/" in text:
                yield error(
                    "SC343",
                    f"`{clip(text)}` belongs to no namespace",
                    help="write the bare name",
                    span=context.span((*place.path, index)),
                )


def check_patches(context: Context) -> Iterator[Diagnostic]:
    """Refuse a patch that does nothing, aims at everything, or has a pointer that is none (SC344)."""
    for path, patch in context.items("patches"):
        if not any(key in patch for key in ("set", "merge", "remove", "rename")):
            yield error(
                "SC344",
                "the patch changes nothing",
                help="write `set`, `merge`, `remove` or `rename`",
                span=context.span(path),
            )
        if patch.get("target") == {}:
            yield error(
                "SC344",
                "the patch aims at every object",
                help="write at least `kind` or `name` in `target`",
                span=context.span((*path, "target")),
            )
        for key in patch["set"] if isinstance(patch.get("set"), dict) else ():
            if not key.startswith("/"):
                yield _no_pointer(context, (*path, "set", key), key)
        for index, text in enumerate(patch["remove"] if isinstance(patch.get("remove"), list) else ()):
            if isinstance(text, str) and not text.startswith("/"):
                yield _no_pointer(context, (*path, "remove", index), text)


def _no_pointer(context: Context, path: Path, text: str) -> Diagnostic:
    guess = "/" + re.sub(r"\[(\d+)\]", r"/\1", text).replace(".", "/").lstrip("/")
    return error(
        "SC344",
        f"`{clip(text)}` is no JSON pointer",
        help=f"write `{clip(guess)}`",
        span=context.key(path),
    )
