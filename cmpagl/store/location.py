"""Where a store lies: a folder of this machine, or one of an object store, named by its address.

What Lance reads and writes it reaches by itself, with the credentials and the endpoint that the
environment says (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT`` and so on); what else is asked of an
object store (is a table there, what is beside it) goes through Lance as well, so that whatever it
reaches is reached.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cmpagl.errors import UsageError
from cmpagl.files import cache_folder

__all__ = [
    "Location",
    "ObjectFolder",
    "check_name",
    "kept_beside",
    "located",
    "names_in",
    "remove_table",
]

_SCHEMES = ("s3", "gs", "az", "abfss", "oss")


@dataclass(frozen=True)
class ObjectFolder:
    """A folder of an object store, such as ``s3://bucket/path``."""

    uri: str

    def __str__(self) -> str:
        """Its address."""
        return self.uri

    def __truediv__(self, name: str) -> ObjectFolder:
        """What lies in it."""
        return ObjectFolder(f"{self.uri}/{name}")

    @property
    def name(self) -> str:
        """Its last part."""
        return self.uri.rsplit("/", 1)[1]

    @property
    def parent(self) -> ObjectFolder:
        """What it lies in."""
        return ObjectFolder(self.uri.rsplit("/", 1)[0])


Location = Path | ObjectFolder
"""Where a store, or a table of it, lies."""


def check_name(path: object) -> None:
    """Refuse what an index could not write down.

    Raises:
        UsageError: the path is not UTF-8.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"the path '{ascii(str(path))[1:-1]}' is not UTF-8, so an index can neither lie there "
            "nor name it: rename it."
        ) from error


def located(text: str | Path | ObjectFolder) -> Location:
    """Read where a store is.

    Raises:
        UsageError: the address is of a kind that is not reached, lacks a bucket or a path, or is
            not UTF-8.
    """
    check_name(text)
    if not isinstance(text, str) or "://" not in text:
        return Path(text) if isinstance(text, str) else text
    scheme, _, rest = text.partition("://")
    bucket, _, path = rest.partition("/")
    if scheme not in _SCHEMES:
        raise UsageError(
            f"'{text}' is not a place for an index: give a folder, or an address that begins with "
            f"{', '.join(one + '://' for one in _SCHEMES)}."
        )
    if not bucket or not path.strip("/"):
        raise UsageError(f"'{text}' names no folder in a bucket; write {scheme}://BUCKET/PATH.")
    return ObjectFolder(f"{scheme}://{bucket}/{path.strip('/')}")


def names_in(place: Location) -> list[str]:
    """What lies in a folder, by name; nothing where there is none.

    Raises:
        OSError: the object store is not reached.
    """
    if isinstance(place, Path):
        return sorted(path.name for path in place.iterdir()) if place.is_dir() else []
    from lance.file import LanceFileSession

    found = LanceFileSession(place.uri).list_with_delimiter()
    return sorted([*found.common_prefixes, *found.objects])


def remove_table(place: Location) -> None:
    """Delete a table, if it is there."""
    if isinstance(place, Path):
        shutil.rmtree(place, ignore_errors=True)
        return
    from lance import LanceDataset

    with suppress(OSError, ValueError):
        LanceDataset.drop(place.uri, ignore_not_found=True)


def kept_beside(place: Location) -> Path:
    """Where what is measured of an index, and what a person keeps of it, lies.

    In the index's own folder; for one in an object store in the user's cache on this machine.
    """
    if isinstance(place, Path):
        return place
    key = hashlib.sha256(place.uri.encode()).hexdigest()[:12]
    folder = cache_folder() / "beside" / f"{place.name}-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
