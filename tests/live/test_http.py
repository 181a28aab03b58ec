"""The transport, against a small server on loopback: kept connections, lost ones, refusals, credentials."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from compiler.live.cluster import Cluster
from compiler.live.discovery import discover
from compiler.live.http import Endpoint, Transport, refusal
from compiler.live.mask import Redactor
from compiler.live.port import ClusterError
from compiler.live.refusals import refused, unreachable
from compiler.live.retry import Patience
from tests.live.bundles import body, bundle

Answer = tuple[int, Mapping[str, str], bytes]


class Server:
    """A server whose answers a test gives; it counts connections and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[str, Mapping[str, str]], Answer] = lambda path, headers: (200, {}, b"{}")
        self.connections = 0
        self.asked: list[tuple[str, str]] = []
        self.close_after_answer = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def do_GET(self) -> None:
                outer.asked.append((self.command, self.path))
                status, headers, content = outer.answer(self.path, dict(self.headers.items()))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                # without saying so, as a server does that restarts
                self.close_connection = outer.close_after_answer

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.http.shutdown()
    running.http.server_close()


def transport(server: Server, headers: Callable[[bool], Mapping[str, str]] = lambda fresh: {}) -> Transport:
    return Transport(Endpoint(server.url, headers, timeout_s=5))


def test_request_keeps_its_connection(server: Server) -> None:
    """Requests one after the other share a connection."""
    kept = transport(server)
    for _ in range(5):
        assert kept.request("GET", "/x") == (200, {})
    assert server.connections == 1


def test_request_on_a_connection_that_was_closed_is_sent_again(server: Server) -> None:
    """A server that closed a kept connection is asked again on a new one, without an error."""
    server.close_after_answer = True
    kept = transport(server)
    for _ in range(3):
        assert kept.request("GET", "/x") == (200, {})
    assert len(server.asked) == 3


def test_request_with_expired_credentials_asks_for_new_ones_once(server: Server) -> None:
    """A 401 renews the credentials once; a second one is the answer."""
    server.answer = lambda path, headers: (
        (200, {}, b"{}") if headers.get("Authorization") == "new" else (401, {}, b"no")
    )
    assert transport(server, lambda fresh: {"Authorization": "new" if fresh else "old"}).request("GET", "/x")[0] == 200
    server.asked.clear()
    with pytest.raises(ClusterError) as refused:
        transport(server, lambda fresh: {"Authorization": "old"}).request("GET", "/x")
    assert refused.value.code == 401
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "headers", "content", "transient", "wait_s"),
    [
        (429, {"Retry-After": "3"}, b'{"message": "slow", "reason": "TooManyRequests"}', True, 3.0),
        (500, {}, b'{"message": "failed calling webhook", "reason": "InternalError"}', True, None),
        (500, {}, b'{"message": "failed to create typed patch object (n/x): .a"}', False, None),
        (409, {}, b'{"message": "modified", "reason": "Conflict"}', True, None),
        (409, {}, b'{"details": {"causes": [{"reason": "FieldManagerConflict", "field": ".a"}]}}', False, None),
        (422, {}, b'{"message": "wrong", "reason": "Invalid"}', False, None),
        (503, {}, b"<html>bad gateway</html>", True, None),
        (404, {}, b"404 page not found", False, None),
        (500, {}, b'["odd"]', True, None),
    ],
)
def test_refusal_says_whether_to_try_again(
    server: Server, status: int, headers: dict[str, str], content: bytes, transient: bool, wait_s: float | None
) -> None:
    """Every answer outside 2xx is a ClusterError that knows if it may pass, and after how long."""
    server.answer = lambda path, given: (status, headers, content)
    with pytest.raises(ClusterError) as refused:
        transport(server).request("GET", "/x")
    assert (refused.value.code, refused.value.transient, refused.value.retry_after_s) == (status, transient, wait_s)


def test_refusal_of_a_field_conflict_names_field_and_manager() -> None:
    """The causes of a conflict carry the server's path and the other manager."""
    cause = {
        "reason": "FieldManagerConflict",
        "field": ".spec.replicas",
        "message": 'conflict with "hpa" using autoscaling/v2',
    }
    error = refusal(409, json.dumps({"details": {"causes": [cause]}}).encode())
    assert [(found.field, found.manager) for found in error.conflicts] == [
        (".spec.replicas", '"hpa" using autoscaling/v2')
    ]


def test_request_to_something_else_is_no_kubernetes(server: Server) -> None:
    """An answer that isn't JSON is told as such."""
    server.answer = lambda path, headers: (200, {}, b"<html>welcome</html>")
    with pytest.raises(ClusterError) as refused:
        transport(server).request("GET", "/x")
    assert refused.value.reason == "NotKubernetes"


def test_discover_falls_back_to_groups_and_tolerates_a_broken_one() -> None:
    """Servers without aggregated discovery are asked group by group; one that fails is noted."""
    answers: dict[str, Any] = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {
            "kind": "APIGroupList",
            "groups": [{"versions": [{"groupVersion": "a/v1"}, {"groupVersion": "b/v1"}]}],
        },
        "/api/v1": {
            "resources": [{"name": "pods", "kind": "Pod", "namespaced": True}, {"name": "pods/log", "kind": "Pod"}]
        },
        "/apis/a/v1": {"resources": [{"name": "ws", "kind": "W", "namespaced": False, "verbs": ["get"]}]},
    }

    def fetch(path: str, accept: str) -> Any:
        if path not in answers:
            raise ClusterError(503, "ServiceUnavailable", "no backend")
        return answers[path]

    found = discover(fetch)
    assert found.broken == {"b/v1"}
    assert found.resources["v1", "Pod"].plural == "pods"
    assert found.resources["v1", "Pod"].namespaced
    assert not found.resources["a/v1", "W"].namespaced


def test_list_joins_pages(server: Server) -> None:
    """A list in pages is asked for until it ends; items get their kind back."""

    def answer(path: str, headers: Mapping[str, str]) -> Answer:
        if path == "/api":
            return 200, {}, b'{"kind": "APIVersions", "versions": ["v1"]}'
        if path == "/apis":
            return 200, {}, b"{}"
        if path == "/api/v1":
            return 200, {}, b'{"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": true}]}'
        page = 2 if "continue=next" in path else 1
        more = {"metadata": {"continue": "next"}} if page == 1 else {}
        return 200, {}, json.dumps({**more, "items": [{"metadata": {"name": f"c{page}"}}]}).encode()

    server.answer = answer
    cluster = Cluster(transport(server), context="c", server=server.url)
    found = cluster.list("v1", "ConfigMap", "n", labels="a=b")
    assert [(item["kind"], item["metadata"]["name"]) for item in found] == [("ConfigMap", "c1"), ("ConfigMap", "c2")]
    assert server.asked[-2][1] == "/api/v1/namespaces/n/configmaps?limit=500&labelSelector=a%3Db"


def test_apply_to_a_service_without_backend_says_so(server: Server) -> None:
    """A kind of a group that is registered and silent is not told as a kind that nobody has."""

    def answer(path: str, headers: Mapping[str, str]) -> Answer:
        groups = b'{"kind": "APIGroupList", "groups": [{"versions": [{"groupVersion": "b.example.com/v1"}]}]}'
        answers = {"/api": b'{"kind": "APIVersions", "versions": []}', "/apis": groups}
        return (200, {}, answers[path]) if path in answers else (503, {}, b"no backend")

    server.answer = answer
    cluster = Cluster(transport(server), context="c", server=server.url)
    thing = body("b.example.com/v1", "Thing", "n", "t")
    with pytest.raises(ClusterError) as silent:
        cluster.apply(thing)
    (manifest,) = bundle([thing]).manifests
    assert refused(manifest, silent.value, Redactor()).code == "SC804"
    assert not silent.value.transient
    assert Patience(bundle([thing])).allows(manifest, silent.value, 9)  # its backend may come with the bundle


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ClusterError(401, "Unauthorized", "Unauthorized"), "SC802", "does not let us in"),
        (ClusterError(403, "Forbidden", 'User "u" cannot get path "/api"'), "SC802", "does not let us in"),
        (ClusterError(0, "Unreachable", "refused"), "SC801", "can't be reached"),
        (ClusterError(503, "", "starting"), "SC801", "can't be reached"),
    ],
)
def test_unreachable_tells_strangers_from_silence(error: ClusterError, code: str, said: str) -> None:
    """An expired token is no network fault."""
    told = unreachable(error)
    assert told.code == code
    assert said in told.message


def test_refused_secret_keeps_the_words_of_a_webhook_back() -> None:
    """Only authorization is known not to quote values; a webhook that says no with 403 may."""
    (manifest,) = bundle([body("v1", "Secret", "n", "s")]).manifests
    denied = ClusterError(403, "Forbidden", 'admission webhook "w" denied the request: `hunter2` is weak')
    lacking = ClusterError(403, "Forbidden", 'secrets "s" is forbidden: User "u" cannot patch resource "secrets"')
    assert "hunter2" not in refused(manifest, denied, Redactor()).message
    assert refused(manifest, denied, Redactor()).code == "SC805"
    assert 'User "u" cannot patch' in refused(manifest, lacking, Redactor()).message
    assert refused(manifest, lacking, Redactor()).code == "SC806"
