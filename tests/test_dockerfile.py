"""The image, as far as it can be tried without building it: what it copies is enough to start."""

import os
import re
import shutil
import socket
from pathlib import Path

from browser import running_app

REPOSITORY = Path(__file__).resolve().parent.parent
DOCKERFILE = (REPOSITORY / "docs" / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
KEPT = {
    line[1:]
    for line in (REPOSITORY / "docs" / "Dockerfile.dockerignore").read_text().splitlines()
    if line.startswith("!")
}


def copied():
    """Every name that a COPY of the Dockerfile takes from the repository."""
    lines = re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE)
    return {name for line in lines for name in line.split()[:-1]}


def test_what_is_copied_is_let_through_and_there():
    assert copied() == KEPT
    assert all((REPOSITORY / name).exists() for name in copied())


def test_what_the_image_holds_starts_without_a_network(tmp_path, monkeypatch):
    """`python app.py` on those files alone, a cache of its own and no other host to ask."""
    root = tmp_path / "srv"
    root.mkdir()
    for name in copied():
        source = REPOSITORY / name
        if source.is_dir():
            unwritten = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, root / name, copy_function=os.link, ignore=unwritten)
        else:
            shutil.copy(source, root / name)
    assert re.search(r'^CMD \["python", "app.py"\]$', DOCKERFILE, re.MULTILINE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    named = dict(re.findall(r"\b([A-Z_]+)=(\S+)", DOCKERFILE))
    own = {"GRADIO_SERVER_PORT": str(port), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, own.get(name, named[name]))
    with running_app(tmp_path / "log.txt", root=root) as url:
        assert url.endswith(f":{port}/")
