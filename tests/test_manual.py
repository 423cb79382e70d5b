"""The manual: its tutorial runs as a notebook, and its pages build without a warning."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from own_loop import finish

REPOSITORY = Path(__file__).resolve().parent.parent
TUTORIAL = REPOSITORY / "docs" / "manual" / "tutorial.md"
BLOCK = re.compile(r"```(sh|python)\n(.*?)```", re.DOTALL)


def as_notebook(text):
    """A cell for each block; a block of the shell's as a notebook writes such lines."""
    cells = []
    for language, code in BLOCK.findall(text):
        lines = [f"!{line}" for line in code.splitlines()] if language == "sh" else [code]
        cells.append(nbformat.v4.new_code_cell("\n".join(lines).strip()))
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.long
def test_the_tutorial_runs_as_a_notebook(tmp_path, monkeypatch):
    """Every block in order with the shipped model: pictures in, results and files out."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    notebook = as_notebook(TUTORIAL.read_text("utf-8"))
    client = NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}})
    finish(client.async_execute())
    shown = [
        output["data"]
        for cell in notebook.cells
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    assert any("image/webp" in data.get("text/html", "") for data in shown)
    assert any("<iframe" in data.get("text/html", "") for data in shown)
    assert "10 scenes" in shown[0]["text/plain"]
    assert (tmp_path / "lakes.csv").read_text("utf-8").count("\n") >= 11
    assert {"lakes.geojson", "lakes.qml", "lakes.zip"} <= {f.name for f in tmp_path.iterdir()}


def test_the_manual_builds(tmp_path):
    """No link leads nowhere, every name in the reference exists, and no other host is asked."""
    line = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    line += ["--config-file", REPOSITORY / "docs" / "mkdocs.yml", "--site-dir", tmp_path / "site"]
    built = subprocess.run(line, capture_output=True, text=True, timeout=240, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    page = (tmp_path / "site" / "reference.html").read_text("utf-8")
    for name in ("build", "open", "Gallery.search", "Gallery.add"):
        assert f'id="cmpagl.api.gallery.{name}"' in page
    for name in ("Result.teach", "Result.save", "Why"):
        assert f'id="cmpagl.api.outcome.{name}"' in page
    loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)', page)
    assert [url for url in loaded if not url.startswith("https://www.sitemaps")] == []
