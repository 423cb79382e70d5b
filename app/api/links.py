"""Pictures that a tool names by a link: fetched within bounds, whoever answers there.

Gradio asks public addresses alone, and holds the whole answer in memory, however long it is; a
packed one even unpacked. Here it is read up to the size of an upload, as it comes, in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from gradio import processing_utils
from gradio.exceptions import Error

from app.words.api import API

__all__ = ["TIME", "bound_links"]

TIME = 20.0
"""Seconds for a picture, whichever detours its address takes."""

_fetch = processing_utils.async_ssrf_protected_get
_Secure = processing_utils.sh.AsyncSecureTransport


def bound_links(most: int) -> None:
    """Let Gradio fetch no more than ``most`` bytes from an address, and wait no longer than `TIME`.

    Raises (what it then fetches):
        Error: it is more, or takes longer; told to the caller.
    """
    too_large = API.too_large.format(megabytes=most // 1_000_000)

    class Bounded(_Secure):  # type: ignore[misc, valid-type]
        async def handle_async_request(self, request: Any) -> Any:  # noqa: ANN401
            request.headers["Accept-Encoding"] = "identity"
            answer = await super().handle_async_request(request)
            answer.headers.pop("content-encoding", None)  # nothing is unpacked
            answer.stream = _Some(answer.stream, most, too_large)
            return answer

    async def get(url: str) -> Any:  # noqa: ANN401
        try:
            async with asyncio.timeout(TIME):
                return await _fetch(url)
        except TimeoutError as error:
            raise Error(API.too_slow, print_exception=False) from error

    processing_utils.sh.AsyncSecureTransport = Bounded
    processing_utils.PUBLIC_HOSTNAME_WHITELIST = []  # whoever may upload there
    processing_utils.async_ssrf_protected_get = get


class _Some(processing_utils.httpx.AsyncByteStream):
    """The first bytes of an answer; more is an error."""

    def __init__(self, stream: Any, most: int, sentence: str) -> None:  # noqa: ANN401
        self._stream, self._most, self._sentence = stream, most, sentence

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._most
        async for part in self._stream:
            left -= len(part)
            if left < 0:
                raise Error(self._sentence, print_exception=False)
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
