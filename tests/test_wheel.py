"""The wheel: built, installed into a clean environment away from the source tree, and used there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from compiler import __version__
from compiler.build.precompile import generated_modules

ROOT = Path(__file__).parents[1]
LABS = [name for name in ("openfx-lab", "hykufe-lab") if (ROOT / "stacks" / name).is_dir()]
# Hosts of package registries and of their mirrors, and folders of the machine that builds.
PLACES = (
    rb"(proxy|sum)\.golang\.",
    rb"\bpypi\.",
    rb"pythonhosted\.",
    re.escape(os.fsencode(ROOT.parent)) + rb"/\w",
    rb"/home/\w",
    rb"/root/\w",
)
NO_PLACE_OF_OURS = re.compile(b"|".join(PLACES))


def run(*command: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command outside of the source tree, with no path that leads into it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV", "VIRTUAL_ENV"))}
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=clean | env, capture_output=True, check=False, timeout=600
    )
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    return result


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as pip does, from a copy of the tree without generated modules, in an isolated environment."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout
    for name in filter(None, listed.decode().split("\0")):
        if not name.startswith(("tests/", "benchmarks/")) and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, source, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel with its dependencies into a new environment; return the environment's folder of programs."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    run(programs / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return programs


class TestContent:
    @pytest.fixture(scope="class")
    @staticmethod
    def files(wheel: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(wheel) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def test_generated_modules_are_those_of_this_tree(self, files: dict[str, bytes]) -> None:
        """What ships is what would be generated now."""
        made, found = generated_modules()
        shipped = {Path(n).name: text.decode() for n, text in files.items() if n.startswith("compiler/_compiled/")}

        assert found == ()
        assert shipped == made

    def test_every_file_that_a_command_reads_is_there(self, files: dict[str, bytes]) -> None:
        """Data of the compiler, of the catalog and of the sandbox, and the mark for type checkers."""
        wanted = {
            "compiler/py.typed", "compiler/rules/_baked.json", "compiler/_schemas/kubernetes/definitions.tsv",
            "compiler/_schemas/types.json", "compiler/_schemas/index.schema.json",
            "compiler/catalog/openfx/component.yaml",
            "compiler/sandbox/gomod/kubernetes/go.mod", "compiler/sandbox/gomod/etcd/go.sum",
            "compiler/sandbox/gomod/kwok/programs.go", "compiler/sandbox/stages/pod.yaml",
        }  # fmt: skip

        assert wanted - files.keys() == set()

    def test_every_tracked_file_of_the_package_is_there(self, files: dict[str, bytes]) -> None:
        """With the same bytes; the build leaves nothing out."""
        for folder, place in (("compiler", "compiler"), ("schemas", "compiler/_schemas")):
            for file in sorted((ROOT / folder).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts and "_compiled" not in file.parts:
                    assert files.get(f"{place}/{file.relative_to(ROOT / folder).as_posix()}") == file.read_bytes(), file

    def test_nothing_else_is_there(self, files: dict[str, bytes]) -> None:
        """No tests, caches or byte code."""
        parts = {name.split("/")[0] for name in files}

        assert parts == {"compiler", f"stackc-{__version__}.dist-info"}
        assert not [name for name in files if "__pycache__" in name or name.endswith((".pyc", ".orig", ".rej"))]

    def test_no_file_names_a_place_of_the_build(self, files: dict[str, bytes]) -> None:
        """No paths of the machine that built it, and no host that code or modules came from."""
        found = {name: match[0] for name, text in files.items() if (match := NO_PLACE_OF_OURS.search(text))}

        assert found == {}


class TestUse:
    @pytest.mark.parametrize("program", ["stackc", "kubectl-stackc"])
    def test_version(self, installed: Path, tmp_path: Path, program: str) -> None:
        """Under both names."""
        assert run(installed / program, "--version", cwd=tmp_path).stdout == f"stackc {__version__}\n".encode()

    def test_the_source_tree_is_out_of_reach(self, installed: Path, tmp_path: Path) -> None:
        """What is used is what was installed."""
        where = run(installed / "python", "-c", "import compiler; print(compiler.__file__)", cwd=tmp_path).stdout

        assert where.decode().startswith(str(installed.parent))

    @pytest.mark.parametrize("lab", LABS)
    def test_compile_gives_the_bytes_of_the_source_tree(self, installed: Path, tmp_path: Path, lab: str) -> None:
        """And from the generated modules, without the front end of templates."""
        stack = tmp_path / "stack.yaml"
        stack.write_bytes((ROOT / "stacks" / lab / "stack.yaml").read_bytes())
        here = run(sys.executable, "-m", "compiler", "compile", stack, cwd=ROOT).stdout
        there = run(installed / "stackc", "compile", stack, cwd=tmp_path)

        assert there.stdout == here != b""

    def test_compile_needs_no_front_end(self, installed: Path, tmp_path: Path) -> None:
        """The generated modules of the wheel are taken for current where they are installed."""
        stack = tmp_path / "stack.yaml"
        stack.write_bytes((ROOT / "stacks" / LABS[0] / "stack.yaml").read_bytes())
        code = (
            "import sys; sys.argv = ['stackc', 'compile', sys.argv[1]]\nfrom compiler.__main__ import main\n"
            "assert main() == 0\nassert 'jinja2' not in sys.modules and 'compiler._compiled.c_openfx' in sys.modules"
        )

        run(installed / "python", "-c", code, stack, cwd=tmp_path)

    @pytest.mark.parametrize(
        "arguments", [("--help",), ("schema",), ("catalog",), ("explain", "SC104"), ("sandbox", "status", "--help")]
    )
    def test_commands_find_their_data(self, installed: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        """Nothing they print lies in the source tree only."""
        assert run(installed / "stackc", *arguments, cwd=tmp_path).stdout

    def test_init_makes_a_stack_that_compiles(self, installed: Path, tmp_path: Path) -> None:
        """A newcomer's first two commands."""
        run(installed / "stackc", "init", cwd=tmp_path)
        stack = next(tmp_path.rglob("stack.yaml"))

        assert run(installed / "stackc", "compile", stack, cwd=tmp_path).stdout
