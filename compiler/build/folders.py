"""What lies in the folder of a user's component and would be passed over without a word."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.formats.expr.predicates import is_dns_label
from compiler.formats.files import FileRefused, Files
from compiler.formats.suggest import nearest
from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Span

_KNOWN = ("component.yaml", "rules.yaml", "manifests", "files", "cases", "README.md")


def stray_entries(folder: str, files: Files) -> Iterator[Diagnostic]:
    """Yield what is wrong with the names in a component's folder, and with its own. Errors: SC409."""
    name = folder.rpartition("/")[2]
    if not is_dns_label(name):
        help = "name it with lower case letters, digits and dashes"
        yield _stray(f"{folder}/component.yaml", f"`{name}` is no component name", help)
    for entry in files.listdir(folder):
        yield from _misspelt(f"{folder}/{entry}")
    for entry in files.listdir(f"{folder}/manifests") if files.exists(f"{folder}/manifests") else ():
        if not entry.endswith((".yaml", ".md")) and not entry.startswith("."):
            help = "name it `….yaml`; folders within manifests/ are not read, and other text goes to files/"
            yield _stray(f"{folder}/manifests/{entry}", f"`{entry}` is not read: it does not end in .yaml", help)


def nearly_components(folder: str, files: Files) -> Iterator[Diagnostic]:
    """Yield a folder below components/ whose component.yaml has another name. Errors: SC409."""
    try:
        entries = files.listdir(folder)
    except FileRefused:  # a file, such as a README
        return
    for entry in entries:
        if nearest(entry, ["component.yaml"]):
            yield _stray(f"{folder}/{entry}", f"`{entry}` does not make a component", "name it `component.yaml`")


def _misspelt(path: str) -> Iterator[Diagnostic]:
    entry = path.rpartition("/")[2]
    near = "" if entry in _KNOWN else nearest(entry, _KNOWN)
    if near:
        yield _stray(path, f"`{entry}` is not read", f"name it `{near}`, or something else")


def _stray(path: str, message: str, help: str) -> Diagnostic:
    return error("SC409", message, help=help, span=Span(path, 1, 1, 1, 1))
