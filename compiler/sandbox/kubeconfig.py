"""The kubeconfig of one sandbox. It is a file of its own: the user's kubeconfig is never read or written."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from compiler.sandbox.keys import admin_token, write_private
from compiler.sandbox.paths import ca_file, kubeconfig_file


def write_kubeconfig(folder: Path, server: str) -> None:
    """Write the kubeconfig, as JSON, which every reader of YAML takes.

    Shape: cluster, user and context are all called `stackc-sandbox-<name>`.
    """
    name = f"stackc-sandbox-{folder.name}"
    authority = base64.b64encode(ca_file(folder).read_bytes()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": name, "user": {"token": admin_token(folder)}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}}],
    }
    write_private(kubeconfig_file(folder), json.dumps(config, indent=2) + "\n")
