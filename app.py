"""CMPAGL Explorer: the page. `python app.py`, then open the printed address.

It listens first and loads the model afterwards; the page says meanwhile what it is doing.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence

from app.explorer.explorer import DEFAULT_INDEX, Explorer, Source
from cmpagl.cli.arguments import DATA_HELP, Parser, add_checkpoint, existing_folder, positive_int
from cmpagl.errors import UsageError

PORT = 7860


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
        type=existing_folder,
        help="made by 'python -m cmpagl index' (default: the gallery that ships, if it is there)",
    )
    source.add_argument(
        "--data",
        metavar="DIR",
        type=existing_folder,
        action="append",
        help=f"{DATA_HELP}; give it several times to search several as one",
    )
    add_checkpoint(parser)
    parser.add_argument(
        "--host",
        metavar="NAME",
        default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"),  # a Space sets it to 0.0.0.0
        help="address to listen on; 0.0.0.0 lets other machines in (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        metavar="N",
        type=positive_int,
        help=f"port to listen on (default: the first free one from {PORT})",
    )
    parser.add_argument(
        "--mcp", action="store_true", help="serve the endpoints as MCP tools as well"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Listen, load, and serve until stopped."""
    try:
        args = read_arguments(argv)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from app.server import serve

    index = args.index
    if index is None and args.data is None and DEFAULT_INDEX.is_dir():
        index = DEFAULT_INDEX
    data = tuple(args.data or ())
    explorer = Explorer(Source(checkpoint=args.checkpoint, index=index, data=data))
    url = serve(explorer, host=args.host, port=args.port, mcp=args.mcp)
    print(f"CMPAGL Explorer is at {url} (stop with Ctrl-C)", flush=True)
    explorer.start()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        explorer.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
