"""Listening: an address taken with a plain word where that fails, connections that cannot pile up.

Gradio starts its own server by `gradio.http_server.start_server`; `app/server.py` puts `Listener`
in its place, so that everything that Gradio answers passes what we wrap around it.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.serving.asgi import Application
from app.serving.surface import HEADERS
from app.serving.visitor import address_of
from app.words.serving import SERVING
from cmpagl.cli.scarce import allow_files
from cmpagl.errors import UsageError

__all__ = ["FIRST_PORT", "Listener", "take_port"]

FIRST_PORT = 7860
"""The port that is tried first where none is named."""
TRIED = 100  # ports, from the first on, where none is named

CONNECTIONS = 400  # at once
SPARE_FILES = 96  # of the process's limit of open files, kept for everything else
HEADER_TIME = 10.0  # seconds for the whole of a request's header, once its connection is there
KEEP_ALIVE = 15  # seconds that an idle connection is kept
BACKLOG = 256


class Listener:
    """Starts the server in a thread of its own, and ends it."""

    def __init__(self, wrap: Callable[[Any], Application]) -> None:
        """Remember what is wrapped around the application."""
        self._wrap = wrap
        self.server: _Server | None = None

    def start_server(
        self,
        app: Any,  # noqa: ANN401
        server_name: str | None = None,
        server_port: int | None = None,
        **_: object,
    ) -> tuple[str, int, str, _Server]:
        """Listen, as Gradio asks it of its own `start_server`.

        Raises:
            UsageError: the address is none, or taken.
        """
        host = (server_name or "127.0.0.1").strip("[]")
        _Connection.most = room_for_connections()
        taken = take_port(host, server_port)
        port = int(taken.getsockname()[1])
        config = uvicorn.Config(
            self._wrap(app),
            log_level="error",
            log_config=None,  # see `app/serving/log.py`
            access_log=False,
            server_header=False,
            ws="none",
            http=_Connection,
            proxy_headers=False,  # `app/serving/visitor.py` reads them, and trusts fewer
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=1,
            backlog=BACKLOG,
        )
        self.server = server = _Server(config, taken)
        server.start()
        shown = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        return host, port, f"http://{shown}:{port}/", server


class _Connection(H11Protocol):
    """A connection that must send the header of each request in time.

    Where there is no room for another one, the address that has most of them makes way: with the
    oldest that asks nothing, or else with the one that has asked longest ago.
    """

    most = CONNECTIONS
    _late: asyncio.TimerHandle | None = None
    _answered: object = None  # the last request that was read

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = address_of({"client": self.client, "headers": ()})
        self._since = time.monotonic()  # when it came, or asked last
        self._wait_for_header()
        if len(self.connections) > self.most:
            left = self._one_too_many()
            self.connections.discard(left)  # not chosen again before it is gone
            left.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._asks_nothing():
            self._wait_for_header()

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is not self._answered:
            self._answered, self._since = self.cycle, time.monotonic()
            self.address = address_of(dict(self.cycle.scope))
            self._stop_waiting()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP never reaches `Surface`: say so as it would."""
        body = SERVING.no_http.encode()
        headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
        headers |= {"Connection": "close", **HEADERS}
        lines = ["HTTP/1.1 400 Bad Request", *(f"{name}: {said}" for name, said in headers.items())]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()

    def _asks_nothing(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _one_too_many(self) -> _Connection:
        everyone = [one for one in self.connections if isinstance(one, _Connection)]
        counts = Counter(one.address for one in everyone)
        most = max(counts.values())
        crowd = [one for one in everyone if counts[one.address] == most and one is not self]
        if most == 1:  # nobody has more than one: who is being answered stays
            crowd = [one for one in crowd if one._asks_nothing()]
        return min(crowd, key=lambda one: (not one._asks_nothing(), one._since), default=self)

    def _wait_for_header(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEADER_TIME, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def room_for_connections() -> int:
    """Raise the limit of open files as far as is allowed; give how many connections fit in it."""
    room = allow_files(CONNECTIONS + SPARE_FILES) - SPARE_FILES
    return int(max(8, min(CONNECTIONS, room)))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, taken: socket.socket) -> None:
        super().__init__(config)
        self._taken = taken
        self.running_app = config.app
        self._thread = threading.Thread(target=self._listen, name="listening", daemon=True)

    def _listen(self) -> None:
        self.run(sockets=[self._taken])

    def start(self) -> None:
        """Listen, and come back once answers are given.

        Raises:
            UsageError: the server ended at once.
        """
        self._thread.start()
        while not self.started:
            if not self._thread.is_alive():
                raise UsageError("The page could not be served; the lines above say why.")
            time.sleep(0.001)

    def close(self) -> None:
        """Stop; also how Gradio stops it."""
        self.should_exit = True
        self._thread.join(timeout=2)


def take_port(host: str, port: int | None) -> socket.socket:
    """A socket that listens at the address; at the first free port where none is named.

    It listens already: two sockets can be bound to one port as long as neither does, and of two
    apps that start at the same moment the second would give the address of the first.

    Raises:
        UsageError: there is no such address, or none is free.
    """
    ports = [port] if port is not None else range(FIRST_PORT, FIRST_PORT + TRIED)
    try:
        (family, kind, protocol, _, _), *_ = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"--host: '{host[:80]}' is no address of this machine; give 127.0.0.1 for this machine "
            "alone, or 0.0.0.0 to let others in."
        ) from error
    for number in ports:
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, number))
            made.listen(BACKLOG)
            _require_reachable(made)
        except OSError as error:
            made.close()
            if error.errno == errno.EADDRINUSE:
                continue
            what = f"--host: '{host[:80]}', --port: {number}: {error.strerror or error}"
            raise UsageError(f"{what}; give another.") from error
        return made
    if port is not None:
        raise UsageError(f"--port: {port} is taken by another program; give another, or none.")
    raise UsageError(
        f"All ports from {FIRST_PORT} to {ports[-1]} are taken; name a free one with --port."
    )


def _require_reachable(listening: socket.socket) -> None:
    """Refuse an address that nobody can reach, such as a broadcast's, which many share.

    Raises:
        OSError: nobody can. Silence says nothing: a firewall may be what keeps it.
    """
    place = listening.getsockname()
    if ip_address(place[0].partition("%")[0]).is_unspecified:  # every address of this machine
        return
    with socket.socket(listening.family, listening.type) as asking, suppress(TimeoutError):
        asking.settimeout(2)
        asking.connect(place)
