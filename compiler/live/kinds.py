"""The kinds that a bundle brings itself: a server serves them only once their CRDs are stored."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.model.ids import ObjectId
from compiler.model.manifest import Bundle


def kinds_of_crds(bundle: Bundle) -> Mapping[tuple[str, str], ObjectId]:
    """Return the CRD of every (apiVersion, kind) that CRDs of the bundle define."""
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): manifest.id
        for manifest in bundle.manifests
        if manifest.id.kind == "CustomResourceDefinition" and (spec := manifest.body.get("spec"))
        for version in spec.get("versions") or ()
    }
