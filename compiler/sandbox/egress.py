"""The only way out of a sandbox's API server, as a process of its own: `python -m compiler.sandbox.egress`.

A stored webhook configuration or APIService makes the API server dial the ClusterIP of a Service. Nobody routes these
addresses here, and on another machine somebody might. So the API server sends each such call to this unix socket, as
`CONNECT <ClusterIP>:<port>` (its egress selector, connection `cluster`), and the answer is `HTTP/1.1 503` unless the
hook table names a server for that address.

The hook table is egress-hooks.json in the sandbox's folder, `{"10.96.7.1:443": 9443}`: ClusterIP and port of a Service
to a port on 127.0.0.1, where a TLS server plays the webhook or the aggregated API. It is read for each call, so tests
may change it while the sandbox runs (`write_hooks`). Nothing but 127.0.0.1 can be named.

Source: k8s.io/apiserver, apis/apiserver/v1beta1 EgressSelectorConfiguration, proxyProtocol HTTPConnect over uds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

    from compiler.sandbox.processes import Command

SOCKET = "egress.sock"
HOOKS = "egress-hooks.json"
_REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def egress() -> Command:
    """Return the command of the egress server."""
    from compiler.sandbox.processes import Command

    return Command("egress", (sys.executable, "-m", "compiler.sandbox.egress"))


def write_hooks(folder: Path, hooks: Mapping[str, int]) -> None:
    """Replace the hook table of a sandbox: `ClusterIP:port` to a port on 127.0.0.1."""
    unfinished = folder / f".{HOOKS}.part"
    unfinished.write_text(json.dumps(dict(hooks)))
    unfinished.replace(folder / HOOKS)


def hook_port(request_line: bytes, hooks: Path) -> int | None:
    """Return the local port that plays the called address, None when it is to be refused."""
    words = request_line.decode("latin-1").split()
    if len(words) != 3 or words[0] != "CONNECT" or not hooks.exists():
        return None
    port = json.loads(hooks.read_text()).get(words[1])
    return port if isinstance(port, int) else None


async def _serve(socket: Path, hooks: Path) -> None:
    import asyncio

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            line = head.partition(b"\r\n")[0]
            port = hook_port(line, hooks)
            sys.stdout.write(f"{line.decode('latin-1')!r} -> {port or 'refused'}\n")
            if port is None:
                writer.write(_REFUSAL)
                await writer.drain()
            else:
                await _tunnel(reader, writer, port)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as problem:
            sys.stdout.write(f"{problem}\n")
        finally:
            sys.stdout.flush()
            writer.close()

    socket.unlink(missing_ok=True)  # left by a process that was killed
    server = await asyncio.start_unix_server(answer, str(socket))
    socket.chmod(0o600)
    async with server:
        await server.serve_forever()


async def _tunnel(reader: StreamReader, writer: StreamWriter, port: int) -> None:
    import asyncio

    try:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.write(_REFUSAL)
        await writer.drain()
        return
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(source: StreamReader, target: StreamWriter) -> None:
    try:
        while block := await source.read(65536):
            target.write(block)
            await target.drain()
    finally:
        target.close()


if __name__ == "__main__":
    import asyncio

    asyncio.run(_serve(Path(SOCKET), Path(HOOKS)))
