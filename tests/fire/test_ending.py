"""Told to end in the middle of everything it can be doing: soon, with its code, nothing left."""

import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile

import numpy as np
import pytest
from browser import REPOSITORY
from fire_kit import EXAMPLES
from PIL import Image

from benchmarks.load import Visitor, events_of, ready

pytestmark = pytest.mark.ui

KIND = "multipart/form-data; boundary=x"
HEAD = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
SIDE = 4900  # of a picture that takes seconds to decode
ENDS = [(signal.SIGINT, 130), (signal.SIGTERM, 0)][: 1 if EXAMPLES <= 100 else 2]
"""Signals, with what to exit with; the suite tries one, as each takes a start of the app."""


def picture(side, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 255, (20, 20, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST).save(
        file, "PNG", compress_level=1
    )
    return file.getvalue()


class Busy:
    """An app on the small gallery, and visitors who keep it busy until it is gone."""

    def __init__(self, folders, place, *options):
        index, checkpoint, _ = folders
        self.place = place
        self.log = open(place / "log.txt", "w+b")  # noqa: SIM115
        self.temporary = place / "temporary"
        self.temporary.mkdir()
        line = [sys.executable, REPOSITORY / "tests" / "network.py", REPOSITORY / "app.py"]
        self.app = subprocess.Popen(
            [*line, "--index", index, "--checkpoint", checkpoint, *options],
            env={**os.environ, "TMPDIR": str(self.temporary)},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.done = {"search": 0, "decode": 0, "slow": 0, "add": 0}

    @property
    def said(self):
        return (self.place / "log.txt").read_text("utf-8", "replace")

    def begin(self, large):
        end = time.monotonic() + 300
        while not (told := re.search(r"is at http://[^:]+:(\d+)/", self.said)):
            assert self.app.poll() is None, self.said
            assert time.monotonic() < end, "it did not start"
            time.sleep(0.1)
        self.port = int(told[1])
        while not ready(self.port):
            assert time.monotonic() < end, f"it did not open: {self.said}"
            time.sleep(0.1)
        events = events_of(self.port)
        users = [Visitor(number, self.port, events) for number in range(8)]
        work = [(self.add, users[0]), (self.slow, users[1])]
        work += [(lambda user: self.decode(user, large), user) for user in users[2:4]]
        work += [(self.search, user) for user in users[4:]]
        for what, user in work:
            threading.Thread(target=self._until_gone, args=(what, user), daemon=True).start()
        while not all(self.done.values()):
            assert time.monotonic() < end, self.done
            time.sleep(0.05)

    def _until_gone(self, what, user):
        while self.app.poll() is None:
            try:
                what(user)
            except (OSError, ValueError, http.client.HTTPException):  # it is gone, or busy
                time.sleep(0.02)

    def search(self, user):
        user.text()
        self.done["search"] += 1

    def decode(self, user, large):
        (path,) = user.send("/gradio_api/upload", HEAD + large + b"\r\n--x--\r\n", KIND)
        self.done["decode"] += 1  # it is decoded from here on
        user.event("upload", path=path)

    def slow(self, user):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest("POST", "/gradio_api/upload")
        connection.putheader("Content-Type", KIND)
        connection.putheader("Content-Length", "900000")
        connection.endheaders()
        for _ in range(90):
            connection.send(bytes(10_000))
            self.done["slow"] += 1
            time.sleep(0.2)
        connection.close()

    def add(self, user):
        """A ZIP of many pictures, which takes longer to prepare than it will have."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for number in range(600):
                archive.writestr(f"p{number}.png", picture(40, number))
        content, connection = file.getvalue(), http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("POST", "/add/begin", json.dumps({"bytes": len(content)}))
        answer = connection.getresponse()
        answer.read()
        cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
        for at in range(0, len(content), 4_000_000):
            connection.request(
                "POST", f"/add/file?name=t.zip&at={at}", content[at : at + 4_000_000], cookie
            )
            connection.getresponse().read()
        connection.request("POST", "/add/end", b"{}", cookie)
        connection.getresponse().read()
        while True:
            connection.request("GET", "/add/state", headers=cookie)
            state = json.loads(connection.getresponse().read())
            self.done["add"] += state["phase"] == "preparing"
            time.sleep(0.2)

    def end(self, number):
        """Exit code, and seconds until it was gone."""
        began = time.monotonic()
        self.app.send_signal(number)
        code = self.app.wait(30)
        return code, time.monotonic() - began


@pytest.mark.parametrize(("number", "code"), ENDS)
def test_it_ends_in_the_middle_of_everything(gallery_folders, tmp_path, number, code):
    """Searches, a picture that is decoded, an upload that has begun, pictures that are indexed: on
    Ctrl-C or a stop of its container it is gone within three seconds, and so are all its files."""
    busy = Busy(gallery_folders, tmp_path)
    try:
        busy.begin(picture(SIDE))
        assert any(busy.temporary.iterdir())
        ended, seconds = busy.end(number)
    finally:
        busy.app.kill()
        busy.log.close()
    assert ended == code, busy.said
    assert seconds < 3 + 5 * (os.getloadavg()[0] > 2 * (os.cpu_count() or 1))
    assert "terminate called" not in busy.said
    assert "Traceback" not in busy.said, busy.said
    end = time.monotonic() + 10  # what was left to `rm` on a busy machine
    while any(busy.temporary.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    assert list(busy.temporary.rglob("*")) == []
