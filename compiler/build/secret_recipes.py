"""What each type of Secret becomes: its Kubernetes type and its data."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

DOCKER_CONFIG_KEY = ".dockerconfigjson"
DOCKER_HUB = "https://index.docker.io/v1/"

Source = Mapping[str, Any]
"""A SecretSource of the stack: a map with one of secretRef, fromEnv, fromFile, externalSecret, sops, value."""


TYPES: Mapping[str, str] = {
    "generic": "Opaque",
    "s3": "Opaque",
    "ssh": "Opaque",
    "tls": "kubernetes.io/tls",
    "docker-registry": "kubernetes.io/dockerconfigjson",
}


def kubernetes_type(type: str, keys: Mapping[str, Source]) -> str:
    """Return the `type` of the Secret. Source: core/v1 SecretType; an ssh-auth Secret has one key of this name."""
    if type == "ssh" and set(keys) == {"ssh-privatekey"}:
        return "kubernetes.io/ssh-auth"
    return TYPES[type]


def encoded(text: str) -> str:
    """Return a text as a value of `data`."""
    return b64encode(text.encode()).decode()


def docker_config(server: str, username: str, password: str) -> str:
    """Return the file that the kubelet logs in with. Source: kubernetes.io/docs, Secret type dockerconfigjson."""
    login = {"username": username, "password": password, "auth": encoded(f"{username}:{password}")}
    return json.dumps({"auths": {server: login}}, separators=(",", ":"))


def docker_config_template(server: str) -> str:
    """Return the same file as a template of the External Secrets operator, which fills in username and password.

    Shape: of an empty `server` the operator fills that in, too.
    """
    login = '"auth":"{{ printf "%s:%s" .username .password | b64enc }}"'
    words = '"username":{{ .username | toJson }},"password":{{ .password | toJson }}'
    address = json.dumps(server) if server else "{{ .server | toJson }}"
    return f'{{"auths":{{{address}:{{{words},{login}}}}}}}'


def printed(source: Source) -> str:
    """Return where a value comes from, for people: `env NAME`, `file PATH`, `sops FILE KEY`."""
    if "fromEnv" in source:
        return f"env {source['fromEnv']}"
    if "fromFile" in source:
        return f"file {source['fromFile']}"
    if "sops" in source:
        return f"sops {source['sops']['file']} {source['sops']['key']}"
    return "the stack"
