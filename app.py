"""CMPAGL Explorer: the page. `python app.py`, then open the printed address.

It listens first and loads the model afterwards; the page says meanwhile what it is doing.
"""

from __future__ import annotations

import os
import signal

if __name__ == "__main__":  # stopped before anything of ours could hear it
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))

import argparse
import gc
import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from app.adding.desk import Desk
from app.adding.limits import usual_limits
from app.explorer.explorer import DEFAULT_INDEX, Explorer, Source
from app.explorer.recent import Recent, recent_file
from app.serving.accounts import read_accounts
from app.serving.folder import SWEEP, TempFolder
from app.serving.log import tell_once
from app.serving.surroundings import settle_surroundings, without_proxies
from cmpagl.cli.arguments import (
    DATA_HELP,
    Parser,
    add_checkpoints,
    add_mode,
    chosen_checkpoints,
    data_set,
    index_place,
    port_number,
)
from cmpagl.cli.ending import Stopped, end_by_signals, leave
from cmpagl.cli.paths import own_model
from cmpagl.cli.scarce import check_place, told
from cmpagl.cli.streams import settle_streams
from cmpagl.cli.warned import expect_photographs

FIRST_PORT = 7860  # as in `app/serving/listen.py`, which loads the server
FEWEST_FILES = 40  # open at once: of libraries, the index, and a few visitors
LOG = logging.getLogger("cmpagl.explorer")
T = TypeVar("T")
CODES = {signal.SIGINT: 130, signal.SIGTERM: 0, signal.SIGHUP: 0, signal.SIGQUIT: 131}
"""Exit codes: a page is ended by these alone, and but for Ctrl-C that is how it should end."""


def read_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line.

    Raises:
        UsageError: a flag or a value is not allowed.
    """
    parser = Parser(
        prog="python app.py",
        description="Opens the CMPAGL Explorer in a browser's reach.",
        allow_abbrev=False,
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--index",
        metavar="DIR",
        type=index_place,
        action="append",
        help="made by 'python -m cmpagl index'; give it several times to choose among them on the "
        "page (default: the gallery that ships, if it is there)",
    )
    source.add_argument(
        "--data",
        metavar="DIR",
        type=data_set,
        action="append",
        help=f"{DATA_HELP}; give it several times to search several as one",
    )
    add_checkpoints(parser)
    add_mode(parser, "answer")
    parser.add_argument(
        "--host",
        metavar="NAME",
        default=os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1",  # a Space sets it to 0.0.0.0
        help="address to listen on; 0.0.0.0 lets other machines in (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        metavar="N",
        type=port_number,
        help=f"port to listen on (default: $GRADIO_SERVER_PORT, else the first free one from "
        f"{FIRST_PORT})",
    )
    parser.add_argument(
        "--allow-host",
        metavar="NAME",
        action="append",
        default=[],
        type=host_name,
        help="a further name by which the page may be reached, such as that of a proxy before it; "
        "give it several times for several (default: this machine's own, and a Space's)",
    )
    parser.add_argument(
        "--root-path",
        metavar="PATH",
        type=root_path,
        help="the path under which a proxy shows the page, such as /scenes (default: "
        "$GRADIO_ROOT_PATH, else none)",
    )
    parser.add_argument(
        "--auth",
        metavar="FILE",
        type=Path,
        help="let only those in who sign in: lines NAME:PASSWORD (default: nobody signs in)",
    )
    parser.add_argument(
        "--add-pictures",
        metavar="N",
        type=count,
        help="pictures that a visitor may add for himself; 0 lets nobody (default: 500 where other "
        "machines are let in, else 20,000)",
    )
    parser.add_argument(
        "--add-bytes",
        metavar="N",
        type=count,
        help="bytes of them, as sent and as unpacked (default: 200 million where others are let "
        "in, else 8 billion)",
    )
    parser.add_argument(
        "--add-pixels",
        metavar="N",
        type=count,
        help="pixels of one of them that is not cut into pieces (default: 25 million where others "
        "are let in, else 89 million)",
    )
    parser.add_argument(
        "--mcp", action="store_true", help="serve the endpoints as MCP tools as well"
    )
    args = parser.parse_args(argv)
    if not (args.index or args.data) and (named := of_environment(parser, "CMPAGL_DATA", data_set)):
        args.data = [named]
    if args.port is None:
        args.port = of_environment(parser, "GRADIO_SERVER_PORT", port_number)
    if args.root_path is None:
        args.root_path = of_environment(parser, "GRADIO_ROOT_PATH", root_path) or ""
    return args


def of_environment(parser: Parser, name: str, read: Callable[[str], T]) -> T | None:
    """Read a variable of the environment, where it says anything.

    Raises:
        UsageError: what it says is not allowed.
    """
    said = os.environ.get(name)
    try:
        return read(said) if said else None
    except argparse.ArgumentTypeError as error:
        parser.error(f"environment variable {name}: {error}")


def count(text: str) -> int:
    """Read a whole number from 0 on."""
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise argparse.ArgumentTypeError(f"'{text[:80]}' is not a whole number from 0 on")
    return int(text)


def host_name(text: str) -> str:
    """Read a host's name, without scheme, port or path."""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?", text):
        raise argparse.ArgumentTypeError(f"'{text[:80]}' is not a host's name such as example.org")
    return text


def root_path(text: str) -> str:
    """Read a path such as ``/scenes``."""
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+){1,8}/?|", text) or "/." in text:
        raise argparse.ArgumentTypeError(f"'{text[:80]}' is not a path such as /scenes")
    return text.rstrip("/")


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: what is imported stays, and going through it takes long."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def main(argv: Sequence[str]) -> int:
    """Listen, load, and serve until stopped."""
    folder: TempFolder | None = None

    def forced() -> None:
        if folder is not None:
            folder.remove(patience=0.1)

    settle_streams()
    end_by_signals(CODES, forced)
    expect_photographs()
    explorer: Explorer | None = None
    try:
        check_place(FEWEST_FILES)
        args = read_arguments(argv)
        accounts = read_accounts(args.auth) if args.auth else ()
        settle_surroundings()
        folder = TempFolder()
        folder.take_over()
        with uncollected(), without_proxies():
            from app.server import Reach, serve
        tell_once("gradio")

        index, *beside = args.index or [None]
        if index is None and args.data is None and DEFAULT_INDEX.is_dir():
            index = DEFAULT_INDEX
        data = tuple(args.data or ())
        own = own_model(index) if args.checkpoint is None else None
        first, *more = (own,) if own else chosen_checkpoints(args.checkpoint)
        source = Source(
            checkpoint=first,
            index=index,
            data=data,
            beside=tuple(beside),
            mode=args.mode,
            second=more[0] if more else None,
        )
        explorer = Explorer(source)
        reach = Reach(
            host=args.host,
            port=args.port,
            allowed=tuple(args.allow_host),
            root_path=args.root_path,
            accounts=accounts,
            mcp=args.mcp,
        )
        others = args.host not in ("127.0.0.1", "localhost", "::1")
        limits = usual_limits(public=others).changed(
            args.add_pictures, args.add_bytes, args.add_pixels
        )
        if not others:
            explorer.recent = Recent(recent_file(), but=DEFAULT_INDEX)
        desk = Desk(explorer, folder.own, limits)
        with without_proxies():
            url = serve(explorer, reach, desk)
        with suppress(OSError):  # a log on a full disk ends no page
            print(f"CMPAGL Explorer is at {url} (stop with Ctrl-C)", flush=True)
        explorer.start()
        while True:
            threading.Event().wait(SWEEP)
            try:
                folder.sweep()
                desk.sweep()
                explorer.uploads.forget_gone()
            except Exception:  # no room for a thread, say: another time
                LOG.exception("what visitors have left behind was not removed")
    except Stopped as stopped:
        logging.disable()  # what fails in other threads from here on fails because it ends
        if explorer is not None:  # what it is preparing is kept
            explorer.stop()
            explorer.wait(1.0)
        return stopped.code
    except Exception as error:
        if not (sentence := told(error)):
            raise
        print(sentence, file=sys.stderr)
        return 2
    finally:
        if folder is not None:
            folder.remove()


if __name__ == "__main__":
    try:
        CODE = main(sys.argv[1:])
    except Exception:  # a bug: told, and the process ends all the same
        traceback.print_exc()
        CODE = 1
    leave(CODE)
