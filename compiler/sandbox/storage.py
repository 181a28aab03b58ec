"""The default StorageClass of a sandbox. Volumes come from stages/volume.yaml, for every class."""

from __future__ import annotations

from compiler.sandbox.client import Client
from compiler.sandbox.problem import SandboxFault

DEFAULT_CLASS = "sandbox"


def ensure_default_class(client: Client) -> None:
    """Create the default StorageClass unless it is there.

    Errors: SandboxFault SC856 when the server refuses it.
    """
    body = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": DEFAULT_CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "sandbox.stackc.dev/volume",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": True,
    }
    answer = client.create("/apis/storage.k8s.io/v1/storageclasses", body)
    if answer.status not in (201, 409):
        raise SandboxFault("SC856", f"the default StorageClass is refused: {answer.text}", "see the API server's log")
