"""The page of a gallery for a notebook: a process of its own that lives as long as its handle."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING

from cmpagl.errors import CmpaglError
from cmpagl.store.location import Location

if TYPE_CHECKING:
    from cmpagl.api.gallery import Gallery

__all__ = ["Page", "explore"]

_APP = Path(__file__).resolve().parents[2] / "app.py"
_PATIENCE = 120.0  # seconds until it must listen
_HEIGHT = 900  # pixels in a notebook

# The page ends with whoever has started it, even where that one is killed and can close nothing:
# then what it reads from ends.
_HELD = """
import os, runpy, signal, sys, threading
def end():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=end, daemon=True).start()
del sys.argv[0]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Page:
    """A running page; in a notebook, its last value shows it."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        """Use `cmpagl.explore`."""
        self._process, self.url = process, url
        # Also where nobody closes it: at the interpreter's end, or once nothing holds it.
        self._end = weakref.finalize(self, process.terminate)

    def close(self) -> None:
        """End it."""
        self._end()
        self._process.wait(30)

    def __enter__(self) -> Page:
        """Close it at the end of a with block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    def __repr__(self) -> str:
        """Where it is."""
        return f"<Page {self.url}>"

    def _repr_html_(self) -> str:
        # As notebooks are called: the page's cookie is not given to frames on another's pages.
        url = self.url.replace("//127.0.0.1:", "//localhost:")
        return f'<iframe src="{url}" width="100%" height="{_HEIGHT}" style="border:0"></iframe>'


def explore(gallery: Gallery) -> Page:
    """Show a gallery in the page, on this machine alone.

    Args:
        gallery: of `cmpagl.open`.

    Raises:
        CmpaglError: the page is not part of this installation, or did not start.
    """
    if not _APP.is_file():
        raise CmpaglError(
            "The page is not installed beside the library; clone the repository and use "
            "cmpagl from there."
        )
    line = [sys.executable, "-c", _HELD, str(_APP), "--index", _address(gallery.index.folder)]
    line += ["--checkpoint", str(gallery.checkpoint.folder.resolve())]
    process = subprocess.Popen(
        line,
        cwd=_APP.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: Queue[str | None] = Queue()  # None: it has ended

    def read() -> None:  # to the end, so that the page never waits for a reader
        assert process.stdout is not None
        for text in process.stdout:
            said.put(text)
        said.put(None)

    threading.Thread(target=read, daemon=True).start()
    told = ""
    while not (found := re.search(r" is at (http://\S+)", told)):
        try:
            line_said = said.get(timeout=_PATIENCE)
        except Empty:
            line_said = None
        if line_said is None:
            process.kill()
            raise CmpaglError(f"The page did not start: {told.strip() or 'no answer'}.")
        told += line_said
    return Page(process, found[1])


def _address(index: Location) -> str:
    return str(index.resolve() if isinstance(index, Path) else index)
