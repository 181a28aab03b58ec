"""Names of Kubernetes things: kinds, versions of kinds, and objects."""

from typing import NamedTuple


class GroupKind(NamedTuple):
    """A kind without its version; the core group is the empty string."""

    group: str
    kind: str


class ObjectId(NamedTuple):
    """One object in a cluster, whatever the API version it is written in.

    Shape: `namespace` is empty for cluster-scoped objects.
    """

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        group = f".{self.group}" if self.group else ""
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind}{group} {where}{self.name}".rstrip()


def split_api_version(api_version: str) -> tuple[str, str]:
    """Return group and version of an `apiVersion`: `apps/v1` gives `("apps", "v1")`, `v1` gives `("", "v1")`."""
    group, _, version = api_version.rpartition("/")
    return group, version


def minor_of(kubernetes: str) -> int:
    """Return the minor of a Kubernetes version: `1.34` and `1.34.2` give 34."""
    return int(kubernetes.split(".")[1])
