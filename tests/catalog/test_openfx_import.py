"""The script that puts data source and dashboard into Grafana."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.catalog.openfx_stack import FILES


def test_import_script_is_posix_shell() -> None:
    """The image of the Job has busybox."""
    subprocess.run(["/bin/sh", "-n", str(FILES / "import.sh")], check=True)  # noqa: S603


def run_import(stage: Path, grafana: str) -> tuple[int, str, list[str]]:
    """Run the import in a folder with a `curl` whose answers are a shell text; return exit code, output and calls."""
    for name, text in (("prometheus-datasource.json", "{}"), ("openfx-dashboard.json", '{"title": "OpenFx"}')):
        (stage / name).write_text(text)
    (stage / "bin").mkdir()
    curl = stage / "bin" / "curl"
    curl.write_text(f'#!/bin/sh\necho "$*" >> {stage}/calls\ncase "$*" in\n{grafana}\nesac\n')
    curl.chmod(0o755)
    env = {"PATH": f"{stage}/bin:{os.environ['PATH']}", "GRAFANA_URL": "http://g", "GF_ADMIN_USER": "u"}
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", str(FILES / "import.sh")],
        cwd=stage, env={**env, "GF_ADMIN_PASSWORD": "p"}, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, (stage / "calls").read_text().splitlines()


def test_import_adds_what_is_missing(tmp_path: Path) -> None:
    """A fresh Grafana gets the data source and the dashboard, wrapped as its API wants it."""
    code, said, calls = run_import(tmp_path, "*/id/*) exit 22;;\n*dashboards/db*) cat;;")
    assert code == 0
    assert "--request POST --data-binary @prometheus-datasource.json http://g/api/datasources" in calls[2]
    assert '{"overwrite": true, "dashboard": {"title": "OpenFx"}}' in said


def test_import_updates_what_is_there(tmp_path: Path) -> None:
    """A second run changes the data source in its place."""
    code, said, calls = run_import(tmp_path, """*/id/*) echo '{"id":7}';;\n*dashboards/db*) cat >/dev/null;;""")
    assert code == 0
    assert "updating data source prometheus" in said
    assert "--request PUT --data-binary @prometheus-datasource.json http://g/api/datasources/7" in calls[2]


def test_import_fails_when_grafana_refuses(tmp_path: Path) -> None:
    """With a wrong password the Job fails, where upstream's ends well."""
    code, _, _ = run_import(tmp_path, "*/login) exit 0;;\n*) exit 22;;")
    assert code == 22
