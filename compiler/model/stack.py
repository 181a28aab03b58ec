"""A checked stack: the merged tree, and the few facts that every stage asks for."""

from __future__ import annotations

from typing import Any, NamedTuple

from compiler.model.source import Path, Span, Tree


class Stack(NamedTuple):
    """One stack after layers, params and checks of circle 1.

    Shape: `tree.data` is the merged document (`apiVersion`, `kind`, `metadata`, `spec`); paths in `tree` start at the
    document's root, so a section is at `("spec", "openfx")`. `folder` is the stack file's folder, relative to the root
    of the files door, `""` for the root itself.
    """

    name: str
    kubernetes: str
    preset: str
    tree: Tree
    file: str
    folder: str

    @property
    def spec(self) -> dict[str, Any]:
        """The merged `spec`."""
        data: Any = self.tree.data
        spec: dict[str, Any] = data["spec"]
        return spec


class Instance(NamedTuple):
    """One component to expand: what the stack (or a `use` document) asks for.

    Shape: `name` is the top-level instance name (`openfx`, `jobs.train`, `components[].name`); `self_name` is what
    templates see as `self.name`; `params` are the user's own, unfilled; `path` leads to them in the stack's tree.
    """

    name: str
    self_name: str
    component: str
    version: str
    namespace: str
    params: dict[str, Any]
    path: Path
    span: Span | None
