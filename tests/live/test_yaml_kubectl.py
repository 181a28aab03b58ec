"""What we write is read back by the real kubectl as it was."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from compiler.formats.yaml_emit import emit


@pytest.mark.live
@pytest.mark.upstream
def test_strings_of_the_published_list_survive_kubectl(published: Path, live_programs: dict[str, Path]) -> None:
    """All 82, as the values of a ConfigMap and as annotations."""
    texts: list[str] = json.loads((published / "yaml" / "strings.json").read_text("utf-8"))
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "strings", "annotations": {f"a/k{index}": text for index, text in enumerate(texts)}},
        "data": {f"k{index}": text for index, text in enumerate(texts)},
    }
    command = [live_programs["kubectl"], "annotate", "--local", "--overwrite", "-f", "-", "x=y", "-o", "json"]
    result = subprocess.run(command, input=emit(body), capture_output=True, encoding="utf-8", check=False, timeout=60)

    assert result.returncode == 0, result.stderr
    read = json.loads(result.stdout)
    assert read["data"] == body["data"]
    assert {k: v for k, v in read["metadata"]["annotations"].items() if k != "x"} == body["metadata"]["annotations"]
