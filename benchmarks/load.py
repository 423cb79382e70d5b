"""What many visitors at once get: ``make load``.

Starts the page on what ships, on this machine alone, and asks as 50 visitors do: each, one after
the other, 20 texts and 2 pictures of its own, three rounds. Prints times of answers by kind, errors
and the memory of the page before, at its peak and after each round. With ``--beside CHECKOUT`` the
page of another checkout is asked in turn with it: pairs, on whatever else the machine does.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

REPOSITORY = Path(__file__).resolve().parent.parent
WORDS = ("plane", "ship", "tank", "road", "river", "field", "house", "bridge", "court", "pond")


class Visitor:
    """One visitor: a session and an address of this machine, a connection at a time."""

    def __init__(self, number: int, port: int, events: dict[str, int]) -> None:
        """Remember where the page is and what its events are called there."""
        self.number, self.port, self.events = number, port, events
        self.session = uuid.uuid4().hex[:12]
        self.times: dict[str, list[float]] = {"text": [], "picture": []}
        self.errors: list[str] = []
        self.rng = np.random.default_rng(number)

    def send(self, path: str, body: bytes, kind: str) -> Any:
        """The JSON of an answer."""
        source = (f"127.0.0.{2 + self.number % 200}", 0)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, 120, source)
        try:
            connection.request("POST", path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise OSError(f"{answer.status}: {content[:80]!r}")
            return json.loads(content)
        finally:
            connection.close()

    def event(self, name: str, **data: object) -> Any:
        """The outputs of an event of the page."""
        body = {"data": [], "event_data": data, "fn_index": self.events[name]}
        asked = json.dumps({**body, "session_hash": self.session, "trigger_id": None}).encode()
        told = self.send("/gradio_api/run/predict", asked, "application/json")["data"]
        return [json.loads(one) if isinstance(one, str) else one for one in told]

    def text(self) -> None:
        """Search for a few words."""
        words = " ".join(self.rng.choice(WORDS, 5))
        found = self.event("open_search", params={"q": words}, count=1)
        if not found[2]:
            raise OSError("no ranking")

    def picture(self) -> None:
        """Give a picture and search with it."""
        pixels = self.rng.integers(0, 255, (24, 24, 3), np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).resize((640, 640)).save(file, "JPEG")
        mark = uuid.uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
        body = head.encode() + file.getvalue() + f"\r\n--{mark}--\r\n".encode()
        kind = f"multipart/form-data; boundary={mark}"
        (path,) = self.send("/gradio_api/upload", body, kind)
        taken = self.event("upload", path=path)
        token = taken[0]["go"]["upload"]
        self.event("open_search", params={"upload": token}, count=1)

    def round(self, texts: int, pictures: int) -> None:
        """Ask all that a visitor asks; each answer's time is kept."""
        for number in self.rng.permutation(texts + pictures):
            kind, ask = ("text", self.text) if number < texts else ("picture", self.picture)
            began = time.monotonic()
            try:
                ask()
                self.times[kind].append(time.monotonic() - began)
            except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as error:
                self.errors.append(f"{type(error).__name__}: {error}"[:120])


def memory(process: int, field: str = "VmRSS") -> float:
    """MB of a process; ``VmHWM`` is its peak."""
    said = Path(f"/proc/{process}/status").read_text("utf-8")
    found = re.search(rf"{field}:\s+(\d+) kB", said)
    return int(found[1]) / 1000 if found else float("nan")


def events_of(port: int) -> dict[str, int]:
    """The numbers of the page's events by their names."""
    connection = http.client.HTTPConnection("127.0.0.1", port, 60)
    connection.request("GET", "/config")
    listed = json.loads(connection.getresponse().read())["dependencies"]
    connection.close()
    return {target[1]: event["id"] for event in listed for target in event["targets"]}


def ready(port: int) -> bool:
    """Whether the gallery is open."""
    connection = http.client.HTTPConnection("127.0.0.1", port, 60)
    connection.request("GET", "/scenes/0/thumbnail")
    status = connection.getresponse().status
    connection.close()
    return status == 200


class App:
    """The page of a checkout on what ships, started and open."""

    def __init__(self, name: str, folder: Path) -> None:
        """Start it, and load what only a picture needs."""
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, folder / "app.py"], cwd=folder, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        told = re.search(r"is at http://[^:]+:(\d+)/", self.process.stdout.readline())
        assert told is not None, f"the page of {folder} did not start"
        self.port = int(told[1])
        while not ready(self.port):
            time.sleep(0.5)
        Visitor(0, self.port, events_of(self.port)).picture()
        self.after = [self.memory()]  # MB before, and after each round

    def memory(self, field: str = "VmRSS") -> float:
        """MB now, or another figure of the system's."""
        return memory(self.process.pid, field)

    def round(self, number: int, visitors: int, texts: int, pictures: int) -> list[str]:
        """Ask as so many visitors do, print a row for each kind; give what went wrong."""
        users = [Visitor(n, self.port, events_of(self.port)) for n in range(visitors)]
        threads = [threading.Thread(target=one.round, args=(texts, pictures)) for one in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        errors = [error for one in users for error in one.errors]
        self.after.append(self.memory())
        of_kind = {k: [t for one in users for t in one.times[k]] for k in ("text", "picture")}
        for kind, times in {
            "all": [t for some in of_kind.values() for t in some],
            **of_kind,
        }.items():
            p50, p95, p99 = np.percentile(times or [np.nan], (50, 95, 99))
            told = (len(errors), f"{self.after[-1]:.0f}") if kind == "all" else ("", "")
            row = (self.name, number, kind, len(times), told[0], f"{p50:.2f}", f"{p95:.2f}")
            row += (f"{p99:.2f}", f"{p99 / p50:.1f}", told[1])
            print("|", " | ".join(map(str, row)), "|", flush=True)
        return errors

    def end(self) -> None:
        """Say what memory it took, and stop it."""
        before, first, *_, last = [*self.after, self.after[-1]]
        print(
            f"{self.name}: {before:.0f} MB before, {self.memory('VmHWM'):.0f} at its peak, "
            f"{first:.0f} after the first round, {last:.0f} after the last ({last - first:+.0f})"
        )
        self.process.terminate()
        self.process.wait(30)


def main(argv: Sequence[str]) -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--texts", type=int, default=20)
    parser.add_argument("--pictures", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--beside", type=Path, metavar="CHECKOUT", help="measure this one as well, round by round"
    )
    args = parser.parse_args(argv)
    checkouts = {"here": REPOSITORY, **({"beside": args.beside} if args.beside else {})}
    apps: list[App] = []
    failed: list[str] = []
    try:
        for name, folder in checkouts.items():
            apps.append(App(name, folder.resolve()))
        print("| app | round | kind | answers | errors | p50 s | p95 s | p99 s | p99/p50 | MB |")
        print("|---" * 10 + "|")
        for number in range(1, args.rounds + 1):
            for app in apps[:: 1 if number % 2 else -1]:  # neither is always the first
                failed += app.round(number, args.visitors, args.texts, args.pictures)
        for error in sorted(set(failed))[:5]:
            print(error, file=sys.stderr)
        return int(bool(failed))
    finally:
        for app in apps:
            app.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
