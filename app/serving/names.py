"""The names by which the page may be reached, and the pages that may ask it.

A foreign page can point a name of its own at this machine and ask as if it were ours (DNS
rebinding), or send a form here: the first shows in ``Host``, the second in ``Origin``.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

__all__ = ["Names"]

EVERYWHERE = ("0.0.0.0", "::", "[::]")


class Names:
    """Which host names and origins are ours."""

    def __init__(self, host: str, allowed: Iterable[str] = (), space: str | None = None) -> None:
        """Remember them.

        Args:
            host: the address that is listened on. Where that is every address of the machine, its
                name and its addresses as numbers are allowed: no foreign page can be behind those.
            allowed: further names, of `--allow-host`.
            space: the name of the Hugging Face Space that this is, where it is one.
        """
        self._named = {name.lower().rstrip(".") for name in allowed}
        if space:
            self._named.add(space.lower())
        self._own = {"localhost", host.lower().strip("[]")}
        self._numbers = host in EVERYWHERE
        if self._numbers:
            self._own.add(socket.gethostname().lower())

    def host(self, header: str) -> bool:
        """Whether this ``Host`` header, ``NAME`` or ``NAME:PORT``, names us."""
        name = _name_of(f"//{header}")
        if name is None:
            return False
        if name in self._own or name in self._named:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self._numbers

    def origin(self, header: str, hosts: Iterable[str]) -> bool:
        """Whether a page of this origin may ask: one of the same host and port, or an allowed one.

        Args:
            header: ``Origin``, such as ``https://example.org:8000``.
            hosts: the ``Host`` headers of the request, as the browser and a proxy wrote them.
        """
        try:
            place = urlsplit(header).netloc.lower()
        except ValueError:
            return False
        return bool(place) and (
            place in {host.lower() for host in hosts} or _name_of(header) in self._named
        )


def _name_of(address: str) -> str | None:
    """The host name in an address; None where there is none."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  (raises where it is no number)
        name = parts.hostname
    except ValueError:
        return None
    if not name or parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return name.rstrip(".")
