"""Pictures that visitors give as queries, found again only by a token that cannot be guessed."""

from __future__ import annotations

import base64
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from app.words.search import SEARCH
from cmpagl.data.picture import read_image, thumbnail_bytes
from cmpagl.errors import DataError, QueryError

__all__ = ["Upload", "Uploads"]

KEPT = 256  # uploads remembered at once; the oldest are forgotten first


@dataclass(frozen=True)
class Upload:
    """A visitor's picture, checked to be one."""

    path: Path  # the server's copy, deleted by Gradio some hours later
    preview: str  # a small picture as a data URL


class Uploads:
    """The pictures given so far; nothing lists them, and nothing outlives the process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Upload] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, path: str, folder: str) -> str:
        """Remember an uploaded picture and give its token, ``NAME.SECRET``.

        An address holds the name alone: the visitor's browser keeps the whole (``page.js``).

        Args:
            path: as the browser names it: untrusted.
            folder: where uploads lie; nothing outside it is opened.

        Raises:
            QueryError: it does not lie there.
            DataError: it is not a picture that can be read.
        """
        file = Path(path).resolve()
        if not (file.is_relative_to(Path(folder).resolve()) and file.is_file()):
            raise QueryError(SEARCH["no_upload"])
        try:
            small = base64.b64encode(thumbnail_bytes(read_image(file), 112)).decode()
        except DataError as error:  # by the name that the visitor knows it by
            raise DataError(str(error).replace(str(file), file.name)) from error
        token = f"{secrets.token_urlsafe(6)}.{secrets.token_urlsafe(16)}"
        with self._lock:
            self._kept[token] = Upload(file, f"data:image/webp;base64,{small}")
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return token

    def find(self, token: str) -> Upload | None:
        """The upload with this token, while its file is there."""
        with self._lock:
            upload = self._kept.get(token)
        return upload if upload is not None and upload.path.is_file() else None
