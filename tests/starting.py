"""Starts of `app.py` for tests: each a process of its own, its libraries imported once for all.

Four fifths of what a start takes is importing what others wrote. A server of forks does so once
in a run of tests, and nothing else: not a line of ours is in it, so any checkout can be started.
`tests/app/test_life.py` starts the app as people do.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

LIBRARIES = ["gradio", "plotly.graph_objects", "scipy.stats", "torch", "transformers"]


def _context() -> ForkServerContext | SpawnContext:
    if sys.platform != "linux":  # elsewhere what they have begun does not survive a fork
        return multiprocessing.get_context("spawn")
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(LIBRARIES)
    return forking


_CONTEXT = _context()


def start(
    root: Path, arguments: Sequence[str | Path], environment: Mapping[str, str], log: Path
) -> BaseProcess:
    """Start ``python app.py ARGUMENTS`` of a checkout, on this machine's network alone."""
    app = _CONTEXT.Process(
        target=_run, args=(root, [str(one) for one in arguments], dict(environment), log)
    )
    app.start()
    return app


def _run(root: Path, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    """In the new process: be that program."""
    import runpy

    from network import deny

    with open(log, "wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(root)
    deny()
    sys.argv = [str(root / "app.py"), *arguments]
    sys.path[:0] = [str(root)]
    runpy.run_path(sys.argv[0], run_name="__main__")
