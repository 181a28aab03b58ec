"""The checks of the language, in order: what a schema can't say, and needs no catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from compiler.model.diagnostic import Diagnostic
from compiler.spec.language import capacity, cluster, names, references, resources, secrets, values
from compiler.spec.language.survey import Context

Check = Callable[[Context], Iterator[Diagnostic]]

CHECKS: tuple[Check, ...] = (
    values.check_versions,
    values.check_placeholders,
    values.check_images,
    values.check_schedules,
    resources.check_gpus,
    resources.check_quotas,
    resources.check_units,
    resources.check_limits,
    resources.check_replicas,
    resources.check_roles,
    secrets.check_text,
    secrets.check_keys,
    secrets.check_chains,
    secrets.check_refs,
    secrets.check_logins,
    secrets.check_unused,
    references.check_references,
    references.check_issuers,
    references.check_namespaces,
    references.check_claims,
    references.check_unused,
    names.check_mounts,
    names.check_places,
    names.check_assumed,
    names.check_patches,
    cluster.check_kubernetes,
    cluster.check_subnets,
    cluster.check_selectors,
    capacity.check_fit,
    capacity.check_quotas_hold,
    cluster.check_registry,
)


def check_language(context: Context) -> list[Diagnostic]:
    """Run every check on a merged document whose root and `spec` are maps."""
    return [diagnostic for check in CHECKS for diagnostic in check(context)]
