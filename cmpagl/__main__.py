"""`python -m cmpagl COMMAND`: read the command line, run the program, turn errors into sentences.

Exit codes: 0 done, 2 refused or failed with one sentence on stderr, 130 stopped by Ctrl-C, 141 the
reader of a pipe went away. Anything else that escapes is a bug and shows its traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cmpagl.cli.commands import COMMANDS, build_parser, load_program, parse
from cmpagl.errors import CmpaglError

__all__ = ["main"]


def _say(sentence: str) -> None:
    print(" ".join(sentence.split()), file=sys.stderr)


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
    except KeyboardInterrupt:
        _say(COMMANDS[args.command].when_stopped)
        return 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and give its exit code; never raises for what a user can cause."""
    prog = "python -m cmpagl" if Path(sys.argv[0]).name == "__main__.py" else "cmpagl"
    try:
        code = _run(sys.argv[1:] if argv is None else argv, prog)
        sys.stdout.flush()
        return code
    except CmpaglError as error:
        _say(str(error))
        return 2
    except BrokenPipeError:
        # As in `... | head`: give the interpreter's own last flush somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        where = f"'{error.filename}': " if error.filename else ""
        _say(f"{where}{error.strerror or error}.")
        return 2
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "cmpagl":
            raise
        _say(f"The package '{error.name}' is not installed: run 'pip install -r requirements.txt'.")
        return 2


if __name__ == "__main__":
    sys.exit(main())
