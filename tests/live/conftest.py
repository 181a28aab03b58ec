"""The live tests' control plane: one sandbox per test process, away from the user's, and kubectl to look at it."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from required import absent, announce

from compiler.sandbox import lifecycle
from compiler.sandbox.binaries import KUBECTL, PROGRAMS, programs
from compiler.sandbox.client import Client, client_of


class Kubectl(NamedTuple):
    """kubectl on one sandbox."""

    path: Path
    kubeconfig: Path

    def run(self, *args: str, stdin: object = None) -> str:
        """Return what kubectl prints; `stdin` is sent as JSON. Fails with what kubectl says."""
        result = self.attempt(*args, stdin=stdin)
        assert result.returncode == 0, f"kubectl {' '.join(args)}: {result.stderr}"
        return result.stdout

    def attempt(self, *args: str, stdin: object = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl, also where it may fail."""
        return subprocess.run(
            [str(self.path), f"--kubeconfig={self.kubeconfig}", *args],
            input=None if stdin is None else json.dumps(stdin),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={"HOME": str(self.kubeconfig.parent), "PATH": os.environ["PATH"]},
        )

    def apply(self, *objects: dict[str, Any], namespace: str = "default") -> None:
        """Apply objects."""
        items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.run("apply", "-n", namespace, "-f", "-", stdin=items)

    def get(self, *args: str) -> Any:
        """Return an object or a list."""
        return json.loads(self.run("get", "-o", "json", *args))


Eventually = Callable[[Callable[[], object]], None]


@pytest.fixture(scope="session")
def live_programs(request: pytest.FixtureRequest) -> dict[str, Path]:
    """Return the control plane's programs and kubectl, built if they must be."""
    found = programs((*PROGRAMS, KUBECTL), say=lambda line: announce(request, line))
    if found.value is None:
        absent(request, found.diagnostics[0].message.splitlines()[0])
    return dict(found.value)


@pytest.fixture(scope="session")
def sandbox(live_programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[lifecycle.Sandbox]:
    """Yield a running sandbox with `.kubeconfig`, `.server`, `.token` and `.ca`; it is down after the last test."""
    root = tmp_path_factory.mktemp("sandbox")
    try:
        started = lifecycle.up("live", root=root)
        assert started.value is not None, started.diagnostics[0].message
        yield started.value
        ended = lifecycle.status("live", root=root).value
        assert ended is not None and ended.is_up, f"the sandbox did not stay sound to the end: {ended}"
    finally:
        lifecycle.down("live", root=root)


@pytest.fixture(scope="session")
def kubectl(sandbox: lifecycle.Sandbox, live_programs: dict[str, Path]) -> Kubectl:
    """Return kubectl on the sandbox."""
    return Kubectl(live_programs["kubectl"], sandbox.kubeconfig)


@pytest.fixture
def client(sandbox: lifecycle.Sandbox) -> Client:
    """Return a plain HTTPS client of the sandbox, as its administrator."""
    return client_of(sandbox.folder, int(sandbox.server.rpartition(":")[2]))


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """Yield the name of a namespace of this test's own; it goes afterwards, in the background."""
    name = f"t-{uuid.uuid4().hex[:10]}"
    kubectl.run("create", "namespace", name)
    yield name
    kubectl.run("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Return a function that asserts that something becomes true within 20 seconds."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 20
        while not (seen := condition()):
            assert time.monotonic() < deadline, f"still {seen!r}"
            time.sleep(0.1)

    return wait
