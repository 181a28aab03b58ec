"""etcd, on unix sockets in the sandbox's folder: no open port, so no other user of the machine can read the store."""

from __future__ import annotations

from pathlib import Path

from compiler.sandbox.processes import Command

# etcd wants a port in every URL; it becomes part of the socket's file name.
ENDPOINT = "unix://etcd.sock:0"
_PEER = "unix://etcd-peer.sock:0"


def etcd(program: Path) -> Command:
    """Return the command of etcd. It doesn't sync to disk: a sandbox need not survive a power cut."""
    return Command(
        "etcd",
        (
            str(program),
            "--data-dir=etcd",
            "--unsafe-no-fsync",
            "--log-level=warn",
            f"--listen-client-urls={ENDPOINT}",
            f"--advertise-client-urls={ENDPOINT}",
            f"--listen-peer-urls={_PEER}",
            f"--initial-advertise-peer-urls={_PEER}",
            f"--initial-cluster=default={_PEER}",
        ),
    )
