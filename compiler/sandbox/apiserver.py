"""kube-apiserver: the one open port of a sandbox, on 127.0.0.1."""

from __future__ import annotations

import json
from pathlib import Path

from compiler.sandbox.egress import SOCKET
from compiler.sandbox.etcd import ENDPOINT
from compiler.sandbox.keys import SERVICE_ACCOUNT_KEY, TOKENS
from compiler.sandbox.paths import ca_file
from compiler.sandbox.processes import Command

SERVICE_RANGE = "10.96.0.0/16"
_EGRESS_CONFIG = "egress.json"


def apiserver(program: Path, folder: Path, port: int) -> Command:
    """Return the command of the API server."""
    return Command(
        "kube-apiserver",
        (
            str(program),
            f"--etcd-servers={ENDPOINT}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            # Without these two it looks for a network interface, and refuses to start on a machine with none.
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--cert-dir={ca_file(folder).parent.name}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={SERVICE_ACCOUNT_KEY}",
            f"--service-account-signing-key-file={SERVICE_ACCOUNT_KEY}",
            f"--token-auth-file={TOKENS}",
            "--authorization-mode=RBAC",
            "--anonymous-auth=false",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            f"--egress-selector-config-file={_EGRESS_CONFIG}",
        ),
    )


def write_egress_config(folder: Path) -> None:
    """Write the file that sends every call to a Service of the cluster to the egress socket."""
    transport = {"uds": {"udsName": SOCKET}}
    cluster = {"name": "cluster", "connection": {"proxyProtocol": "HTTPConnect", "transport": transport}}
    config = {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [cluster],
    }
    (folder / _EGRESS_CONFIG).write_text(json.dumps(config))
