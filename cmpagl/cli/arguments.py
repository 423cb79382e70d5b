"""The pieces of a command line: a parser that answers in one sentence, types, shared flags."""

from __future__ import annotations

import argparse
import difflib
import math
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cmpagl.cli.paths import CHECKPOINT_VARIABLE, default_checkpoint
from cmpagl.data.fetched import FETCHED
from cmpagl.errors import UsageError
from cmpagl.files import recover_folder
from cmpagl.store.location import Location, located

__all__ = [
    "DATA_HELP",
    "NOTHING_KEPT",
    "Command",
    "Parser",
    "add_checkpoint",
    "add_checkpoints",
    "add_chips",
    "add_json_file",
    "add_limit",
    "add_mode",
    "add_on_error",
    "add_reading",
    "add_workers",
    "chosen_checkpoints",
    "data_set",
    "duration",
    "existing_file",
    "existing_folder",
    "index_place",
    "new_file",
    "new_folder",
    "new_index_place",
    "one_of",
    "port_number",
    "positive_int",
    "seed_int",
    "suggest",
    "thread_count",
]


@dataclass(frozen=True)
class Command:
    """One command: its words in the help, its flags, and what an interruption leaves behind."""

    summary: str  # one line, in the list of commands
    description: str  # a paragraph, in its own --help
    example: str  # what one would type after `python -m cmpagl`
    add_arguments: Callable[[argparse.ArgumentParser], None]
    when_stopped: str  # a sentence after Ctrl-C: what is kept, how to go on


NOTHING_KEPT = "Stopped; nothing was written."
"""After Ctrl-C in a command that writes its result at the end."""


def suggest(word: str, known: Iterable[str]) -> str:
    """Give ``", did you mean 'x'?"`` for the nearest known word, or nothing when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean '{near[0]}'?" if near else ""


class Parser(argparse.ArgumentParser):
    """An argparse parser that raises `UsageError` with one sentence instead of printing usage."""

    def error(self, message: str) -> NoReturn:
        """Raise ``message`` as a `UsageError` that names this command's help."""
        raise UsageError(f"{self.prog}: {message} (see '{self.prog} --help')")

    def flags(self) -> list[str]:
        """Give every option string this parser knows, such as ``--top``."""
        return [flag for action in self._actions for flag in action.option_strings]

    def require_different(self, args: argparse.Namespace) -> None:
        """Refuse two flags that name one file, of which the second would overwrite the first."""
        first: dict[str, str] = {}
        for action in self._actions:
            path = getattr(args, action.dest, None) if action.type is new_file else None
            if path is None or (path.exists() and not path.is_file()):
                continue
            other = first.setdefault(os.path.realpath(path), action.option_strings[0])
            if other != action.option_strings[0]:
                self.error(f"{other} and {action.option_strings[0]} name the same file '{path}'")


# Types of values: each returns the value or says in one sentence what it should have been.


def positive_int(text: str) -> int:
    """Read a whole number from 1 up."""
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is not a whole number from 1 up")
    return int(text)


def thread_count(text: str) -> int:
    """Read a number of threads; where far too many are asked for, libraries crash."""
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is not a number of threads, 1 to 1024")
    return int(text)


def port_number(text: str) -> int:
    """Read the number of a port, 1 to 65535."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is not a port, 1 to 65535")
    return int(text)


def seed_int(text: str) -> int:
    """Read a whole number from 0 up to 2^32 - 1, the range of NumPy's seeds."""
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) >= 2**32:
        rule = f"is not a whole number from 0 to {2**32 - 1}"
        raise argparse.ArgumentTypeError(f"'{text[:40]}' {rule}")
    return int(text)


def duration(text: str) -> float:
    """Read a time such as ``45s``, ``90m`` or ``1h30m`` and give it in seconds."""
    units = re.fullmatch(r"(?:([0-9.]+)h)?(?:([0-9.]+)m)?(?:([0-9.]+)s)?", text)
    try:
        numbers = [float(part) if part else 0.0 for part in units.groups()] if units else []
    except ValueError:
        numbers = []
    seconds = math.fsum(n * unit for n, unit in zip(numbers, (3600, 60, 1), strict=False))
    if not seconds > 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time above zero such as 90m or 1h30m")
    return seconds


def one_of(*words: str) -> Callable[[str], str]:
    """Make a type that accepts only ``words`` and suggests the nearest one."""

    def choice(text: str) -> str:
        if text not in words:
            rule = f"'{text}' is not one of {', '.join(words)}"
            raise argparse.ArgumentTypeError(rule + suggest(text, words))
        return text

    return choice


def existing_folder(text: str) -> Path:
    """Read the path of a folder that is there."""
    path = Path(text)
    recover_folder(path)  # an index whose replacement was killed half-way is there
    if not (text and path.is_dir()):
        what = "is a file, not a folder" if text and path.exists() else "does not exist"
        raise argparse.ArgumentTypeError(f"the folder '{text}' {what}")
    return path


def new_file(text: str) -> Path:
    """Read where a file is to be written, and see that it can be, before the work that fills it."""
    path = Path(text)
    if not text or path.is_dir():
        raise argparse.ArgumentTypeError(f"'{text}' is a folder; name the file")
    if path.exists() and not path.is_file():
        return path  # a device or a pipe, which is written into
    _check_writable(text, path.absolute().parents)
    return path


def new_folder(text: str) -> Path:
    """Read where a folder is to lie, and see that it can be filled, before the work that does."""
    path = Path(text)
    if not text or (path.exists() and not path.is_dir()):
        raise argparse.ArgumentTypeError(f"'{text}' is no folder, and none can be made there")
    _check_writable(text, (path.absolute(), *path.absolute().parents))
    return path


def _check_writable(text: str, folders: Iterable[Path]) -> None:
    place = next(folder for folder in folders if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        why = error.strerror or error
        raise argparse.ArgumentTypeError(f"'{text}' cannot be written ({place}: {why})") from error


def index_place(text: str) -> Location:
    """Read where an index is: a folder that is there, or one of an object store."""
    return new_index_place(text) if "://" in text else existing_folder(text)


def new_index_place(text: str) -> Location:
    """Read where an index is to lie: a folder, or one of an object store."""
    if not text:
        raise argparse.ArgumentTypeError("'' is no folder")
    try:
        return located(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def data_set(text: str) -> Path:
    """Read where a data set is: a folder or a description that is there, or what is fetched."""
    if text.startswith(FETCHED):
        return Path(text)
    return existing_file(text) if Path(text).is_file() else existing_folder(text)


def add_mode(parser: argparse.ArgumentParser, verb: str) -> None:
    """Add ``--mode``, whether every scene is compared with a query; ``verb`` says what for."""
    parser.add_argument(
        "--mode",
        metavar="{auto,exact,candidates}",
        type=one_of("auto", "exact", "candidates"),
        default="auto",
        help=f"'exact' {verb}s by comparing every scene with a query, 'candidates' by an "
        "approximate index that finds the best some thousand; 'auto' is exact up to 200,000 "
        "scenes (default: %(default)s)",
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add ``--bands`` and ``--stretch``, how sensors' pictures become red, green and blue."""
    parser.add_argument(
        "--bands",
        metavar="R,G,B",
        help="bands of pictures that become red, green and blue, counted from 1, or one for grey "
        "(default: those that the file calls so, else the first three)",
    )
    parser.add_argument(
        "--stretch",
        metavar="HOW",
        help="beyond 8 bits, what becomes black and white: 'joint' percentiles of all bands or of "
        "each 'band', with others than 2 and 98 as in band:1,99 (default: joint)",
    )


def add_chips(parser: argparse.ArgumentParser) -> None:
    """Add ``--chip`` and ``--overlap``, how large rasters are cut."""
    parser.add_argument(
        "--chip",
        metavar="SIDE",
        help="cut TIFFs and JPEG 2000s into chips of this side, in pixels or metres as in 200m; "
        "nothing is written (default: each is one picture)",
    )
    parser.add_argument(
        "--overlap",
        metavar="SHARE",
        type=float,
        help="share of a chip's side that the next one shows again (default: 0.25)",
    )


def existing_file(text: str) -> Path:
    """Read the path of a file that is there."""
    path = Path(text)
    if not path.is_file():
        what = "is no regular file" if path.exists() else "does not exist"
        what = "is a folder, not a file" if path.is_dir() else what
        raise argparse.ArgumentTypeError(f"the file '{text}' {what}")
    return path


# Flags that several commands share.


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add ``--checkpoint DIR``, which defaults to the shipped model."""
    parser.add_argument(
        "--checkpoint",
        metavar="DIR",
        type=Path,
        default=default_checkpoint(),
        help="model to use, a folder or a Hugging Face id "
        f"(default: ${CHECKPOINT_VARIABLE}, else the shipped one: %(default)s)",
    )


def add_checkpoints(parser: argparse.ArgumentParser) -> None:
    """Add ``--checkpoint DIR``, which may be given twice: two models side by side."""
    parser.add_argument(
        "--checkpoint",
        metavar="DIR",
        type=Path,
        action="append",
        help="model to use, a folder or a Hugging Face id; give it twice to compare two models "
        f"(default: ${CHECKPOINT_VARIABLE}, else the shipped one: {default_checkpoint()})",
    )


def chosen_checkpoints(given: Sequence[Path] | None) -> tuple[Path, ...]:
    """What `add_checkpoints` was given, or the default.

    Raises:
        UsageError: more than two.
    """
    if given is not None and len(given) > 2:
        raise UsageError(f"--checkpoint was given {len(given)} times; give it at most 2 times.")
    return tuple(given or (default_checkpoint(),))


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Add ``--limit N``, only the first N images of each data set."""
    parser.add_argument(
        "--limit",
        metavar="N",
        type=positive_int,
        help="use only the first N images of a data set, for a quick look (default: all of them)",
    )


def add_on_error(parser: argparse.ArgumentParser) -> None:
    """Add ``--on-error``, what to do with a picture or caption that cannot be used."""
    parser.add_argument(
        "--on-error",
        metavar="{raise,skip}",
        type=one_of("raise", "skip"),
        default="raise",
        help="a picture or caption that cannot be used: 'raise' stops and names it, 'skip' names "
        "it and goes on (default: %(default)s)",
    )


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add ``--workers N``, how many processes draw scenes."""
    parser.add_argument(
        "--workers",
        metavar="N",
        type=positive_int,
        default=1,
        help="processes that draw at once (default: %(default)s)",
    )


def add_json_file(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--json FILE``, where to write ``what``."""
    parser.add_argument(
        "--json",
        metavar="FILE",
        type=new_file,
        help=f"also write {what} to this file as JSON (default: only print)",
    )


DATA_HELP = (
    "a data set: a folder of pictures, with their captions in one of the usual forms or without; "
    "one description file in it; hf:OWNER/NAME[@REVISION][:SPLIT] on the Hugging Face hub; or "
    "stac+https://HOST/PATH?collections=A&bbox=W,S,E,N&datetime=FROM/TO&limit=20&asset=NAME, what "
    "a STAC API finds"
)
