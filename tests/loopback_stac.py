"""A STAC API on this machine: items that are searched as the standard says, a page at a time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CORE = "https://api.stacspec.org/v1.0.0/core"
SEARCH = "https://api.stacspec.org/v1.0.0/item-search"


@dataclass
class StacApi:
    """Items, and files below a folder at ``/files/``; ``breaking`` ones end in the middle."""

    folder: Path
    items: list[dict[str, Any]] = field(default_factory=list)
    breaking: set[str] = field(default_factory=set)
    page: int = 2  # items of an answer
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)  # searches
    fetched: list[str] = field(default_factory=list)  # files

    def found(self, search: dict[str, Any]) -> list[dict[str, Any]]:
        """The items of a search: by collection, by date, by whether they meet a box."""
        first, _, last = str(search.get("datetime") or "/").partition("/")
        west, south, east, north = search.get("bbox") or (-180, -90, 180, 90)
        return [
            one
            for one in self.items
            if one["collection"] in (search.get("collections") or [one["collection"]])
            and first.strip(".") <= one["properties"]["datetime"] <= (last.strip(".") or "9")
            and one["bbox"][0] <= east
            and one["bbox"][2] >= west
            and one["bbox"][1] <= north
            and one["bbox"][3] >= south
        ]


@contextmanager
def running_stac(folder: Path) -> Iterator[StacApi]:
    """Serve until the block ends."""
    api = StacApi(folder)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            if self.path.startswith("/files/"):
                return self._file(self.path.removeprefix("/files/"))
            links = [
                {"rel": "self", "href": api.url, "type": "application/json"},
                {"rel": "root", "href": api.url, "type": "application/json"},
                {
                    **{"rel": "search", "href": f"{api.url}/search", "method": "POST"},
                    "type": "application/geo+json",
                },
            ]
            said = {"type": "Catalog", "id": "loopback", "stac_version": "1.0.0", "links": links}
            return self._json({**said, "description": "x", "conformsTo": [CORE, SEARCH]})

        def do_POST(self) -> None:
            search = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            api.asked.append(search)
            found, at = api.found(search), int(search.get("token", 0))
            end = at + min(api.page, int(search.get("limit", 10)))
            links = []
            if end < len(found):
                body = {**search, "token": end}
                url = f"{api.url}/search"
                links = [{"rel": "next", "href": url, "method": "POST", "body": body}]
            self._json({"type": "FeatureCollection", "features": found[at:end], "links": links})

        def _json(self, said: dict[str, Any]) -> None:
            self._send(json.dumps(said).encode(), "application/json")

        def _file(self, name: str) -> None:
            api.fetched.append(name)
            content = (api.folder / name).read_bytes()
            self._send(content, "image/tiff", half=name in api.breaking)

        def _send(self, content: bytes, kind: str, *, half: bool = False) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if half else content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
