"""Checks of single values: versions, placeholders, images, schedules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.model.diagnostic import Diagnostic, error, warning
from compiler.spec.language.survey import Context
from compiler.spec.words import clip

# `${trialParameters.lr}` (Katib) and `$(VAR)` (Kubernetes) are no placeholders, nor is JSON.
_PLACEHOLDER = re.compile(r"(?<![$\w\"'])\{[A-Za-z][A-Za-z0-9_. -]*\}(?!\})|<[A-Za-z][A-Za-z0-9_. -]*>|\?\?\?")
_OTHER_BRACES = re.compile(r"(?<!\$)\{\{ *((?:params|stack|item)\.\w+) *\}\}|\$\{ *((?:params|stack|item)\.\w+) *\}")
"""An expression as Helm, Jinja or a shell write it."""

_FLOATING = ("latest",)
_CRON_FIELD = re.compile(r"[0-9A-Za-z*/,?#L-]+")
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def check_versions(context: Context) -> Iterator[Diagnostic]:
    """Refuse a leading `v` (SC314)."""
    for name in ("Version", "KubernetesVersion", "Release"):
        for place in context.typed(name):
            value = place.value
            if type(value) is str and re.match(r"[vV]\d", value):
                yield error(
                    "SC314",
                    f"the version `{clip(value)}` begins with `{value[0]}`",
                    help=f'write `"{clip(value[1:])}"`; stackc adds the `v` where a target wants one',
                    span=context.span(place.path),
                )


_FILL_IN = "write the value, or `${{ params.NAME }}` with a param"


def check_placeholders(context: Context) -> Iterator[Diagnostic]:
    """Refuse a placeholder that nobody filled in (SC315)."""
    opaque = [place.path for place in (*context.typed("Patch"), *context.typed("SecretText"))]
    for path, text in context.survey.texts:
        if not ("{" in text or "<" in text or "?" in text):
            continue
        other = _OTHER_BRACES.search(text)
        match = other or _PLACEHOLDER.search(text)
        if match is None or path[-1] in ("description", "command", "args") or _is_word_of_program(path):
            continue
        if any(path[: len(patch)] == patch for patch in opaque):
            continue
        yield error(
            "SC315",
            f"the placeholder `{clip(match[0])}` is still in this value",
            help=f"write `${{{{ {other[1] or other[2]} }}}}`" if other else _FILL_IN,
            span=context.span(path),
        )


def _is_word_of_program(path: tuple[str | int, ...]) -> bool:
    """Tell whether a text is for a program or for people: both have their own use for braces."""
    return any(part in ("command", "args", "env", "annotations") for part in path)


def check_images(context: Context) -> Iterator[Diagnostic]:
    """Refuse an image without tag (SC316); warn of a floating one, and refuse it with preset production."""
    for place in context.typed("Image"):
        value = place.value
        if type(value) is not str or "@sha256:" in value or not value or "${{" in value:
            continue
        name = value.rsplit("/", 1)[-1]
        tag = name.partition(":")[2]
        if tag and tag not in _FLOATING:
            continue
        message = f"the image `{clip(value)}` has no tag" if not tag else f"the tag of `{clip(value)}` floats"
        make = error if not tag or context.preset == "production" else warning
        yield make("SC316", message, help="write the tag of one build, or a digest", span=context.span(place.path))


def check_schedules(context: Context) -> Iterator[Diagnostic]:
    """Refuse a schedule that is not five fields of cron (SC321)."""
    for place in context.typed("Schedule"):
        value = place.value
        if type(value) is not str or value.startswith("@"):
            continue
        fields = value.split()
        if len(fields) == 5 and all(map(_is_cron_field, fields, _RANGES)):
            continue
        yield error(
            "SC321",
            f"`{clip(value)}` is no schedule",
            help='write minute, hour, day, month and weekday, as `"0 2 * * *"`',
            span=context.span(place.path),
        )


def _is_cron_field(field: str, limits: tuple[int, int]) -> bool:
    if not _CRON_FIELD.fullmatch(field):
        return False
    low, high = limits
    return all(low <= int(number) <= high for number in re.findall(r"(?<!/)\b\d{1,9}\b", field))
