"""The tools that stackc is measured beside: helm, kustomize and kubeconform, built once from our own Go modules.

The style of compiler/sandbox/binaries.py: each folder below gomod/ is a small module of its own, and the cache folder
is named by a hash of its go.mod and go.sum. Run as a program, it builds what is missing and prints the paths.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from compiler.sandbox.paths import cache_root
from compiler.sandbox.problem import SandboxFault
from compiler.sandbox.toolchain import find_go

GOMOD = Path(__file__).parent / "gomod"


class Peer(NamedTuple):
    """A tool: its name, which is also its folder below gomod/, its Go package, and what the linker writes into it."""

    name: str
    package: str
    stamp: str = ""


PEERS = (
    Peer("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", "main.version"),
    Peer("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "sigs.k8s.io/kustomize/api/provenance.version"),
    Peer("helm", "helm.sh/helm/v3/cmd/helm", "helm.sh/helm/v3/internal/version.version"),
)


def peer(name: str) -> Path:
    """Return the path of a tool, building it if need be (helm takes about three minutes on two cores, once)."""
    chosen = next(p for p in PEERS if p.name == name)
    target = _folder(name) / name
    return target if os.access(target, os.X_OK) else _build(chosen, target)


def version_of(name: str) -> str:
    """Return the version that go.mod pins, as `v3.22.0`."""
    pinned = re.search(r"^require \S+ (v\S+)$", (GOMOD / name / "go.mod").read_text(), re.MULTILINE)
    assert pinned is not None, f"gomod/{name}/go.mod pins nothing"
    return pinned[1]


def _folder(name: str) -> Path:
    pinned = b"".join((GOMOD / name / file).read_bytes() for file in ("go.mod", "go.sum"))
    return cache_root().parent / "benchmarks" / f"{name}-{hashlib.sha256(pinned).hexdigest()[:12]}"


def _build(chosen: Peer, target: Path) -> Path:
    try:
        go = find_go()
    except SandboxFault as fault:
        sys.exit(f"{fault.diagnostic.message}; {fault.diagnostic.help}")
    print(f"building {chosen.name} {version_of(chosen.name)} (once)", flush=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    flags = f"-s -w -X {chosen.stamp}={version_of(chosen.name)}"
    subprocess.run(
        [str(go), "build", "-mod=readonly", "-buildvcs=false", "-trimpath", f"-p={os.environ.get('BUILD_JOBS', '2')}",
         f"-ldflags={flags}", "-o", str(unfinished), chosen.package],
        cwd=GOMOD / chosen.name,
        env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
        check=True,
    )  # fmt: skip
    unfinished.replace(target)
    return target


if __name__ == "__main__":
    for each in PEERS:
        print(f"{each.name} {version_of(each.name)}: {peer(each.name)}", flush=True)
