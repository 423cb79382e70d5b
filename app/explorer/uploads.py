"""Pictures that visitors give as queries, found again only by a token that cannot be guessed."""

from __future__ import annotations

import base64
import contextlib
import secrets
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from pathlib import Path

from app.serving.visitor import Visitor
from app.words.search import SEARCH
from cmpagl.data.picture import SIDE, read_image, thumbnail_bytes
from cmpagl.errors import DataError, QueryError

__all__ = ["DECODED_AT_ONCE", "DECODING", "MOST_PIXELS", "Upload", "Uploads"]

KEPT = 256
"""Uploads remembered at once. Of who has given most, the oldest are forgotten first."""

MOST_PIXELS = 25_000_000
"""Of a visitor's picture: a small file can be a large picture."""

DECODED_AT_ONCE = 2
DECODING = threading.BoundedSemaphore(DECODED_AT_ONCE)
"""Pictures that are decoded at once, for the page and for the endpoints together."""


@dataclass(frozen=True)
class Upload:
    """A visitor's picture, checked to be one."""

    path: Path  # the server's copy
    preview: str  # a small picture as a data URL
    visitor: Visitor


class Uploads:
    """The pictures given so far; nothing lists them, and nothing outlives the process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Upload] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, path: str, folder: str, visitor: Visitor | None = None) -> str:
        """Remember an uploaded picture and give its token, ``NAME.SECRET``.

        An address holds the name alone: the visitor's browser keeps the whole (``pictures.js``).

        Args:
            path: as the browser names it, within the folder: untrusted.
            folder: where uploads lie; nothing outside it is opened.
            visitor: who gave it.

        Raises:
            QueryError: it does not lie there.
            DataError: it is not a picture that can be read.
        """
        try:
            file = Path(folder, path).resolve()
            lies_there = file.is_relative_to(Path(folder).resolve()) and file.is_file()
        except (OSError, ValueError):  # as of a name with a zero byte, or longer than any file's
            lies_there = False
        if not lies_there:
            raise QueryError(SEARCH.no_upload)
        try:
            with DECODING:
                image = read_image(file, side=SIDE, max_pixels=MOST_PIXELS)
                small = base64.b64encode(thumbnail_bytes(image, 112)).decode()
        except DataError as error:  # by the name that the visitor knows it by
            raise DataError(str(error).replace(str(file), file.name)) from error
        token = f"{secrets.token_urlsafe(6)}.{secrets.token_urlsafe(16)}"
        with self._lock:
            picture = f"data:image/webp;base64,{small}"
            self._kept[token] = Upload(file, picture, visitor or Visitor(""))
            while len(self._kept) > KEPT:
                self._forget_one()
        return token

    def _forget_one(self) -> None:
        """Forget the oldest upload of the session with most, at the address with most."""
        visitors = [upload.visitor for upload in self._kept.values()]
        ((address, _),) = Counter(v.address for v in visitors).most_common(1)
        own = Counter(v.session for v in visitors if v.address == address)
        ((session, _),) = own.most_common(1)
        most = Visitor(address, session)
        token = next(t for t, upload in self._kept.items() if upload.visitor == most)
        path = self._kept.pop(token).path
        if all(upload.path != path for upload in self._kept.values()):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def forget_gone(self) -> None:
        """Forget those whose file has been removed, with what is shown of them."""
        with self._lock:
            for token in [t for t, upload in self._kept.items() if not upload.path.is_file()]:
                del self._kept[token]

    def find(self, token: str) -> Upload | None:
        """The upload with this token, while its file is there."""
        with self._lock:
            upload = self._kept.get(token)
        return upload if upload is not None and upload.path.is_file() else None
