"""Wait for the parts of a sandbox, and say why when one of them does not come."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from compiler.model.diagnostic import Note
from compiler.sandbox.client import Client
from compiler.sandbox.nodes import unready_nodes
from compiler.sandbox.paths import DEFAULT_NAME, ca_file
from compiler.sandbox.problem import SandboxFault
from compiler.sandbox.processes import is_alive, log_tail
from compiler.sandbox.state import State

_TIMEOUT_S = 60.0
_PAUSE_S = 0.05


def wait_for_certificate(folder: Path, state: State) -> None:
    """Wait until the API server has signed its certificate.

    Errors: SandboxFault SC853 when a component ends, SC854 when time is up.
    """

    def missing() -> str:
        return "" if has_certificate(folder) else "the API server's certificate"

    _wait(folder, state, missing, "kube-apiserver")


def has_certificate(folder: Path) -> bool:
    """Tell whether the certificate can be read: its key is written after it, so the file is not half there."""
    return ca_file(folder).with_suffix(".key").exists()


def wait_until_serving(folder: Path, state: State, client: Client) -> None:
    """Wait until the API server answers `/readyz` with ok.

    Errors: SandboxFault SC853 when a component ends, SC854 when time is up.
    """

    def missing() -> str:
        answer = client.get("/readyz")
        return "" if answer.status == 200 else f"/readyz ({answer.text.strip()[-300:]})"

    _wait(folder, state, missing, "kube-apiserver")


def wait_until_usable(folder: Path, state: State, client: Client) -> None:
    """Wait until pods can be created and scheduled: the default ServiceAccount is there and every node is Ready.

    Errors: SandboxFault SC853 when a component ends, SC854 when time is up.
    """

    def no_account() -> str:
        answer = client.get("/api/v1/namespaces/default/serviceaccounts/default")
        return "" if answer.status == 200 else "ServiceAccount default/default"

    def no_nodes() -> str:
        unready = unready_nodes(client)
        return f"nodes {', '.join(unready)}" if unready else ""

    _wait(folder, state, no_account, "kube-controller-manager")
    _wait(folder, state, no_nodes, "kwok")


def _wait(folder: Path, state: State, missing: Callable[[], str], component: str) -> None:
    """Ask `missing` until it returns nothing; `component` is the one whose log explains a delay."""
    deadline = time.monotonic() + _TIMEOUT_S
    while awaited := missing():
        ended = next((process.name for process in state.processes if not is_alive(process)), None)
        if ended:
            raise SandboxFault("SC853", f"`{ended}` ended", _again(folder), _tail(folder, ended))
        if time.monotonic() > deadline:
            message = f"still waiting for {awaited} after {_TIMEOUT_S:.0f} s"
            raise SandboxFault("SC854", message, _again(folder), _tail(folder, component))
        time.sleep(_PAUSE_S)


def _again(folder: Path) -> str:
    name = "" if folder.name == DEFAULT_NAME else f" --name {folder.name}"
    return f"run `stackc sandbox down{name}`, then `stackc sandbox up{name}`"


def _tail(folder: Path, component: str) -> tuple[Note, ...]:
    return tuple(Note(line) for line in log_tail(folder, component).splitlines())
