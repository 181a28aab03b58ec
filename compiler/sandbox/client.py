"""The few calls that a sandbox makes to its own API server, with the standard library alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from compiler.sandbox.keys import admin_token
from compiler.sandbox.paths import ca_file


class Answer(NamedTuple):
    """What the server said; status 0 when nobody answered, with the reason in `text`."""

    status: int
    text: str

    @property
    def body(self) -> Any:
        """The answer's JSON."""
        return json.loads(self.text)


class Client(NamedTuple):
    """How to talk to one API server. Shape: `ca` is a file, `port` is on 127.0.0.1."""

    port: int
    token: str
    ca: Path

    def get(self, path: str) -> Answer:
        """Read `path`."""
        return self._send("GET", path, None, "")

    def create(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Create an object in the collection `path`."""
        return self._send("POST", path, body, "application/json")

    def merge(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Merge `body` into the object at `path`."""
        return self._send("PATCH", path, body, "application/merge-patch+json")

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None, content_type: str) -> Answer:
        import http.client
        import ssl

        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if content_type:
            headers["Content-Type"] = content_type
        try:
            context = ssl.create_default_context(cafile=str(self.ca))
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=context)
            try:
                connection.request(method, path, None if body is None else json.dumps(body), headers)
                response = connection.getresponse()
                return Answer(response.status, response.read().decode())
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as problem:
            return Answer(0, str(problem) or type(problem).__name__)


def client_of(folder: Path, port: int) -> Client:
    """Return a client that acts as the sandbox's administrator."""
    return Client(port, admin_token(folder), ca_file(folder))
