"""The programs of a sandbox: from KUBEBUILDER_ASSETS, else from the cache, else built once from our own Go modules.

Each folder below gomod/ is a small Go module of its own, so that their dependencies never meet. The cache folder is
named by a hash of its go.mod and go.sum: new versions make a new folder, and a built program is never stale.

Source: KUBEBUILDER_ASSETS is the convention of controller-runtime's envtest.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from compiler.model.diagnostic import Note, Outcome
from compiler.sandbox.paths import cache_root
from compiler.sandbox.problem import SandboxFault
from compiler.sandbox.toolchain import find_go

GOMOD = Path(__file__).parent / "gomod"


class Program(NamedTuple):
    """One program: its name, the folder below gomod/ that pins it, and its Go package."""

    name: str
    module: str
    package: str


PROGRAMS = (
    Program("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    Program("kube-apiserver", "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver"),
    Program("kube-controller-manager", "kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager"),
    Program("kube-scheduler", "kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler"),
    Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok"),
)
"""What a sandbox runs."""

KUBECTL = Program("kubectl", "kubernetes", "k8s.io/kubernetes/cmd/kubectl")
"""For tests and demos only; a sandbox needs no kubectl."""

Say = Callable[[str], None]


def programs(wanted: tuple[Program, ...] = PROGRAMS, *, say: Say = lambda line: None) -> Outcome[Mapping[str, Path]]:
    """Return the path of every wanted program, building what is missing; `say` gets a line per build.

    Units: about 7 minutes on two cores for all of them, once.
    Errors: SC850 without a Go toolchain, SC851 when a build fails.
    """
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    lacking = [program.name for program in wanted if assets and not _can_run(Path(assets) / program.name)]
    if lacking:
        say(f"KUBEBUILDER_ASSETS has no {', '.join(lacking)}: stackc uses its own")
    try:
        return Outcome({program.name: cached(program) or _build(program, say) for program in wanted})
    except SandboxFault as fault:
        return Outcome(None, (fault.diagnostic,))


def are_cached(wanted: tuple[Program, ...] = PROGRAMS) -> bool:
    """Tell whether a sandbox could start without building anything."""
    return all(cached(program) for program in wanted)


def cached(program: Program) -> Path | None:
    """Return the program from KUBEBUILDER_ASSETS or the cache, None when it is in neither."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    places = [Path(assets) / program.name] if assets else []
    places.append(_cache_folder(program.module) / program.name)
    return next((place.absolute() for place in places if _can_run(place)), None)


def _can_run(place: Path) -> bool:
    return os.access(place, os.X_OK) and place.is_file()


def _cache_folder(module: str) -> Path:
    pinned = b"".join((GOMOD / module / name).read_bytes() for name in ("go.mod", "go.sum"))
    return cache_root() / f"{module}-{hashlib.sha256(pinned).hexdigest()[:12]}"


def _build(program: Program, say: Say) -> Path:
    import subprocess

    go = find_go()
    folder = _cache_folder(program.module)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / ".lock"):
        existing = cached(program)  # another process may have built it while this one waited
        if existing is not None:
            return existing
        say(f"building {program.name} (once, some minutes)")
        target, unfinished = folder / program.name, folder / f".{program.name}.part"
        flags = ["-mod=readonly", "-buildvcs=false", "-p=2", "-trimpath", f"-ldflags={_linker_flags(program.module)}"]
        result = subprocess.run(
            [str(go), "build", *flags, "-o", str(unfinished), program.package],
            cwd=GOMOD / program.module,
            env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            said = tuple(map(Note, (result.stderr or result.stdout).strip().splitlines()[-10:]))
            raise SandboxFault("SC851", f"building `{program.name}` failed", "check Go's module proxy settings", said)
        unfinished.replace(target)
        return target


def _linker_flags(module: str) -> str:
    if module != "kubernetes":
        return "-s -w"
    # Without these the server says that it is v0.0.0.
    version = server_version()
    major, minor, _ = version.split(".", 2)
    place = "k8s.io/component-base/version"
    named = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s", "-w", *(f"-X {place}.{key}={value}" for key, value in named.items())])


def server_version() -> str:
    """Return the Kubernetes version that our module pins, as `1.36.3`."""
    text = (GOMOD / "kubernetes" / "go.mod").read_text()
    pinned = re.search(r"^require k8s\.io/kubernetes v(\S+)$", text, re.MULTILINE)
    assert pinned is not None, "gomod/kubernetes/go.mod does not pin k8s.io/kubernetes"
    return pinned[1]


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
