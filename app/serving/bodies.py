"""What is sent to the page: bounded, in time, and as much of it as a visitor may leave here.

A body is read whole before anything behind is asked, so what is too large, too slow, broken off or
not what the page sends has left nothing on the disk.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.serving.asgi import Application, Message, Receive, Scope, Send, given_first, header, refuse
from app.serving.visitor import address_of, is_operator
from app.words.serving import SERVING

__all__ = ["EVENT_BYTES", "Bodies", "Ledger"]

UPLOAD = "/gradio_api/upload"
TOOLS = "/gradio_api/mcp"
EVENT_BYTES = 1_000_000  # of an event or a call
SLICE = "/add/file"  # of a visitor's own pictures, which `app/adding/desk.py` counts
SLICE_BYTES = 4_200_000
FORM = 16_384  # bytes around the picture of an upload
TOOL_BYTES = 4 * 2**20  # the library behind the tools refuses more, without a sentence
TIME = 60.0  # seconds for a whole body
SILENCE = 10.0  # seconds without a byte of it
AT_ONCE = 12  # uploads that are written at the same time
LINGER = 2.0  # seconds in which the rest of a body that is refused may come
PASSED = 64_000_000  # bytes of it
SPARE = 64_000_000  # bytes of the disk that uploads leave free

PART = re.compile(rb'content-disposition:\s*form-data;[^\r\n]*\bname="?files"?[;\s][^\r\n]*', re.I)


class Ledger:
    """How many bytes each address has left here within an hour."""

    EACH = 400_000_000
    ALL = 2_000_000_000
    KEPT = 3600.0

    def __init__(self) -> None:
        """Begin with nothing."""
        self._entries: deque[tuple[float, str, int]] = deque()
        self._sums: defaultdict[str, int] = defaultdict(int)

    def takes(self, address: str, size: int, now: float | None = None) -> bool:
        """Write down ``size`` more bytes, unless that is more than one, or all, may leave."""
        now = time.monotonic() if now is None else now
        while self._entries and self._entries[0][0] < now - self.KEPT:
            _, whose, old = self._entries.popleft()
            self._sums[whose] -= old
            if not self._sums[whose]:
                del self._sums[whose]
        if self._sums.get(address, 0) + size > self.EACH:
            return False
        if sum(self._sums.values()) + size > self.ALL:
            return False
        self._entries.append((now, address, size))
        self._sums[address] += size
        return True


class Memory:
    """How many bytes of bodies are in memory: while they arrive, and until they are answered."""

    EACH = 128_000_000  # of an address
    ALL = 256_000_000

    def __init__(self) -> None:
        """Begin with nothing."""
        self._held: Counter[str] = Counter()

    @contextmanager
    def share(self, address: str) -> Iterator[Callable[[int], bool]]:
        """What asks for so many bytes more, and is told whether there is room for them."""
        taken = 0

        def take(size: int) -> bool:
            nonlocal taken
            if self._held[address] + size > self.EACH or self._held.total() + size > self.ALL:
                return False
            self._held[address] += size
            taken += size
            return True

        try:
            yield take
        finally:
            self._held[address] -= taken
            if not self._held[address]:
                del self._held[address]


class _NotTakenError(Exception):
    """A body that is not taken: status and sentence."""


class Bodies:
    """Reads bodies within their bounds and hands them on whole."""

    def __init__(self, app: Application, uploads: Path, picture: int) -> None:
        """Wrap an application.

        Args:
            app: what answers.
            uploads: the folder whose disk uploads go to.
            picture: the most bytes of a picture.
        """
        self._app, self._uploads, self._picture = app, uploads, picture
        self._ledger, self._memory = Ledger(), Memory()
        self._room = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bound the body of one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            return await self._app(scope, receive, send)
        with self._memory.share(address_of(scope)) as take:
            try:
                body = await self._read(scope, receive, take)
            except _NotTakenError as error:
                return await _refuse_rest(receive, send, *error.args)
            except ConnectionError:
                return None
            if scope["path"].startswith(TOOLS) and b"data:" in body:  # a picture, to be uploaded
                refused = self._no_room(scope, len(body))
                if refused is not None:
                    return await refuse(send, *refused)
            whole = {"type": "http.request", "body": body, "more_body": False}
            again = given_first(whole, receive)
            if scope["path"] not in (UPLOAD, SLICE):
                return await self._app(scope, again, send)
            async with self._room:
                if scope["path"] == UPLOAD:
                    refused = self._refused(scope, body)
                    if refused is not None:
                        return await refuse(send, *refused)
                    send = _named(send, self._uploads)
                await self._app(scope, again, send)
        return None

    async def _read(self, scope: Scope, receive: Receive, take: Callable[[int], bool]) -> bytes:
        """The body of a request.

        Raises:
            _NotTakenError: it is too large, too slow, or there is no room for it.
            ConnectionError: who sent it went away.
        """
        most = self._most(scope["path"])
        said = SERVING.call_too_large if scope["path"].startswith(TOOLS) else SERVING.too_large
        too_large = _NotTakenError(413, said.format(most=most // 1000))
        told = header(scope, b"content-length")
        if told and not (len(told) == 1 and told[0].isascii() and told[0].isdigit()):
            raise _NotTakenError(400, SERVING.no_body)
        if told and (len(told[0]) > 12 or int(told[0]) > most):
            raise too_large
        try:
            async with asyncio.timeout(TIME):
                return await _whole(receive, most, take, too_large)
        except TimeoutError as error:
            raise _NotTakenError(408, SERVING.slow) from error

    def _most(self, path: str) -> int:
        """Bytes that a body may have."""
        if path == UPLOAD:
            return self._picture + FORM
        if path == SLICE:
            return SLICE_BYTES
        return TOOL_BYTES if path.startswith(TOOLS) else EVENT_BYTES

    def _refused(self, scope: Scope, body: bytes) -> tuple[int, str] | None:
        """Status and sentence where an upload is not taken."""
        marks = body.lower().count(b"content-disposition:")
        found = PART.findall(body)
        if marks != 1 or len(found) != 1 or b"filename=" not in found[0].lower():
            return 400, SERVING.one_file
        return self._no_room(scope, len(body))

    def _no_room(self, scope: Scope, size: int) -> tuple[int, str] | None:
        """Status and sentence where so many bytes more may not be left here."""
        try:
            if shutil.disk_usage(self._uploads).free < size + SPARE:
                return 507, SERVING.disk_full
        except OSError:
            return 507, SERVING.disk_full
        again = is_operator(scope) and header(scope, b"x-gradio-user") == ["mcp"]
        if not again and not self._ledger.takes(address_of(scope), size):
            return 429, SERVING.quota
        return None


async def _refuse_rest(receive: Receive, send: Send, status: int, sentence: str) -> None:
    """Refuse what is still being sent; of that some is let pass, or the answer would not arrive.

    A connection that is closed before what has come is read is torn down, answer and all.
    """

    async def told(message: Message) -> None:
        await send({**message, "more_body": True} if "body" in message else message)

    await refuse(told, status, sentence)
    left = PASSED
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while left > 0 and (message := await receive()).get("more_body"):
                left -= len(message.get("body", b""))
    await send({"type": "http.response.body", "body": b""})


async def _whole(
    receive: Receive, most: int, take: Callable[[int], bool], too_large: _NotTakenError
) -> bytes:
    """A body of at most ``most`` bytes, as ``take`` has room for it.

    Raises:
        _NotTakenError: it is ``too_large``, or there is no room.
        TimeoutError: nothing came for a while.
        ConnectionError: who sent it went away.
    """
    parts, size = [], 0
    while True:
        async with asyncio.timeout(SILENCE):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise too_large
        if not take(len(part)):
            raise _NotTakenError(503, SERVING.busy)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _named(send: Send, uploads: Path) -> Send:
    """Name an uploaded picture by its place in the folder: where that lies is not told."""

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message["headers"] if pair[0].lower() != b"content-length"]
            message = {**message, "headers": kept}
        elif (body := message.get("body", b"")).startswith(b"["):
            paths = [str(Path(path).relative_to(uploads)) for path in json.loads(body)]
            message = {**message, "body": json.dumps(paths).encode()}
        await send(message)

    return tell
