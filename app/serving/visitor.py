"""Who asks: the address of a request, and whether it is the operator of this machine."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass

from app.serving.asgi import Scope, header

__all__ = ["Visitor", "address_of", "is_operator"]

MOST_SESSION = 64  # characters of a session's name that are read


@dataclass(frozen=True)
class Visitor:
    """One visitor: several may share an address, one may open several sessions."""

    address: str
    session: str = ""

    @classmethod
    def of(cls, scope: Scope, session: object = "") -> Visitor:
        """Who sent a request, with the session that it names."""
        return cls(address_of(scope), str(session or "")[:MOST_SESSION])


def address_of(scope: Scope) -> str:
    """The address that a request comes from, behind a proxy that may be believed.

    Of IPv6, the /64 that one connection to the net is given: each has 2^64 addresses in it.

    Believed are a proxy on this machine and, on a Hugging Face Space, the Space's: of what such a
    one says, only the last entry is its own; earlier ones are the visitor's to invent.
    """
    peer = str((scope.get("client") or ("",))[0])
    told = header(scope, b"x-forwarded-for")
    if told and (_is_local(peer) or os.environ.get("SPACE_ID")):
        return _site(told[-1].split(",")[-1].strip()[:64])
    return _site(peer)


def is_operator(scope: Scope) -> bool:
    """Whether a request comes from this machine itself and through no proxy."""
    forwarded = header(scope, b"x-forwarded-for") or header(scope, b"forwarded")
    peer = str((scope.get("client") or ("",))[0])
    return _is_local(peer) and not forwarded and not os.environ.get("SPACE_ID")


def _site(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, ipaddress.IPv6Address) or found.is_loopback:
        return address
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(found), 64), strict=False))


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
