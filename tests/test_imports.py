"""What a command imports, and who may open files: both are promises that one line of code can break."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "compiler"
LAB = "stacks/openfx-lab/stack.yaml"

NEVER_AT_COMPILE = (
    "asyncio", "dataclasses", "deepdiff", "http.client", "importlib.metadata", "jinja2", "jsonschema", "kubernetes",
    "logging", "re2", "socket", "ssl", "subprocess",
)  # fmt: skip
"""Modules that cost more than they give; `re2` is for patterns of users, which the labs have none of."""

MAY_OPEN_FILES = {
    "formats/files.py": "the door",
    "formats/data_files.py": "what ships with stackc",
    "build/catalog.py": "the built-in components",
    "build/precompile.py": "a step of the build, not of a compile",
    "build/rows.py": "the baked rules",
    "diff/rows.py": "the rules about changes",
    "build/tree_io.py": "writes and compares what `compile --out` makes",
}
OUTSIDE = ("commands", "sandbox", "live", "cli.py", "__main__.py")
"""Above the pipeline, or the machine's own business: kubeconfigs, keys, logs."""

OPENERS = {
    "open", "io.open", "os.open", "os.fdopen", "os.listdir", "os.scandir", "os.walk", "os.stat", "os.readlink",
    "codecs.open", "shutil.copy", "shutil.copytree",
}  # fmt: skip
METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "rglob"}
MODES = {"r", "rb", "w", "wb", "a", "ab", "x", "xb", "r+", "rb+"}


def imported_by(*arguments: str) -> set[str]:
    """Return the names of all modules that a command line has loaded when it ends with 0."""
    code = (
        "import sys\nsys.argv = ['stackc', *sys.argv[1:]]\nfrom compiler.__main__ import main\n"
        "code = main()\nsys.stderr.write('\\nMODULES ' + ' '.join(sorted(sys.modules)))\nsys.exit(code)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    return set(result.stderr.rpartition("MODULES ")[2].split())


@pytest.fixture(scope="module")
def at_compile() -> set[str]:
    """Return what a compile of the OpenFx lab imports."""
    return imported_by("compile", LAB)


class TestWhatCommandsImport:
    @pytest.mark.parametrize("module", NEVER_AT_COMPILE)
    def test_compile_never_imports(self, at_compile: set[str], module: str) -> None:
        """Not by itself, and not through a module that it needs."""
        assert module not in at_compile

    def test_compile_takes_generated_modules_of_the_catalog(self, at_compile: set[str]) -> None:
        """They are there and current, so nothing is compiled again; the front end of templates stays out."""
        assert "compiler._compiled.c_openfx" in at_compile, "run python -m compiler.build.precompile"
        assert not at_compile & {"compiler.build.component_source", "compiler.formats.expr.codegen"}

    @pytest.mark.parametrize("word", ["--version", "version"])
    def test_version_imports_neither_click_nor_yaml(self, word: str) -> None:
        """The answer is a literal."""
        assert not imported_by(word) & {"click", "yaml", "json", "re", "compiler.cli"}

    def test_help_imports_no_command(self) -> None:
        """The list of commands is a table."""
        loaded = imported_by("--help")

        assert not any(name.startswith("compiler.commands") for name in loaded)
        assert not loaded & {"yaml", "compiler.pipeline"}


class TestTheFilesDoor:
    def test_nobody_else_below_the_pipeline_opens_files(self) -> None:
        """Every read of a stack, overlay, component or source goes through formats/files.py."""
        found = [f"{name}:{line}: {call}" for name, line, call in opened() if name not in MAY_OPEN_FILES]

        assert found == []

    def test_every_exception_is_needed(self) -> None:
        """A module that no longer opens files leaves the list."""
        assert {name for name, _, _ in opened()} == set(MAY_OPEN_FILES)

    @pytest.mark.parametrize(
        "code",
        ["open('x')", "import os\nos.open('x', 0)", "from pathlib import Path\nPath('x').read_text()",
         "from os import scandir\nscandir('x')", "import os as o\no.listdir('x')",
         "p.open('rb')"],
    )  # fmt: skip
    def test_the_search_finds_ways_to_open_a_file(self, code: str) -> None:
        """As a builtin, through a module, under another name, as a method."""
        assert len(list(openings(ast.parse(code)))) == 1


def opened() -> list[tuple[str, int, str]]:
    """Return where modules at and below the pipeline open files: module, line, call."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        if name.split("/")[0] in (*OUTSIDE, "_compiled"):
            continue
        for line, call in openings(ast.parse(file.read_text(encoding="utf-8"))):
            found.append((name, line, call))
    return found


def openings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the calls of a module that open files, with their lines."""
    names = {"open": "open"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update({alias.asname or alias.name: alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and names.get(called.id) in OPENERS:
            yield node.lineno, called.id
        elif isinstance(called, ast.Attribute):
            owner = names.get(called.value.id, "") if isinstance(called.value, ast.Name) else ""
            is_path = called.attr in METHODS or (called.attr == "open" and _is_mode(node))
            if f"{owner}.{called.attr}" in OPENERS or (is_path and not owner):
                yield node.lineno, ast.unparse(called)


def _is_mode(call: ast.Call) -> bool:
    """Tell whether a call's arguments are those of Path.open, and not of another method of that name."""
    first = call.args[0] if call.args else ast.Constant("r")
    return isinstance(first, ast.Constant) and first.value in MODES


def test_the_environment_does_not_reach_a_compile() -> None:
    """Same bytes over hash seeds, locales, time zones and working directories."""

    def bytes_of(cwd: Path, **env: str) -> bytes:
        command = [sys.executable, "-m", "compiler", "compile", str(ROOT / LAB)]
        given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env}
        result = subprocess.run(command, cwd=cwd, env=given, capture_output=True, check=False, timeout=60)
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout

    first = bytes_of(ROOT, PYTHONHASHSEED="0", LC_ALL="C.UTF-8", TZ="UTC")

    assert bytes_of(Path("/"), PYTHONHASHSEED="4711", LC_ALL="C", TZ="Asia/Seoul", HOME="/nowhere") == first
    assert bytes_of(ROOT / "stacks", PYTHONHASHSEED="1", LANG="tr_TR.UTF-8", NO_COLOR="1", GRAFANA_USER="x") == first
