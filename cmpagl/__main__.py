"""`python -m cmpagl COMMAND`: read the command line, run the program, turn errors into sentences.

Exit codes: 0 done, 2 refused or failed with one sentence on stderr, 130 stopped by Ctrl-C, 143
by SIGTERM, 129 by SIGHUP, 131 by SIGQUIT, 141 the reader of a pipe went away. Anything else that
escapes is a bug and shows its traceback.
"""

from __future__ import annotations

import os
import signal
import sys

if __name__ == "__main__":  # stopped before anything of ours could hear it
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from cmpagl.caches import settle_cache
from cmpagl.cli.commands import COMMANDS, build_parser, load_program, parse
from cmpagl.cli.ending import Stopped, end_by_signals, leave
from cmpagl.cli.scarce import check_place, told
from cmpagl.cli.streams import settle_streams
from cmpagl.cli.warned import expect_photographs
from cmpagl.errors import shortened

__all__ = ["main"]


def _say(sentence: str) -> None:
    with contextlib.suppress(OSError):  # nobody can be told
        print(" ".join(shortened(sentence).split()), file=sys.stderr, flush=True)


def _run(argv: Sequence[str], prog: str) -> int:
    if not argv:
        build_parser(prog)[0].print_help(sys.stderr)
        return 2
    try:
        args = parse(argv, prog)
    except SystemExit:  # argparse, after it printed --help or --version
        return 0
    try:
        return load_program(args.command)(args)
    except KeyboardInterrupt as stopped:
        _say(COMMANDS[args.command].when_stopped)
        return stopped.code if isinstance(stopped, Stopped) else 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and give its exit code; never raises for what a user can cause."""
    prog = "python -m cmpagl" if Path(sys.argv[0]).name == "__main__.py" else "cmpagl"
    try:
        check_place()
        code = _run(sys.argv[1:] if argv is None else argv, prog)
        sys.stdout.flush()
        return code
    except Stopped as stopped:  # while the line was read, or the last of the output written
        return stopped.code
    except BrokenPipeError:
        # As in `... | head`: give the interpreter's own last flush somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "cmpagl":
            raise
        _say(f"The package '{error.name}' is not installed: run 'pip install -r requirements.txt'.")
        return 2
    except Exception as error:
        if not (sentence := told(error)):
            raise
        _say(sentence)
        return 2


def program() -> NoReturn:
    """The command itself, in a process of its own."""
    settle_streams()
    settle_cache()
    end_by_signals()
    expect_photographs()
    leave(main())


if __name__ == "__main__":
    program()
