"""What the live stages ask of a cluster: a small protocol, so that they can be tested without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from compiler.model.ids import ObjectId
from compiler.model.manifest import Body

FIELD_MANAGER = "stackc"
_NEVER = ("failed to create typed patch object", "failed to convert new object")


class Resource(NamedTuple):
    """How a server serves one kind: `plural` is the name in URLs."""

    plural: str
    namespaced: bool
    verbs: frozenset[str]


class Discovery(NamedTuple):
    """What a server serves.

    Shape: `resources` by (apiVersion, kind), subresources left out; `broken` are the group versions that are
    registered but did not answer.
    """

    resources: Mapping[tuple[str, str], Resource]
    broken: frozenset[str] = frozenset()


class Cause(NamedTuple):
    """One detail of a refusal; `field` is the server's path (`.spec.replicas`), `manager` set in field conflicts."""

    reason: str
    field: str
    message: str

    @property
    def manager(self) -> str:
        """The other manager of a field conflict, as the server names it."""
        return self.message.removeprefix("conflict with ")


class ClusterError(Exception):
    """A cluster that can't be reached, or a request that it refused.

    Shape: `code` is the HTTP status, 0 when there was no answer; `reason` the server's word (`Conflict`, `Invalid`), or
    ours where discovery says it: `NoKind`, and `NoBackend` for a kind of an API service that does not answer.
    """

    def __init__(
        self, code: int, reason: str, message: str, causes: tuple[Cause, ...] = (), retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.causes = causes
        self.retry_after_s = retry_after_s

    @property
    def unreachable(self) -> bool:
        """No answer at all: the address, the network or TLS."""
        return self.code == 0

    @property
    def not_found(self) -> bool:
        """The object, its namespace or its kind isn't there."""
        return self.code == 404

    @property
    def conflicts(self) -> tuple[Cause, ...]:
        """The fields that other managers own, when that is the reason."""
        return tuple(cause for cause in self.causes if cause.reason == "FieldManagerConflict")

    @property
    def transient(self) -> bool:
        """The same request may go through a moment later.

        Source: a body that doesn't fit the schema answers 500 and always will; a webhook without endpoints answers 500
        until its pods are ready; a 409 that is no field conflict is a lost race.
        """
        if self.reason == "NoBackend" or (self.code == 500 and self.message.startswith(_NEVER)):
            return False
        if self.code == 409:
            return not self.conflicts and "object is being deleted" not in self.message
        return self.code in (0, 429, 500, 502, 503, 504)


class ClusterPort(Protocol):
    """A cluster. Every method raises ClusterError, and may be called from several threads."""

    @property
    def context(self) -> str:
        """The kubeconfig context, or `in-cluster`."""

    @property
    def server(self) -> str:
        """The server's URL."""

    @property
    def namespace(self) -> str:
        """The context's namespace, `default` when it names none."""

    def discovery(self, *, fresh: bool = False) -> Discovery:
        """Return what the server serves; asked once, and again with `fresh`."""

    def get(self, api_version: str, id: ObjectId) -> Body | None:
        """Return an object in one of its versions, None where it isn't there."""

    def list(
        self, api_version: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> tuple[Body, ...]:
        """Return every object of a kind, in one namespace or (`""`) in all, by label and field selectors."""

    def apply(
        self, body: Body, *, dry_run: bool = False, force: bool = False, manager: str = FIELD_MANAGER
    ) -> tuple[Body, bool]:
        """Apply one object on the server's side; return it as stored, and whether it is new."""
