"""The door for files: every stack, overlay, component and source is read through a `Files` object.

Paths are relative to a root, with `/` between their parts. Nothing outside the root can be read, and what was read is
recorded with its digest. Refusals are raised as `FileRefused`; the caller knows which place in which file asked.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Protocol

FILE_LIMIT_BYTES = 64 << 20
_ROOT_MARKS = (".git", "stackc.lock", "components")


class FileRefused(Exception):
    """A file cannot be given out.

    Shape: `code`, `message` and `help` are those of a diagnostic, without its place; `path` is the file, where it has
    one below the root.
    """

    def __init__(self, code: str, message: str, help: str, path: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.path = code, message, help, path


class Files(Protocol):
    """A tree of files below one root: on disk, in memory, or of a git revision."""

    def read(self, path: str) -> bytes:
        """Return the content of a file; raises FileRefused (SC131 to SC138)."""

    def exists(self, path: str) -> bool:
        """Tell whether there is a file or folder; raises FileRefused for a path that may not be asked for."""

    def listdir(self, path: str) -> tuple[str, ...]:
        """Return the sorted names in a folder; `""` is the root. Raises FileRefused."""

    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Return (path, sha256) of every file that was read, sorted."""


class DiskFiles:
    """The files below a folder on disk. A file is read once: later reads give the same bytes."""

    def __init__(self, root: str | Path) -> None:
        self.root = os.path.realpath(root)
        self._contents: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """Return the content of a regular file of at most 64 MB."""
        known = self._contents.get(path)
        if known is not None:
            return known
        content = self._contents[path] = _read_regular(self._resolve(path), path)
        return content

    def exists(self, path: str) -> bool:
        """Tell whether there is a file or folder, through links that stay below the root."""
        return os.path.exists(self._resolve(path))  # noqa: PTH110 - os.path is what realpath above speaks

    def listdir(self, path: str) -> tuple[str, ...]:
        """Return the sorted names in a folder."""
        try:
            return tuple(sorted(os.listdir(self._resolve(path))))  # noqa: PTH208 - names, not paths
        except OSError as fault:
            raise _refusal(fault, path) from None

    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Return (path, sha256) of every file that was read, sorted."""
        return _digests(self._contents)

    def _resolve(self, path: str) -> str:
        check_path(path)
        full = os.path.realpath(f"{self.root}/{path}")
        if full != self.root and not full.startswith(self.root.rstrip("/") + "/"):
            message = f"`{path}` is a link that leads out of the root"
            raise FileRefused("SC133", message, "copy the file below the root", path)
        return full


class MemoryFiles:
    """Files that are held in memory, for tests and for trees made by a program."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = dict(contents)
        self._read: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """Return the content of a file."""
        check_path(path)
        if path not in self._contents:
            raise _is_folder(path) if self.exists(path) else _missing(path)
        content = self._read[path] = self._contents[path]
        if len(content) > FILE_LIMIT_BYTES:
            raise _too_large(path)
        return content

    def exists(self, path: str) -> bool:
        """Tell whether there is a file, or a folder with files."""
        check_path(path)
        return path in self._contents or not path or any(name.startswith(path + "/") for name in self._contents)

    def listdir(self, path: str) -> tuple[str, ...]:
        """Return the sorted names in a folder."""
        if not self.exists(path) or path in self._contents:
            raise _missing(path)
        lead = path + "/" if path else ""
        return tuple(sorted({name[len(lead) :].split("/")[0] for name in self._contents if name.startswith(lead)}))

    def inputs(self) -> tuple[tuple[str, str], ...]:
        """Return (path, sha256) of every file that was read, sorted."""
        return _digests(self._read)


def check_path(path: str) -> None:
    """Refuse a path that is not plainly below a root.

    Errors: raises FileRefused: SC132 absolute, SC131 with `..`, SC138 with a NUL, a backslash, or empty parts.
    """
    if path.startswith("/"):
        raise FileRefused("SC132", f"`{path}` is an absolute path", "write it relative to the file that says it")
    parts = path.split("/") if path else []
    if ".." in parts:
        raise FileRefused("SC131", f"`{path}` leads out of the root", "keep the file below the root, or give `--root`")
    if "\0" in path or "\\" in path or any(part in ("", ".") for part in parts):
        raise FileRefused("SC138", f"{path!r} is not a path", "write names with `/` between them")


def join(folder: str, relative: str) -> str:
    """Return the path that `relative` means in a file of `folder`; both are below the root.

    Errors: raises FileRefused: SC131 where `..` climbs out of the root, SC132, SC138.
    """
    if relative.startswith("/"):
        raise FileRefused("SC132", f"`{relative}` is an absolute path", "write it relative to the file that says it")
    parts = folder.split("/") if folder else []
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                message = f"`{relative}` leads out of the root"
                raise FileRefused("SC131", message, "keep the file below the root, or give `--root`")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    path = "/".join(parts)
    check_path(path)
    return path


def find_root(start: Path) -> Path:
    """Return the root for a stack in the folder `start`: the nearest ancestor (or itself) with `.git`, `stackc.lock` or
    `components/`, else the folder.
    """
    folder = Path(os.path.abspath(start))  # noqa: PTH100 - links are kept: the path is shown to the user
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in _ROOT_MARKS):
            return candidate
    return folder


def path_in(root: Path, given: str) -> str:
    """Return the path below `root` of a file that was given on the command line, relative to the working directory.

    Errors: raises FileRefused SC131 when the file is not below the root.
    """
    full, base = os.path.abspath(given), os.path.abspath(root)  # noqa: PTH100
    if full != base and not full.startswith(base.rstrip("/") + "/"):
        both = os.path.relpath(os.path.commonpath((full, base)))
        raise FileRefused(
            "SC131", f"`{given}` is not below the root `{os.path.relpath(base)}`", f"give `--root {both}`"
        )
    return full[len(base.rstrip("/")) + 1 :]


def _read_regular(full: str, path: str) -> bytes:
    try:
        # without O_NONBLOCK, opening a pipe would wait for a writer
        descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _is_folder(path) if stat.S_ISDIR(status.st_mode) else _not_regular(path)
            if status.st_size > FILE_LIMIT_BYTES:
                raise _too_large(path)
            with os.fdopen(descriptor, "rb", closefd=False) as stream:
                content = stream.read(FILE_LIMIT_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as fault:
        raise _refusal(fault, path) from None
    if len(content) > FILE_LIMIT_BYTES:  # some files say that they are empty, and are not
        raise _too_large(path)
    return content


def _refusal(fault: OSError, path: str) -> FileRefused:
    if fault.errno in (errno.ENOENT, errno.ENOTDIR):
        return _missing(path)
    if fault.errno == errno.EISDIR:
        return _is_folder(path)
    reason = (fault.strerror or "unknown reason").lower()
    return FileRefused("SC137", f"`{path}` cannot be read: {reason}", "check the permissions of the file", path)


def _missing(path: str) -> FileRefused:
    return FileRefused("SC136", f"there is no `{path}`", "check the path; it starts at the file that says it", path)


def _not_regular(path: str) -> FileRefused:
    return FileRefused("SC134", f"`{path or '.'}` is not a regular file", "name a file", path)


def _is_folder(path: str) -> FileRefused:
    return FileRefused("SC134", f"`{path or '.'}` is a folder", "name a file in it, such as its `stack.yaml`", path)


def _too_large(path: str) -> FileRefused:
    return FileRefused("SC135", f"`{path}` has more than {FILE_LIMIT_BYTES} bytes", "split it into smaller files", path)


def _digests(contents: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    return tuple((path, sha256(contents[path]).hexdigest()) for path in sorted(contents))
