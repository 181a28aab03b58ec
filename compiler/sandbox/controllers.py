"""kube-controller-manager and kube-scheduler, with no open port."""

from __future__ import annotations

from pathlib import Path

from compiler.sandbox.keys import SERVICE_ACCOUNT_KEY
from compiler.sandbox.paths import ca_file, kubeconfig_file
from compiler.sandbox.processes import Command


def controller_manager(program: Path, folder: Path) -> Command:
    """Return the command of the controller manager."""
    return Command(
        "kube-controller-manager",
        (
            str(program),
            f"--kubeconfig={kubeconfig_file(folder).name}",
            f"--service-account-private-key-file={SERVICE_ACCOUNT_KEY}",
            f"--root-ca-file={ca_file(folder).relative_to(folder)}",
            "--secure-port=0",
            "--leader-elect=false",
            # The pods of a node that is taken for lost are marked unready, which kwok never undoes. So no node is ever
            # lost, not even when the machine slept or kwok was started again.
            "--node-monitor-grace-period=8760h",
        ),
    )


def scheduler(program: Path, folder: Path) -> Command:
    """Return the command of the scheduler."""
    config = f"--kubeconfig={kubeconfig_file(folder).name}"
    return Command("kube-scheduler", (str(program), config, "--secure-port=0", "--leader-elect=false"))
