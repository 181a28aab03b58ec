"""Write a tree of files, and compare it with the one that is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from compiler.build.emit import INDEX

_NEW = ".stackc-new"
_APPLIED = (".yaml", ".yml", ".json")


class TreeChanges(NamedTuple):
    """How a folder differs from a tree; every list is sorted.

    Shape: `stale` are files that the folder's own index lists and the tree lacks; `foreign` are other manifests where
    `kubectl apply -R` and Argo CD would find them.
    """

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    stale: tuple[str, ...]
    foreign: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether the folder is as it should be."""
        return not any(self)


def check_tree(root: Path, tree: Mapping[str, str]) -> TreeChanges:
    """Compare a folder with a tree."""
    missing, changed = [], []
    for path, text in tree.items():
        there = _read(root / path)
        if there is None:
            missing.append(path)
        elif there != text.encode():
            changed.append(path)
    stale = [path for path in _listed(root) if path not in tree and _is_ours(root, path)]
    foreign = _manifests(root) - tree.keys() - set(stale)
    return TreeChanges(*(tuple(sorted(paths)) for paths in (missing, changed, stale, foreign)))


def write_tree(root: Path, tree: Mapping[str, str]) -> TreeChanges:
    """Write a tree into a folder, and return what was different.

    Shape: each file appears whole or not at all; the index goes last, so that a run that was cut short is finished by
    the next. Of the files that are not in the tree, only those go that the old index lists; others stay, and are
    `foreign` in what is returned. Raises OSError.
    """
    changes = check_tree(root, tree)
    for path in (*changes.missing, *changes.changed):
        if path != INDEX:
            _write(root / path, tree[path])
    for path in changes.stale:
        (root / path).unlink()
        _remove_empty(root, (root / path).parent)
    if INDEX in (*changes.missing, *changes.changed):
        _write(root / INDEX, tree[INDEX])
    return changes


def _manifests(root: Path) -> set[str]:
    found = (path for path in (root / "manifests").rglob("*") if path.suffix in _APPLIED)
    return {path.relative_to(root).as_posix() for path in found if path.is_file()}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(_NEW)  # a longer name than the file's own may be too long for the file system
    new.write_bytes(text.encode())
    new.replace(path)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _listed(root: Path) -> list[str]:
    """Return the files that the folder's index lists; an index that is not ours lists none."""
    raw = _read(root / INDEX)
    if raw is None:
        return []
    try:
        index = json.loads(raw)
        rows = [*index["objects"], *index["artifacts"]]
        return [row["file"] for row in rows if isinstance(row["file"], str)]
    except (ValueError, KeyError, TypeError):
        return []


def _is_ours(root: Path, path: str) -> bool:
    """Tell whether a listed file is there and inside the folder: an index is a file that anyone may have edited."""
    file = root / path
    inside = path.startswith(("manifests/", "artifacts/")) and ".." not in path.split("/")
    return inside and file.is_file() and file.resolve().is_relative_to(root.resolve())


def _remove_empty(root: Path, folder: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
