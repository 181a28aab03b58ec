"""`make bench`: stackc beside helm, kustomize and kubeconform on the same objects, into benchmarks/RESULTS.md.

Whole processes, started cold one after the other, in turn; medians. Every figure of stackc is the ordinary command with
every check on. `--quick` takes fewer runs and writes nothing.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from benchmarks import inputs
from benchmarks.measure import Command, Contestant, Figure, side_by_side
from benchmarks.peers import PEERS, peer
from benchmarks.results import machine, write_section
from compiler.formats.yaml_read import read_stream
from compiler.pipeline import compile_stack

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build-out" / "bench"
PYTHON = sys.executable
STACKC = str(Path(PYTHON).with_name("stackc"))
MINOR = 34
QUICK = "--quick" in sys.argv


class Row(NamedTuple):
    """One line of the report: what, the figures beside each other, and the limits that stackc's must keep, if any."""

    what: str
    ours: Figure
    theirs: Figure | None
    ratio: float
    limit: float | None = None
    memory_mb: int | None = None

    @property
    def kept(self) -> bool:
        """Tell whether both limits are kept."""
        return (self.limit is None or self.ratio <= self.limit) and (
            self.memory_mb is None or self.ours.rss <= self.memory_mb << 20
        )


def main() -> int:
    """Measure everything, print it, write it down. Gives 1 when a limit is not kept."""
    tools = {each.name: str(peer(each.name)) for each in PEERS}
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    schemas = inputs.kubeconform_schemas(WORK / "schemas", MINOR)
    kubeconform = (tools["kubeconform"], "-strict", "-schema-location", schemas)
    rows = [*starts(), lab(tools["kustomize"], kubeconform), fleet(tools["helm"], kubeconform), *growth()]
    text = report(rows)
    print(text)
    if not QUICK:
        write_section("Speed", text)
    return 0 if all(row.kept for row in rows) else 1


def starts() -> Iterable[Row]:
    """Measure what starting costs, beside an interpreter that does nothing."""
    nothing = Contestant("python -I -c pass", (Command((PYTHON, "-I", "-c", "pass")),))
    version = Contestant("version", (Command((STACKC, "--version")),))
    usage = Contestant("help", (Command((STACKC, "--help")),))
    found = side_by_side((nothing, version, usage), 10 if QUICK else 40)
    base = found[nothing.name]
    for name, limit in (("version", 2.0), ("help", 5.0)):
        ours = found[name]
        yield Row(f"`stackc --{name}` / `python -I -c pass`", ours, base, ours.wall / base.wall, limit)


def lab(kustomize: str, kubeconform: tuple[str, ...]) -> Row:
    """Measure the OpenFx lab beside kustomize and kubeconform on the very objects that it compiles to."""
    stack = ROOT / "stacks" / "openfx-lab" / "stack.yaml"
    objects = [manifest.body for manifest in bundle_of(stack)]
    base = inputs.kustomization(WORK / "lab", objects)
    theirs = str(WORK / "lab.kustomize.yaml")
    found = side_by_side(
        (
            Contestant("stackc", (Command((STACKC, "compile", str(stack)), str(WORK / "lab.stackc.yaml")),)),
            Contestant("peers", (Command((kustomize, "build", str(base)), theirs), Command((*kubeconform, theirs)))),
        ),
        7 if QUICK else 25,
    )
    ratio = found["stackc"].wall / found["peers"].wall
    what = f"OpenFx lab, {len(objects)} objects, cold / kustomize + kubeconform"
    return Row(what, found["stackc"], found["peers"], ratio, 2.5, 60)


def fleet(helm: str, kubeconform: tuple[str, ...], instances: int = 1000) -> Row:
    """Measure 1,000 instances of an ordinary component beside a chart that loops over them."""
    folder = WORK / f"fleet-{instances}"
    folder.mkdir()
    stack, chart = inputs.fleet_stack(folder, instances), inputs.fleet_chart(WORK / "chart", instances)
    ours, theirs = WORK / "fleet.stackc.yaml", str(WORK / "fleet.helm.yaml")
    found = side_by_side(
        (
            Contestant("stackc", (Command((STACKC, "compile", str(stack)), str(ours)),)),
            Contestant(
                "peers", (Command((helm, "template", "fleet", str(chart)), theirs), Command((*kubeconform, theirs)))
            ),
        ),
        3 if QUICK else 11,
    )
    count = same_objects(ours, Path(theirs))
    ratio = found["stackc"].wall / found["peers"].wall
    what = f"{count:,} equal objects of {instances:,} instances / helm template + kubeconform"
    return Row(what, found["stackc"], found["peers"], ratio, 1.0, 150)


def growth() -> Iterable[Row]:
    """Measure the CPU time per object at 5,000 and at 500 objects: as it is, and without what the start costs."""
    sizes = {"1": 1, "500": 167, "5000": 1667}
    contestants = []
    for name, instances in sizes.items():
        folder = WORK / f"growth-{name}"
        folder.mkdir()
        stack = inputs.fleet_stack(folder, instances)
        contestants.append(Contestant(name, (Command((STACKC, "compile", str(stack)), str(folder / "out.yaml")),)))
    found = side_by_side(contestants, 3 if QUICK else 11)
    small, large, start = found["500"], found["5000"], found["1"]
    per_small, per_large = small.cpu / sizes["500"], large.cpu / sizes["5000"]
    yield Row("CPU per object, 5,000 / 500 objects, whole processes", large, small, per_large / per_small, 1.1)
    per_small = (small.cpu - start.cpu) / (sizes["500"] - 1)
    per_large = (large.cpu - start.cpu) / (sizes["5000"] - 1)
    yield Row("the same without what one instance costs, to look at", large, small, per_large / per_small)


def bundle_of(stack: Path) -> tuple[object, ...]:
    """Compile in this process, for the objects."""
    result = compile_stack(str(stack)).outcome
    if result.value is None:
        raise SystemExit("\n".join(f"{d.span}: {d.code}: {d.message}" for d in result.diagnostics))
    return result.value.manifests


def same_objects(ours: Path, theirs: Path) -> int:
    """Return how many objects both made; whoever measures different objects measures nothing."""
    mine, other = _by_identity(ours), _by_identity(theirs)
    if mine != other:
        wrong = sorted(key for key in mine.keys() | other.keys() if mine.get(key) != other.get(key))
        raise SystemExit(f"{len(wrong)} objects differ, the first is {wrong[0]}")
    return len(mine)


def _by_identity(file: Path) -> dict[tuple[str, str, str], object]:
    """Read a stream without its Namespaces, which stackc makes by itself and a chart does not."""
    documents = read_stream(str(file), file.read_bytes()).value or ()
    bodies = [document.data for document in documents if document.data["kind"] != "Namespace"]
    return {(b["kind"], b["metadata"].get("namespace", ""), b["metadata"]["name"]): b for b in bodies}


def report(rows: list[Row]) -> str:
    """Return the figures as Markdown."""
    lines = [
        f"{machine()}",
        "",
        "| what | stackc | beside it | ratio | limit | peak memory, limit | kept |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        memory = f"{row.ours.rss / 2**20:.0f} MB" + (f", {row.memory_mb} MB" if row.memory_mb else "")
        beside = _time(row.theirs) if row.theirs else ""
        kept = "" if row.limit is None else "yes" if row.kept else "**no**"
        lines.append(
            f"| {row.what} | {_time(row.ours)} | {beside} | {row.ratio:.2f} | {row.limit or ''} | {memory} | {kept} |"
        )
    return "\n".join(lines)


def _time(figure: Figure) -> str:
    return f"{figure.wall * 1000:.1f} ms (CPU {figure.cpu * 1000:.0f})"


if __name__ == "__main__":
    sys.exit(main())
