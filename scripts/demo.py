"""`make demo`: compile the OpenFx lab and, where a sandbox can be had, bring it to a real API server and back.

Prints every command before it runs it; each of them can be typed by hand. The secrets that the stack asks for are made
up here, and a copy of the stack is used, so that nothing in the checkout changes.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from compiler.sandbox.binaries import are_cached

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build-out" / "demo"
STACKC = Path(sys.executable).with_name("stackc")
SANDBOX = "demo"
MADE_UP = {
    "REGISTRY_USER": "demo",
    "REGISTRY_PASSWORD": "made-up-for-the-demo",
    "GRAFANA_USER": "admin",
    "GRAFANA_PASSWORD": "made-up-for-the-demo",
}
"""Values for the stack's `fromEnv` secrets."""


def main() -> int:
    """Run the demo and return 0 when every step ended as it should."""
    os.chdir(ROOT)
    stack = prepare()
    env = {**os.environ, **MADE_UP}
    tree = stack.with_name("out")
    say("1. Compile: one stack file in, one checked file per object out")
    step(env, "compile", str(stack), "--out", str(tree))
    show(tree)
    step(env, "images", str(stack))
    if "--sandbox" not in sys.argv and not are_cached():
        say(
            "2. A real API server is not built on this machine yet: `make demo SANDBOX=1` builds one (some ten minutes)"
        )
        return 0
    say("2. A real API server on loopback, with fake nodes as the stack asks for them")
    try:
        step(env, "sandbox", "up", "--name", SANDBOX, "--stack", str(stack))
        env["KUBECONFIG"] = step(env, "sandbox", "kubeconfig", "--name", SANDBOX, capture=True).strip()
        say("3. Diff against the empty cluster: everything would be made (exit code 1 says: there are differences)")
        step(env, "diff", str(stack), expect=1)
        say("4. Apply in graph order, until all is ready; no pod really runs, so the metrics API stays unknown")
        step(env, "apply", str(stack), "--yes")
        say("5. Diff again: nothing is left to do (exit code 0)")
        step(env, "diff", str(stack))
    finally:
        step(env, "sandbox", "down", "--name", SANDBOX)
    return 0


def prepare() -> Path:
    """Lay a copy of the lab, with the key file that it asks for, and return its stack file."""
    folder = WORK / "openfx-lab"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "secrets").mkdir(parents=True)
    shutil.copy(ROOT / "stacks" / "openfx-lab" / "stack.yaml", folder / "stack.yaml")
    (folder / "secrets" / "thumbnail.key").write_text("made-up-for-the-demo\n", encoding="utf-8")
    return (folder / "stack.yaml").relative_to(ROOT)


def step(env: dict[str, str], *arguments: str, expect: int = 0, capture: bool = False) -> str:
    """Print a stackc command and run it; ends the demo when its exit code is not the expected one."""
    print(f"\n$ stackc {shlex.join(arguments)}", flush=True)
    result = subprocess.run(
        [str(STACKC), *arguments], env=env, check=False, text=True, stdout=subprocess.PIPE if capture else None
    )
    if capture:
        print(result.stdout, end="")
    if result.returncode != expect:
        sys.exit(f"stackc {arguments[0]} ended with {result.returncode} in place of {expect}")
    return result.stdout or ""


def show(tree: Path) -> None:
    """Print what was compiled: objects by kind, waves, and the secrets that diff and apply will fill."""
    index = json.loads((tree / "index.json").read_text(encoding="utf-8"))
    kinds: dict[str, int] = {}
    for entry in index["objects"]:
        kind = entry["id"]["kind"]
        kinds[kind] = kinds.get(kind, 0) + 1
    waves = {entry["wave"] for entry in index["objects"]}
    print(f"\n{len(index['objects'])} objects in {len(waves)} waves for Kubernetes {index['kubernetes']}:")
    print("  " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    for entry in index["fill"]:
        keys = ", ".join(f"{key} from {source}" for key, source in entry["keys"].items())
        print(f"  to be filled by diff and apply: {entry['object']['namespace']}/{entry['object']['name']}: {keys}")


def say(line: str) -> None:
    """Print a heading."""
    print(f"\n== {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
