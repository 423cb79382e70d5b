"""A Hugging Face hub on this machine: folders as repositories, and what was asked of it.

As a program, with a hub's address in ``HF_ENDPOINT``, it reads lines of JSON ``[source, names]``
and answers each with the files' sizes, or the sentence that refuses them.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Repositories by id; those named in ``gated`` want a login."""

    repositories: dict[str, Path]
    gated: set[str] = field(default_factory=set)
    breaking: set[str] = field(default_factory=set)  # files whose next answer ends in the middle
    url: str = ""
    fetched: list[tuple[str, int]] = field(default_factory=list)  # file, first byte


@contextmanager
def running_hub(repositories: dict[str, Path], gated: set[str]) -> Iterator[Hub]:
    """Serve folders until the block ends."""
    hub = Hub(repositories, gated)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def answer(self, *, body: bool) -> None:
            parts = self.path.strip("/").split("/")
            if len(parts) < 5 or parts[2] != "resolve":
                return self.refuse(404, "EntryNotFound")
            owner, name, _, revision, *rest = parts
            repository = f"{owner}/{name}"
            if repository in hub.gated:
                return self.refuse(403, "GatedRepo")
            if repository not in hub.repositories:
                return self.refuse(401, "RepoNotFound")
            if revision not in ("main", COMMIT):
                return self.refuse(404, "RevisionNotFound")
            path = hub.repositories[repository].joinpath(*rest)
            if not path.is_file():
                return self.refuse(404, "EntryNotFound")
            content = path.read_bytes()
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
            self.send_response(206 if start else 200)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Accept-Ranges", "bytes")
            if start:
                self.send_header(
                    "Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}"
                )
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if body:
                hub.fetched.append((rest[-1], start))
                if rest[-1] in hub.breaking:
                    hub.breaking.remove(rest[-1])
                    self.wfile.write(content[start : len(content) // 2])
                    self.close_connection = True
                    return None
                self.wfile.write(content[start:])
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    from cmpagl.errors import CheckpointError
    from cmpagl.model.hub import source_folder

    for line in sys.stdin:
        source, names = json.loads(line)
        try:
            folder = source_folder(source, names)
            answer: object = [(folder / name).stat().st_size for name in names]
        except CheckpointError as error:
            answer = str(error)
        print(json.dumps(answer), flush=True)
