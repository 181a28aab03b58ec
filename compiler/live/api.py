"""How to reach a cluster: kubeconfig files, contexts, exec plugins, tokens, certificates, a pod's own account.

The only importer of `kubernetes`: its configuration and credentials alone, not its models.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote, urlsplit

from compiler.live.cluster import Cluster
from compiler.live.http import Endpoint, Transport
from compiler.live.port import ClusterError

_DEFAULT_KUBECONFIG = "~/.kube/config"


def connect(kubeconfig: str | None = None, context: str | None = None, *, timeout_s: float = 30.0) -> Cluster:
    """Return the cluster that kubectl would talk to; nothing is sent yet.

    Shape: `kubeconfig` is a file; without it `$KUBECONFIG` (a list), `~/.kube/config`, then a pod's own account.
    Errors: raises ClusterError where there is no configuration, or credentials can't be had.
    """
    paths = kubeconfig or os.environ.get("KUBECONFIG") or _DEFAULT_KUBECONFIG
    there = [path for path in paths.split(os.pathsep) if path and Path(path).expanduser().exists()]
    if there:
        return _from_files(os.pathsep.join(there), context, timeout_s)
    if not kubeconfig and not context and os.environ.get("KUBERNETES_SERVICE_HOST"):
        return _in_cluster(timeout_s)
    raise ClusterError(0, "NoConfig", f"there is no kubeconfig at {paths}")


class _Credentials:
    """The headers that prove who we are, renewed when they expire or are refused."""

    def __init__(self, configuration: Any, fixed: Mapping[str, str], renew: Any) -> None:
        self._configuration = configuration
        self._fixed = fixed
        self._renew = renew
        self._lock = Lock()

    def __call__(self, fresh: bool) -> Mapping[str, str]:
        with self._lock:
            if fresh and self._renew is not None:
                self._renew()
            hook = self._configuration.refresh_api_key_hook
            if hook is not None:
                hook(self._configuration)
            keys = self._configuration.api_key
            token = keys.get("BearerToken") or keys.get("authorization")
        return {**self._fixed, "Authorization": token} if token else self._fixed


def _from_files(paths: str, context: str | None, timeout_s: float) -> Cluster:
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, kube_config

    files: Any = kube_config
    configuration = Configuration()
    try:
        merged = files.KubeConfigMerger(paths).config
        loader = files.KubeConfigLoader(config_dict=merged, active_context=context, config_base_path=None)
        said = _listen(lambda: loader.load_and_set(configuration))
        chosen = loader.current_context
        details = chosen["context"]
        user = _entry(merged, "users", details.get("user"), "user")
        cluster = _entry(merged, "clusters", details.get("cluster"), "cluster")
    except ConfigException as error:
        raise ClusterError(0, "NoConfig", f"kubeconfig {paths}: {error}") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, files.yaml.YAMLError) as error:
        raise ClusterError(0, "NoConfig", f"kubeconfig {paths} can't be read: {error}") from None
    if "exec" in user and not (configuration.api_key or configuration.cert_file):
        command = user["exec"].get("command", "")
        raise ClusterError(
            0, "NoCredentials", f"the exec plugin `{command}` gave no credentials: {said or 'no output'}"
        )

    def renew() -> None:
        loader.load_and_set(configuration)
        files._cleanup_temp_files()

    credentials = _Credentials(configuration, _impersonation(user), renew if "exec" in user else None)
    try:
        return _cluster(configuration, credentials, str(chosen["name"]), details.get("namespace"), cluster, timeout_s)
    finally:  # the package lays keys of a kubeconfig in files; they are read now, and a killed process must leave none
        files._cleanup_temp_files()


def _in_cluster(timeout_s: float) -> Cluster:
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, incluster_config

    account: Any = incluster_config
    configuration = Configuration()
    try:
        account.load_incluster_config(client_configuration=configuration)
    except ConfigException as error:
        raise ClusterError(0, "NoConfig", f"no account of a pod: {error}") from None
    mounted = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
    namespace = mounted.read_text().strip() if mounted.exists() else ""
    return _cluster(configuration, _Credentials(configuration, {}, None), "in-cluster", namespace, {}, timeout_s)


def _cluster(
    configuration: Any,
    credentials: _Credentials,
    context: str,
    namespace: str | None,
    settings: Mapping[str, Any],
    timeout_s: float,
) -> Cluster:
    server = _checked(str(configuration.host))
    proxy, proxy_headers = _proxy(server, str(settings.get("proxy-url") or ""))
    endpoint = Endpoint(
        server,
        credentials,
        _tls(configuration) if server.startswith("https:") else None,
        str(settings.get("tls-server-name") or ""),
        proxy,
        proxy_headers,
        timeout_s,
    )
    return Cluster(Transport(endpoint), context=context, server=server, namespace=namespace or "default")


def _checked(server: str) -> str:
    """Return a server's address if a request can be sent to it."""
    try:
        parts = urlsplit(server)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return server
    except ValueError:  # no number after the colon, half an IPv6 address
        pass
    raise ClusterError(0, "NoConfig", f"the server `{server}` is no address such as `https://host:6443`")


def _tls(configuration: Any) -> ssl.SSLContext:
    try:
        tls = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
        if not configuration.verify_ssl:
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
        # a cluster's own CA is often older than the strict profile of new Pythons
        tls.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", ssl.VerifyFlags(0))
        if configuration.cert_file:
            tls.load_cert_chain(configuration.cert_file, configuration.key_file)
    except (OSError, ssl.SSLError) as error:
        raise ClusterError(0, "NoCredentials", f"certificates of the kubeconfig: {error}") from None
    return tls


def _proxy(server: str, named: str) -> tuple[str, Mapping[str, str]]:
    """Return the proxy for a server: the kubeconfig's, else the environment's, never for this machine itself."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(server)
    host = parts.hostname or ""
    if not named:
        if host == "localhost" or host.startswith("127.") or host == "::1" or proxy_bypass(host):
            return "", {}
        named = getproxies().get(parts.scheme, "")
    if not named:
        return "", {}
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    if proxy.scheme != "http":
        raise ClusterError(0, "NoConfig", f"proxies of the form `{proxy.scheme}://` are not supported, use http://")
    if proxy.username is None:
        return proxy.geturl(), {}
    from base64 import b64encode

    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    address = f"http://{proxy.hostname}:{proxy.port or 80}"
    return address, {"Proxy-Authorization": "Basic " + b64encode(pair.encode()).decode()}


def _impersonation(user: Mapping[str, Any]) -> dict[str, str]:
    headers = {"Impersonate-User": str(user["as"])} if user.get("as") else {}
    if user.get("as-groups"):
        groups = user["as-groups"]
        if len(groups) > 1:
            raise ClusterError(0, "NoConfig", "`as-groups` with more than one group is not supported")
        headers["Impersonate-Group"] = str(groups[0])
    return headers


def _entry(merged: Any, section: str, name: object, key: str) -> Mapping[str, Any]:
    for item in merged.value.get(section) or ():
        plain = item.value if hasattr(item, "value") else item
        if plain.get("name") == name:
            return plain.get(key) or {}
    if name:
        raise ClusterError(0, "NoConfig", f"the kubeconfig has no {key} `{name}`, which its context names")
    return {}


def _listen(load: Any) -> str:
    """Run a loader and return what it logged: the package logs the errors of exec plugins instead of raising them."""
    import logging

    heard: list[str] = []

    class _Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    ear, root = _Ear(), logging.getLogger()
    root.addHandler(ear)
    try:
        load()
    finally:
        root.removeHandler(ear)
    return "; ".join(heard)
