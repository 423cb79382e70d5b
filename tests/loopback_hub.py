"""A Hugging Face hub on this machine: folders as repositories, and what was asked of it.

As a program, with a hub's address in ``HF_ENDPOINT``, it reads lines of JSON ``[source, names]``
and answers each with the files' sizes, or with name and fingerprint of the model where no file is
named, or the sentence that refuses them.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER_COMMIT = "f" * 40  # of the repository "OWNER/NAME@REVISION"


@dataclass
class Hub:
    """Repositories by id; those named in ``gated`` want a login."""

    repositories: dict[str, Path]
    gated: set[str] = field(default_factory=set)
    breaking: set[str] = field(default_factory=set)  # files whose next answer ends in the middle
    url: str = ""
    fetched: list[tuple[str, int]] = field(default_factory=list)  # file, first byte

    def folder(self, repository: str, revision: str) -> tuple[Path | None, str]:
        """A revision's files and its commit; None where there is no such revision."""
        if revision in ("main", COMMIT):
            return self.repositories[repository], COMMIT
        for name, folder in self.repositories.items():
            known, _, other = name.partition("@")
            if known == repository and revision in (other, OTHER_COMMIT) and other:
                return folder, OTHER_COMMIT
        return None, ""


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

        def held(self, repository: str, revision: str) -> tuple[Path, str] | None:
            """The folder of a revision and its commit; None: it was refused."""
            if repository in hub.gated:
                return self.refuse(403, "GatedRepo")
            if repository not in hub.repositories:
                return self.refuse(401, "RepoNotFound")
            folder, commit = hub.folder(repository, revision)
            return self.refuse(404, "RevisionNotFound") if folder is None else (folder, commit)

        def describe(self, owner: str, name: str, rest: list[str]) -> None:
            """What a data set is made of: its files, or with /tree/ their sizes as well."""
            repository, of_tree = f"{owner}/{name}", rest[:1] == ["tree"]
            found = self.held(repository, rest[1] if len(rest) > 1 else "main")
            if found is None:
                return
            folder, commit = found
            files = {
                path.relative_to(folder).as_posix(): path.stat().st_size
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            }
            answer: object = {
                "id": f"{owner}/{name}",
                "sha": commit,
                "siblings": [{"rfilename": file} for file in files],
            }
            if of_tree:
                answer = [
                    {"type": "file", "path": file, "size": size, "oid": "0" * 40}
                    for file, size in files.items()
                ]
            content = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def answer(self, *, body: bool) -> None:
            parts = [unquote(p) for p in self.path.partition("?")[0].strip("/").split("/")]
            if parts[:2] == ["api", "datasets"]:
                return self.describe(*parts[2:4], parts[4:])
            parts = parts[1:] if parts[0] == "datasets" else parts
            if len(parts) < 5 or parts[2] != "resolve":
                return self.refuse(404, "EntryNotFound")
            owner, name, _, revision, *rest = parts
            found = self.held(f"{owner}/{name}", revision)
            if found is None:
                return None
            folder, commit = found
            path = folder.joinpath(*rest)
            if not path.is_file():
                return self.refuse(404, "EntryNotFound")
            content = path.read_bytes()
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
            self.send_response(206 if start else 200)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", commit)
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


def asked(cache: Path, *questions: object, **environment: str) -> list[Any]:
    """Answers of a process of its own, which alone can know another hub."""
    settings = {
        "HF_HOME": str(cache),
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "HF_HUB_ETAG_TIMEOUT": "5",
    }
    dropped = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN")
    kept = {k: v for k, v in os.environ.items() if k not in dropped}
    ran = subprocess.run(
        [sys.executable, __file__],
        input="".join(json.dumps(question) + "\n" for question in questions),
        env={**kept, **settings, "HF_HUB_DISABLE_XET": "1", **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


if __name__ == "__main__":
    from cmpagl.errors import CheckpointError
    from cmpagl.model.hub import source_folder

    for line in sys.stdin:
        source, names = json.loads(line)
        try:
            answer: object
            if names is None:
                from cmpagl.model.checkpoint import open_checkpoint

                model = open_checkpoint(source)
                answer = [model.name, model.fingerprint]
            else:
                folder = source_folder(source, names)
                answer = [(folder / name).stat().st_size for name in names]
        except CheckpointError as error:
            answer = str(error)
        print(json.dumps(answer), flush=True)
