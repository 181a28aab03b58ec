"""HTTP requests on kept-alive connections: JSON in, JSON out, a ClusterError for everything that isn't 2xx."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from compiler.live.port import Cause, ClusterError

_LOST = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, http.client.CannotSendRequest)


class Endpoint(NamedTuple):
    """Where a cluster is and how to speak to it.

    Shape: `server` is a URL, perhaps with a path; `headers(fresh)` gives the credentials of the moment, new ones when
    the server refused the last; `proxy` is an http(s) URL or empty; `name` is the name in the server's certificate
    where it differs from the host.
    """

    server: str
    headers: Callable[[bool], Mapping[str, str]]
    tls: ssl.SSLContext | None = None
    name: str = ""
    proxy: str = ""
    proxy_headers: Mapping[str, str] = {}
    timeout_s: float = 30.0


class _TlsConnection(http.client.HTTPSConnection):
    """An HTTPS connection that may expect another name in the certificate than the one it dialled."""

    expected = ""

    def connect(self) -> None:
        """Dial, through a proxy's tunnel where one is set, then speak TLS."""
        http.client.HTTPConnection.connect(self)
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]
        self.sock = context.wrap_socket(self.sock, server_hostname=self.expected)


class Transport:
    """A pool of connections to one server; threads borrow one for each request."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._base = urlsplit(endpoint.server)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Send one request; return status and parsed answer.

        Errors: raises ClusterError for no answer and for every status outside 2xx. A request on a kept connection that
        the server has closed meanwhile is sent once more on a new one: gets and applies may be repeated.
        """
        status, answer, retry_after = self._send(method, path, body, headers, fresh=False)
        if status == 401:
            status, answer, retry_after = self._send(method, path, body, headers, fresh=True)
        if not 200 <= status < 300:
            raise refusal(status, answer, retry_after)
        try:
            return status, json.loads(answer)
        except ValueError:
            raise ClusterError(0, "NotKubernetes", "the answer isn't JSON: no Kubernetes API server") from None

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None, *, fresh: bool
    ) -> tuple[int, bytes, str | None]:
        sent = {
            "Accept": "application/json",
            "User-Agent": "stackc",
            **self._endpoint.headers(fresh),
            **(headers or {}),
        }
        target = self._base.path.rstrip("/") + path
        for _ in range(2):
            connection, reused = self._borrow()
            try:
                connection.request(method, target, body, sent)
                response = connection.getresponse()
                answer = response.read()
            except _LOST as lost:
                connection.close()
                if reused:
                    self.close()
                    continue
                raise self._unreachable(lost) from None
            except (OSError, http.client.HTTPException) as failed:
                connection.close()
                raise self._unreachable(failed) from None
            if response.will_close:
                connection.close()
            else:
                self._idle.append(connection)
            return response.status, answer, response.headers.get("Retry-After")
        raise ClusterError(0, "Unreachable", f"{self._endpoint.server} closes every connection")

    def _borrow(self) -> tuple[http.client.HTTPConnection, bool]:
        try:
            return self._idle.pop(), True
        except IndexError:
            return self._open(), False

    def _open(self) -> http.client.HTTPConnection:
        end, base = self._endpoint, self._base
        host = base.hostname or ""
        port = base.port or (443 if base.scheme == "https" else 80)
        proxy = urlsplit(end.proxy) if end.proxy else None
        near_host, near_port = (proxy.hostname or "", proxy.port or 80) if proxy else (host, port)
        connection: http.client.HTTPConnection
        if base.scheme == "https":
            secured = _TlsConnection(near_host, near_port, timeout=end.timeout_s, context=end.tls)
            secured.expected = end.name or host
            connection = secured
        else:
            connection = http.client.HTTPConnection(near_host, near_port, timeout=end.timeout_s)
        if proxy:
            connection.set_tunnel(host, port, dict(end.proxy_headers))
        return connection

    def _unreachable(self, error: Exception) -> ClusterError:
        return ClusterError(0, "Unreachable", f"{self._endpoint.server}: {_say(error)}")


def _say(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "the host name is not known"
    if isinstance(error, http.client.HTTPException):
        return "the answer isn't HTTP"
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__


def refusal(status: int, answer: bytes, retry_after: str | None = None) -> ClusterError:
    """Turn an answer outside 2xx into an error; the server says why in a Status object, or in plain text."""
    text = answer.decode("utf-8", "replace").strip()
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    told = parsed if isinstance(parsed, dict) else {}
    details = told.get("details") or {}
    causes = tuple(
        Cause(str(cause.get("reason", "")), str(cause.get("field", "")), str(cause.get("message", "")))
        for cause in details.get("causes") or ()
    )
    wait = retry_after or details.get("retryAfterSeconds")
    message = str(told.get("message") or text[:500] or http.client.responses.get(status, "no message"))
    return ClusterError(status, str(told.get("reason", "")), message, causes, _seconds(wait))


def _seconds(value: object) -> float | None:
    text = str(value)
    return float(text) if value and text.isdigit() else None
