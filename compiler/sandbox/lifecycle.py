"""Start, end and look at a sandbox: the functions behind `stackc sandbox`, and the test bed's entry."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from compiler.model.diagnostic import Outcome
from compiler.sandbox.apiserver import apiserver, write_egress_config
from compiler.sandbox.binaries import Say, programs
from compiler.sandbox.client import Client, client_of
from compiler.sandbox.controllers import controller_manager, scheduler
from compiler.sandbox.egress import egress
from compiler.sandbox.etcd import etcd
from compiler.sandbox.keys import admin_token, write_keys
from compiler.sandbox.kubeconfig import write_kubeconfig
from compiler.sandbox.nodes import DEFAULT_NODES, FakeNode, ensure_node, has_nodes, kwok, unready_nodes
from compiler.sandbox.paths import DEFAULT_NAME, ca_file, kubeconfig_file, sandbox_folder
from compiler.sandbox.problem import SandboxFault
from compiler.sandbox.processes import Command, is_alive, kill, log_tail, start
from compiler.sandbox.state import State, forget_lock, forget_state, locked, read_state, write_state
from compiler.sandbox.storage import ensure_default_class
from compiler.sandbox.waiting import wait_for_certificate, wait_until_serving, wait_until_usable

COMPONENTS = ("egress", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
_ATTEMPTS = 3


class Sandbox(NamedTuple):
    """A running sandbox, and how to reach it.

    Shape: `server` is the URL of the API server; `started` names the components that this call had to start, none
    when the sandbox ran already.
    """

    name: str
    folder: Path
    kubeconfig: Path
    server: str
    token: str
    ca: Path
    started: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<sandbox {self.name} at {self.server}>"  # never the token


class Part(NamedTuple):
    """One component of a sandbox; `pid` is None when it does not run."""

    name: str
    pid: int | None


class Status(NamedTuple):
    """What is known of a sandbox.

    Shape: `parts` is empty when there is none of that name; `problem` says in a few words why it is not usable, empty
    when it is.
    """

    name: str
    folder: Path
    parts: tuple[Part, ...]
    server: str
    problem: str

    @property
    def is_up(self) -> bool:
        """Tell whether the sandbox can be used."""
        return not self.problem


def up(
    name: str = DEFAULT_NAME,
    nodes: tuple[FakeNode, ...] | None = None,
    *,
    root: Path | None = None,
    say: Say = lambda line: None,
) -> Outcome[Sandbox]:
    """Make a sandbox run, and return when pods can be scheduled on it.

    What runs already is kept, what ended is started again on the same data. `nodes` are created or updated; without
    them a sandbox that has none gets DEFAULT_NODES. `root` replaces the user's state folder.

    Errors: SC850 to SC856, SC860, SC861.
    """
    built = programs(say=say)
    if built.value is None:
        return Outcome(None, built.diagnostics)
    try:
        folder = sandbox_folder(name, root)
        with locked(folder):
            return Outcome(_up(folder, built.value, nodes))
    except SandboxFault as fault:
        return Outcome(None, (fault.diagnostic,))


def down(name: str = DEFAULT_NAME, *, root: Path | None = None) -> Outcome[bool]:
    """End a sandbox and remove its folder; the value tells whether there was one.

    Errors: SC860, SC861.
    """
    try:
        folder = sandbox_folder(name, root)
        with locked(folder):
            existed = folder.exists()
            _end(folder)
            shutil.rmtree(folder, ignore_errors=True)
            forget_lock(folder)
            return Outcome(existed)
    except SandboxFault as fault:
        return Outcome(None, (fault.diagnostic,))


def status(name: str = DEFAULT_NAME, *, root: Path | None = None) -> Outcome[Status]:
    """Look at a sandbox without changing it.

    Errors: SC860, SC861.
    """
    try:
        folder = sandbox_folder(name, root)
        state = read_state(folder)
    except SandboxFault as fault:
        return Outcome(None, (fault.diagnostic,))
    if state is None:
        return Outcome(Status(name, folder, (), "", "there is no sandbox of this name"))
    parts = tuple(_part(state, component) for component in COMPONENTS)
    return Outcome(Status(name, folder, parts, _url(state.port), _problem(folder, state, parts)))


def kubeconfig(name: str = DEFAULT_NAME, *, root: Path | None = None) -> Outcome[Path]:
    """Return the path of a sandbox's kubeconfig.

    Errors: SC855 when there is no such sandbox, SC861.
    """
    try:
        path = kubeconfig_file(sandbox_folder(name, root))
        if not path.exists():
            named = "" if name == DEFAULT_NAME else f" --name {name}"
            raise SandboxFault("SC855", f"there is no sandbox `{name}`", f"run `stackc sandbox up{named}`")
    except SandboxFault as fault:
        return Outcome(None, (fault.diagnostic,))
    return Outcome(path)


def _up(folder: Path, found: Mapping[str, Path], nodes: tuple[FakeNode, ...] | None) -> Sandbox:
    state = read_state(folder)
    if state is not None:
        if not any(map(is_alive, state.processes)):  # the machine was off: somebody may have taken the port since
            state = State(_free_port())
        return _run(folder, state, found, nodes)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _run(folder, _new(folder), found, nodes)
        except BaseException:
            port_was_taken = "address already in use" in log_tail(folder, "kube-apiserver")
            _end(folder)  # its logs stay, for a look
            if attempt == _ATTEMPTS or not port_was_taken:
                raise
    raise AssertionError("the last attempt returns or raises")


def _new(folder: Path) -> State:
    """Make the folder of a new sandbox; nothing runs yet."""
    shutil.rmtree(folder, ignore_errors=True)  # the logs of a sandbox that could not start
    folder.mkdir(parents=True, mode=0o700)
    write_keys(folder)
    write_egress_config(folder)
    state = State(_free_port())
    write_state(folder, state)
    return state


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _run(folder: Path, state: State, found: Mapping[str, Path], nodes: tuple[FakeNode, ...] | None) -> Sandbox:
    """Start what does not run, in order, and wait until it can be used."""
    before = state
    store = (egress(), etcd(found["etcd"]), apiserver(found["kube-apiserver"], folder, state.port))
    state = _ensure(folder, state, store)
    wait_for_certificate(folder, state)
    write_kubeconfig(folder, _url(state.port))
    client = client_of(folder, state.port)
    wait_until_serving(folder, state, client)
    controllers = (
        controller_manager(found["kube-controller-manager"], folder),
        scheduler(found["kube-scheduler"], folder),
        kwok(found["kwok"], folder),
    )
    state = _ensure(folder, state, controllers)
    if nodes is None:  # an `up` that was killed may have made none
        nodes = () if has_nodes(client) else DEFAULT_NODES
    for node in nodes:
        ensure_node(client, node)
    ensure_default_class(client)
    wait_until_usable(folder, state, client)
    started = tuple(process.name for process in state.processes if process not in before.processes)
    return Sandbox(
        folder.name,
        folder,
        kubeconfig_file(folder),
        _url(state.port),
        admin_token(folder),
        ca_file(folder),
        started,
    )


def _ensure(folder: Path, state: State, commands: tuple[Command, ...]) -> State:
    for command in commands:
        process = state.process(command.name)
        if process is None or not is_alive(process):
            # Recorded one by one, so that `down` finds every process even if this program is killed here.
            state = state.with_process(start(command, folder))
            write_state(folder, state)
    return state


def _end(folder: Path) -> None:
    state = read_state(folder)
    if state is not None:
        kill(state.processes)
        forget_state(folder)


def _part(state: State, component: str) -> Part:
    process = state.process(component)
    return Part(component, process.pid if process is not None and is_alive(process) else None)


def _problem(folder: Path, state: State, parts: tuple[Part, ...]) -> str:
    ended = [part.name for part in parts if part.pid is None]
    if ended:
        return f"not running: {', '.join(ended)}"
    client: Client = client_of(folder, state.port)
    ready = client.get("/readyz")
    if ready.status != 200:
        return f"the API server is not ready: {ready.text.strip()[-200:]}"
    unready = unready_nodes(client)
    return f"not ready: {', '.join(unready)}" if unready else ""


def _url(port: int) -> str:
    return f"https://127.0.0.1:{port}"
