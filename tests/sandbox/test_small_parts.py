"""Paths, keys, hooks, state: the small parts of a sandbox."""

from __future__ import annotations

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from compiler.sandbox import lifecycle
from compiler.sandbox.egress import HOOKS, hook_port, write_hooks
from compiler.sandbox.keys import SERVICE_ACCOUNT_KEY, admin_token, write_keys
from compiler.sandbox.paths import ca_file, cache_root, sandbox_folder, state_root
from compiler.sandbox.problem import SandboxFault
from compiler.sandbox.state import forget_lock, locked
from compiler.sandbox.waiting import has_certificate


def test_folders_follow_the_xdg_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Absolute values are taken, relative ones are ignored as the specification says."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "h"))
    assert state_root() == tmp_path / "s" / "stackc" / "sandbox"
    assert cache_root() == tmp_path / "h" / ".cache" / "stackc" / "sandbox"


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "-a", "a-", "a" * 41, "a\n"])
def test_sandbox_folder_refuses_what_is_no_name(name: str, tmp_path: Path) -> None:
    """A name can never lead out of the state folder."""
    with pytest.raises(SandboxFault) as caught:
        sandbox_folder(name, tmp_path)
    assert caught.value.diagnostic.code == "SC861"
    answer = lifecycle.down(name, root=tmp_path)
    assert answer.value is None and answer.diagnostics[0].code == "SC861"


def test_keys_are_new_and_private_each_time(tmp_path: Path) -> None:
    """Two sandboxes share neither token nor signing key, and only the owner can read them."""
    seen = set()
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        write_keys(folder)
        key = folder / SERVICE_ACCOUNT_KEY
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        lines = key.read_text().splitlines()
        der = base64.b64decode("".join(lines[1:-1]))
        assert der[0] == 0x30 and der[1] == len(der) - 2, "one DER sequence, whole"
        seen |= {key.read_text(), admin_token(folder)}
        assert len(admin_token(folder)) >= 43
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("line", "port"),
    [
        (b"CONNECT 10.96.0.9:443 HTTP/1.1", 9443),
        (b"CONNECT 10.96.0.8:443 HTTP/1.1", None),
        (b"CONNECT 10.96.0.7:443 HTTP/1.1", None),
        (b"GET 10.96.0.9:443 HTTP/1.1", None),
        (b"CONNECT", None),
        (b"\xff\xff", None),
    ],
)
def test_hook_port_refuses_all_but_named_addresses(line: bytes, port: int | None, tmp_path: Path) -> None:
    """Only CONNECT to an address of the table gets through; a value that is no port refuses."""
    (tmp_path / HOOKS).write_text(json.dumps({"10.96.0.9:443": 9443, "10.96.0.7:443": "example.com:443"}))
    assert hook_port(line, tmp_path / HOOKS) == port


def test_hook_port_refuses_everything_without_a_table(tmp_path: Path) -> None:
    """No table means no way out; an emptied one too."""
    line = b"CONNECT 10.96.0.9:443 HTTP/1.1"
    assert hook_port(line, tmp_path / HOOKS) is None
    write_hooks(tmp_path, {"10.96.0.9:443": 1})
    assert hook_port(line, tmp_path / HOOKS) == 1
    write_hooks(tmp_path, {})
    assert hook_port(line, tmp_path / HOOKS) is None


def test_unreadable_record_is_a_diagnostic(tmp_path: Path) -> None:
    """A broken record stops every command with SC860; nothing is removed."""
    folder = tmp_path / "default"
    folder.mkdir()
    (folder / "sandbox.json").write_text('{"port": 1}')
    for command in (lifecycle.status, lifecycle.down):
        answer = command(root=tmp_path)
        assert answer.value is None and answer.diagnostics[0].code == "SC860"
    assert (folder / "sandbox.json").exists()


def test_kubeconfig_of_no_sandbox_is_refused(tmp_path: Path) -> None:
    """There is no path to print."""
    answer = lifecycle.kubeconfig("none", root=tmp_path)
    assert answer.value is None and answer.diagnostics[0].code == "SC855"
    assert answer.diagnostics[0].help == "run `stackc sandbox up --name none`"


def test_a_certificate_counts_when_its_key_is_there(tmp_path: Path) -> None:
    """The server opens the file before it fills it; a kubeconfig with half of it trusts nobody."""
    certificate = ca_file(tmp_path)
    certificate.parent.mkdir()
    certificate.write_text("")
    assert not has_certificate(tmp_path)
    certificate.with_suffix(".key").write_text("")
    assert has_certificate(tmp_path)


def test_locked_lets_one_in_at_a_time_while_the_lock_is_removed(tmp_path: Path) -> None:
    """A lock whose file is gone is no lock: two who wait for it never both hold the next one."""
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(50):
            with locked(tmp_path / "one"):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)
                forget_lock(tmp_path / "one")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert max(most) == 1
    assert list(tmp_path.iterdir()) == []
