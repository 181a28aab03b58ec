"""A real cluster behind the port: paths, patches and pages over the transport."""

from __future__ import annotations

import json
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

from compiler.live.discovery import discover
from compiler.live.http import Transport
from compiler.live.port import FIELD_MANAGER, ClusterError, Discovery, Resource
from compiler.model.ids import ObjectId
from compiler.model.manifest import Body, object_id

_PATCH = {"Content-Type": "application/apply-patch+yaml"}  # JSON is YAML, and cheaper for both sides
_PAGE = 500


class Cluster:
    """The ClusterPort of a server."""

    def __init__(self, transport: Transport, *, context: str, server: str, namespace: str = "default") -> None:
        self.context = context
        self.server = server
        self.namespace = namespace
        self._transport = transport
        self._discovery: Discovery | None = None
        self._lock = Lock()

    def discovery(self, *, fresh: bool = False) -> Discovery:
        """Return what the server serves; asked once, and again with `fresh`."""
        with self._lock:
            if fresh or self._discovery is None:
                self._discovery = discover(lambda path, accept: self._get(path, accept))
            return self._discovery

    def get(self, api_version: str, id: ObjectId) -> Body | None:
        """Return an object in one of its versions, None where it isn't there."""
        try:
            body: Body = self._get(self._path(api_version, id.kind, id.namespace, id.name))
        except ClusterError as error:
            if error.not_found:
                return None
            raise
        return body

    def list(
        self, api_version: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> tuple[Body, ...]:
        """Return every object of a kind, in one namespace or in all, by label and field selectors; pages are joined."""
        path = self._path(api_version, kind, namespace)
        query = {"limit": str(_PAGE), "labelSelector": labels, "fieldSelector": fields}
        found: list[Body] = []
        while True:
            answer = self._get(f"{path}?{urlencode({name: value for name, value in query.items() if value})}")
            for item in answer.get("items") or ():
                found.append({"apiVersion": api_version, "kind": kind, **item})
            query["continue"] = (answer.get("metadata") or {}).get("continue") or ""
            if not query["continue"]:
                return tuple(found)

    def apply(
        self, body: Body, *, dry_run: bool = False, force: bool = False, manager: str = FIELD_MANAGER
    ) -> tuple[Body, bool]:
        """Apply one object on the server's side; return it as stored, and whether it is new."""
        id = object_id(body)
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        path = self._path(body["apiVersion"], id.kind, id.namespace, id.name)
        sent = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        status, answer = self._transport.request("PATCH", f"{path}?{urlencode(query)}", sent, _PATCH)
        return answer, status == 201

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _get(self, path: str, accept: str = "application/json") -> Any:
        return self._transport.request("GET", path, headers={"Accept": accept})[1]

    def _path(self, api_version: str, kind: str, namespace: str, name: str = "") -> str:
        resource = self._resource(api_version, kind)
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        where = f"/namespaces/{quote(namespace, safe='')}" if resource.namespaced and namespace else ""
        return f"{root}{where}/{resource.plural}" + (f"/{quote(name, safe=':')}" if name else "")

    def _resource(self, api_version: str, kind: str) -> Resource:
        known = self.discovery()
        resource = known.resources.get((api_version, kind))
        if resource is None and api_version in known.broken:
            raise ClusterError(503, "NoBackend", f"the API service of `{api_version}` does not answer")
        if resource is None:
            raise ClusterError(404, "NoKind", f"the server has no kind `{kind}` in `{api_version}`")
        return resource
