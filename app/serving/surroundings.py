"""What the page is started in, made such that nothing in it is a surprise later."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cmpagl.caches import settle_cache

__all__ = ["settle_surroundings", "without_proxies"]

PROXY = re.compile(r".+_proxy", re.IGNORECASE)

_ARENAS, _MOST_ARENAS = -8, 2  # glibc's M_ARENA_MAX


def settle_surroundings() -> None:
    """Settle variables, the cache's folder and memory, before any library meets them."""
    _share_arenas()
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]  # what may be set has a flag, which has been read
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    for name in ("no_proxy", "NO_PROXY"):  # this machine is never reached through a proxy
        others = os.environ.get(name, "")
        os.environ[name] = ",".join(filter(None, (others, "localhost", "127.0.0.1", "::1")))
    settle_cache()


@contextmanager
def without_proxies() -> Iterator[None]:
    """Let nobody know meanwhile of proxies: who asks nothing of the network needs none.

    Gradio makes its clients while it is imported, and cannot be where their library does not know
    the address: SOCKS, a range of addresses in ``no_proxy``.
    """
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if PROXY.fullmatch(name)}
    try:
        yield
    finally:
        os.environ.update(hidden)


def _share_arenas() -> None:
    """Let threads share what they free: each arena of glibc keeps its own, eight a core.

    With them, 50 visitors leave 100 MB more behind, and the next 50 more than the first.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError):  # no glibc
            ctypes.CDLL(None).mallopt(_ARENAS, _MOST_ARENAS)
