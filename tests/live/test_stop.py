"""What happens to a run that is stopped from outside while its server does not answer."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event as Gate
from threading import Thread

import pytest

from compiler.live.apply import apply_bundle
from compiler.live.settings import Settings
from compiler.model.event import EventKind
from compiler.model.manifest import Body
from tests.live.bundles import bundle, config
from tests.live.played import PlayedCluster

DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "groups": []},
    "/api/v1": {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]},
}


ROOT = Path(__file__).parents[2]


class Silent(ThreadingHTTPServer):
    """A server that answers discovery and the first dry run, and never anything else."""

    daemon_threads = True

    def __init__(self, answered: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.left = answered
        self.is_asked, self.is_over = Gate(), Gate()


class Handler(BaseHTTPRequestHandler):
    server: Silent
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200, json.dumps(DISCOVERY[self.path]).encode())

    def do_PATCH(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.left:
            self.server.left -= 1
            self._answer(201, sent)
            return
        self.server.is_asked.set()
        self.server.is_over.wait()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def silent(request: pytest.FixtureRequest) -> Iterator[Silent]:
    server = Silent(request.param)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.is_over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
@pytest.mark.parametrize(("silent", "said"), [(0, ""), (1, "stopped: 0 of 1 objects are settled")], indirect=["silent"])
def test_signal_ends_a_run_whose_server_hangs(
    silent: Silent, said: str, number: int, code: int, word: str, tmp_path: Path
) -> None:
    """Neither a diff nor an apply waits for an answer that does not come, and what is left open is told."""
    server = f"http://127.0.0.1:{silent.server_address[1]}"
    (tmp_path / "kubeconfig").write_text(
        f"{{current-context: c, clusters: [{{name: c, cluster: {{server: '{server}'}}}}],"
        " contexts: [{name: c, context: {cluster: c, user: c}}], users: [{name: c, user: {token: t}}]}"
    )
    (tmp_path / "a.yaml").write_text(json.dumps(config("n", "a")))
    command = [sys.executable, "-m", "compiler", "apply", "-f", "a.yaml", "--kubeconfig", "kubeconfig"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert silent.is_asked.wait(60)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)  # a request waits for longer
    assert process.returncode == code
    assert err.endswith(f"stackc: {word}\n")
    assert said in err


def test_apply_bundle_that_is_closed_waits_for_nothing() -> None:
    """Closing the iterator returns while a request is still under way."""
    gate = Gate()

    def hang(body: Body, attempt: int) -> None:
        if body["metadata"]["name"] == "b":
            gate.wait(30)

    events = apply_bundle(bundle([config("n", "a"), config("n", "b")]), PlayedCluster(hang), Settings(timeout_s=60))
    assert next(iter(events)).kind is EventKind.CREATED
    events.close()  # type: ignore[attr-defined]
    assert not gate.is_set()
    gate.set()
