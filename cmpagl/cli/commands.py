"""Every command of `python -m cmpagl`, and how a command line is read.

What a command takes is defined once, in the module of its group. None of these imports anything
heavy, so that `--help` and a refused flag answer at once. The program behind command NAME is
``run(args: argparse.Namespace) -> int`` of ``cmpagl.cli.NAME``. It is imported when the command
runs (see `load_program`) and finds in ``args`` the command's flags under their own names with ``-``
as ``_``: ``--on-error`` is ``args.on_error``.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence

from cmpagl import __version__
from cmpagl.cli.arguments import Command, Parser, suggest
from cmpagl.cli.gallery_commands import IMPORT, INDEX, JUDGE, SEARCH
from cmpagl.cli.model_commands import BANK, CONVERT, EVALUATE, TRAIN
from cmpagl.cli.scene_commands import DIAGNOSE, DRAW

__all__ = ["COMMANDS", "Command", "build_parser", "load_program", "parse"]

Program = Callable[[argparse.Namespace], int]


COMMANDS: dict[str, Command] = {
    "train": TRAIN,
    "evaluate": EVALUATE,
    "index": INDEX,
    "search": SEARCH,
    "judge": JUDGE,
    "convert": CONVERT,
    "import": IMPORT,
    "bank": BANK,
    "draw": DRAW,
    "diagnose": DIAGNOSE,
}
"""Every command by name, in the order of the help."""


def build_parser(prog: str = "python -m cmpagl") -> tuple[Parser, dict[str, Parser]]:
    """Build the parser of the whole command line and, by name, those of the commands."""
    parser = Parser(
        prog=prog,
        description="CMPAGL: search overhead scenes by sentence or picture.",
        epilog=f"'{prog} COMMAND --help' tells what a command takes.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"cmpagl {__version__}")
    added = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    parsers: dict[str, Parser] = {}
    for name, command in COMMANDS.items():
        parsers[name] = added.add_parser(
            name,
            help=command.summary,
            description=command.description,
            epilog=f"example: {prog} {command.example}",
            allow_abbrev=False,
        )
        command.add_arguments(parsers[name])
    return parser, parsers


def parse(argv: Sequence[str], prog: str = "python -m cmpagl") -> argparse.Namespace:
    """Read a command line into a namespace with ``command`` and that command's flags.

    Raises:
        UsageError: The command or a flag is unknown (the nearest one is named), a value is not
            allowed, or something required is missing.
        SystemExit: ``--help`` or ``--version`` was asked for and has been printed.
    """
    parser, parsers = build_parser(prog)
    if argv and not argv[0].startswith("-") and argv[0] not in COMMANDS:
        parser.error(f"unknown command '{argv[0]}'{suggest(argv[0], COMMANDS)}")
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        command = parsers[args.command]
        word = unknown[0].partition("=")[0]
        kind = "option" if word.startswith("-") else "extra argument"
        command.error(f"unknown {kind} '{word}'{suggest(word, command.flags())}")
    parsers[args.command].require_different(args)
    return args


def load_program(name: str) -> Program:
    """Import the program behind a command, with all that it needs."""
    program: Program = importlib.import_module(f"cmpagl.cli.{name}").run
    return program
