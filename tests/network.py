"""Deny other machines to a process: to pytest's own, and to a program that it starts.

As a program, ``python tests/network.py SCRIPT [ARG ...]`` runs a script under the same rule.
"""

from __future__ import annotations

import runpy
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOOPBACK = ("127.", "::1", "localhost")


class NetworkDenied(AssertionError):
    """A test, or what it started, tried to reach another machine."""


def _check(address: object) -> None:
    host = address[0] if isinstance(address, tuple) else None  # a path: a Unix socket
    if isinstance(host, str) and host and not host.startswith((*LOOPBACK, "0.0.0.0")):
        raise NetworkDenied(f"a test tried to reach {host!r}; tests stay on this machine")


def deny(replace: Callable[[Any, str, Any], None] = setattr) -> None:
    """Refuse connections and look-ups but those of this machine, in whichever thread."""
    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
    look_up = socket.getaddrinfo

    def connect(self, address):
        _check(address)
        return real["connect"](self, address)

    def connect_ex(self, address):
        _check(address)
        return real["connect_ex"](self, address)

    def sendto(self, data, *rest):
        _check(rest[-1])
        return real["sendto"](self, data, *rest)

    def getaddrinfo(host, *args, **kwargs):
        _check((host.decode() if isinstance(host, bytes) else host,))
        return look_up(host, *args, **kwargs)

    for replacement in (connect, connect_ex, sendto):
        replace(socket.socket, replacement.__name__, replacement)
    replace(socket, "getaddrinfo", getaddrinfo)


if __name__ == "__main__":
    deny()
    script, *arguments = sys.argv[1:]
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).resolve().parent)
    runpy.run_path(script, run_name="__main__")
