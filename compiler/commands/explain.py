"""`stackc explain`: what a code means, what to do, and an example of each side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from compiler.commands.common import EXIT_DONE, root_option, write_product
from compiler.formats.suggest import nearest


@click.command()
@click.argument("code", required=False)
@root_option
@click.pass_context
def explain(ctx: click.Context, code: str | None, root: str | None) -> int:
    """Explain CODE, the word in brackets behind `error`; without CODE, list all of them.

    Rules of the components under `components/` of --root (default: the nearest root above this folder) are known, too.
    """
    rows = _core_rows() | _component_rows() | _own_rows(root)
    if code is None:
        write_product("".join(f"{name}  {_title(row)}\n" for name, row in sorted(rows.items())))
        return EXIT_DONE
    wanted = code.upper()
    if wanted not in rows:
        raise click.UsageError(f"there is no code {code!r}{_hint(wanted, rows)}", ctx)
    write_product(_page(wanted, rows[wanted]))
    return EXIT_DONE


def _core_rows() -> dict[str, dict[str, Any]]:
    """Return the rows of rules/codes/*.yaml by code."""
    rows: dict[str, dict[str, Any]] = {}
    for document in _documents("rules/codes"):
        rows.update(document)
    return rows


def _component_rows() -> dict[str, dict[str, Any]]:
    """Return the rows of the rules.yaml of every component by code."""
    found: dict[str, dict[str, Any]] = {}
    for document in _documents("catalog"):
        found.update({row["code"]: row for row in document})
    return found


def _own_rows(root: str | None) -> dict[str, dict[str, Any]]:
    """Return the rows of the components of the user's own repository by code."""
    from compiler.formats.files import find_root

    documents = _documents("components", Path(root) if root else find_root(Path.cwd()))
    return {row["code"]: row for rows in documents if isinstance(rows, list) for row in rows if "code" in row}


def _documents(folder: str, root: Path | None = None) -> list[Any]:
    from compiler.formats.files import DiskFiles
    from compiler.formats.yaml_read import read_stream

    files = DiskFiles(root or Path(__file__).parents[1])
    names = files.listdir(folder) if files.exists(folder) else ()
    paths = [f"{folder}/{name}" if name.endswith(".yaml") else f"{folder}/{name}/rules.yaml" for name in names]
    readable = [path for path in paths if files.exists(path)]
    return [document.data for path in readable for document in read_stream(path, files.read(path)).value or ()]


def _title(row: dict[str, Any]) -> str:
    return str(row.get("title") or row.get("message") or "")


def _hint(code: str, rows: dict[str, Any]) -> str:
    near = nearest(code, rows)
    return f"; did you mean `{near}`?" if near else ""


def _page(code: str, row: dict[str, Any]) -> str:
    parts = [f"{code}: {_title(row)}\n"]
    if row.get("help"):
        parts.append(f"{row['help']}\n")
    parts += [_example(side, row, key) for side, key in (("Refused", "bad"), ("Accepted", "good")) if key in row]
    if row.get("source"):
        parts.append(f"Source: {row['source']}\n")
    return "\n".join(parts)


def _example(side: str, row: dict[str, Any], key: str) -> str:
    from compiler.formats.yaml_emit import emit
    from compiler.report.escape import escape

    value = row[key]
    has_place = key == "bad" and "title" in row and "at" in row  # in a component's rules, `at` is a path
    where = f" at {row['at']}" if has_place else ""
    text = value if isinstance(value, str) else emit(value)
    parts = {"overlay": "the overlay", "set": "--set"} if key == "bad" else {}
    extra = "".join(f"{name}:\n{_indented(_shown(row[part]))}" for part, name in parts.items() if part in row)
    named = {name: body for name, body in row.get("files", {}).items() if name.rpartition("/")[2] in text}
    files = "".join(f"{escape(name)}:\n{_indented(str(body))}" for name, body in named.items())
    return f"{side}{where}:\n{_indented(text)}{extra}{files}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else "\n".join(map(str, value))


def _indented(text: str) -> str:
    from compiler.report.escape import escape

    return "".join(f"    {escape(line.replace(chr(9), '    '))}\n" if line else "\n" for line in text.splitlines())
