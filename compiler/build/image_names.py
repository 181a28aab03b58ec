"""Image references: their parts, and where a mirror keeps them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_HUB = "docker.io"
_HUB_HOSTS = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(rf"(?:({_HOST})/)?({_PART}(?:/{_PART})*)(?::({_TAG}))?(?:@({_DIGEST}))?")


class ImageName(NamedTuple):
    """The parts of an image reference.

    Shape: `host` is `docker.io` for Docker Hub, however it was written; `path` has `library/` in front for its short
    names; `tag` and `digest` are empty when they were not written.
    Source: github.com/distribution/reference, the grammar in reference.go and `splitDockerDomain` in normalize.go.
    """

    host: str
    path: str
    tag: str
    digest: str

    @property
    def suffix(self) -> str:
        """The tag and digest as they are written."""
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def __str__(self) -> str:
        return f"{self.host}/{self.path}{self.suffix}"


@lru_cache(8192)
def parse_image(reference: str) -> ImageName | None:
    """Return the parts of an image reference, or None when it is none."""
    first, slash, rest = reference.partition("/")
    has_host = bool(slash) and (any(c in first for c in ".:[") or first == "localhost" or first.lower() != first)
    match = _REFERENCE.fullmatch(reference if has_host else f"{_HUB}/{reference}")
    if match is None or match[1] is None:
        return None
    host, path, tag, digest = match.groups(default="")
    if host in _HUB_HOSTS:
        host, path = _HUB, path if "/" in path else f"library/{path}"
    return ImageName(host, path, tag, digest)


def is_under(reference: str, mirror: str) -> bool:
    """Tell whether an image comes from the mirror, which may be a host or a host with a path."""
    return reference.startswith(f"{mirror.rstrip('/')}/")


def at_mirror(image: ImageName, mirror: str) -> str:
    """Return where the mirror keeps an image: the path without the host it came from."""
    return f"{mirror.rstrip('/')}/{image.path}{image.suffix}"


def in_repository(reference: str, repository: str) -> str:
    """Return where the user's own build of an image is: its last part under the repository prefix.

    Source: kubeadm's `imageRepository` works this way.
    """
    return f"{repository.rstrip('/')}/{reference.rsplit('/', 1)[-1]}"
