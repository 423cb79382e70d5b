"""`stac+https://HOST/PATH?collections=...&bbox=...`: what a STAC API finds, fetched.

Each item's picture is downloaded into the user's cache, beside a static catalog that says where it
comes from; that folder is then read as any catalog is, also by its own path and without a network.
A picture that was fetched whole is not fetched again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit
from urllib.request import Request, urlopen

from cmpagl.data.description import Description, Layout, Place
from cmpagl.data.layouts.stac import picture_asset
from cmpagl.data.layouts.stac import read as read_catalog
from cmpagl.data.scan import scan_folder
from cmpagl.errors import DataError
from cmpagl.files import atomic_path, cache_folder, write_json

__all__ = ["LAYOUT"]

_FORM = (
    "stac+https://HOST/PATH?collections=A,B&bbox=WEST,SOUTH,EAST,NORTH&datetime=FROM/TO&limit=20"
)
_OPTIONS = ("collections", "bbox", "datetime", "limit", "asset")
_LIMIT, _MOST = 20, 10_000  # items: where nothing is said, and at most
_PATIENCE = 60  # seconds without an answer
_PART = 1 << 20  # bytes that are copied at a time


@dataclass(frozen=True)
class _Search:
    """What is asked of which API."""

    text: str  # as it was given
    url: str
    collections: tuple[str, ...] = ()
    bbox: tuple[float, ...] | None = None
    datetime: str | None = None
    limit: int = _LIMIT
    asset: str = ""  # name or role of the pictures; the visual one where empty

    @property
    def name(self) -> str:
        """What the data set is called."""
        return " + ".join(self.collections) or str(urlsplit(self.url).hostname)

    @property
    def folder(self) -> Path:
        """Where what it finds is kept."""
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name)[:60]
        return cache_folder() / "stac" / f"{plain}-{_digest(self.text)}"


def _parse(text: str) -> _Search:
    """Read the name of a search; a path has made one slash of two.

    Raises:
        DataError: it is none.
    """
    found = re.fullmatch(r"stac\+(https?):/{1,2}([^/?#\s][^?#\s]*)(?:\?([^#]*))?", text)
    if found is None:
        raise DataError(f"'{text[:200]}' names no search of a STAC API: give it as {_FORM}.")
    asked = dict(parse_qsl(found[3] or "", keep_blank_values=True))
    for name in asked:
        if name not in _OPTIONS:
            known = ", ".join(_OPTIONS)
            raise DataError(f"'{name[:40]}' is no option of a search of a STAC API: {known}.")
    limit, bbox = asked.get("limit", str(_LIMIT)), None
    if not re.fullmatch(r"[0-9]{1,5}", limit) or not 1 <= int(limit) <= _MOST:
        raise DataError(f"limit={limit[:40]} is not a number of items from 1 to {_MOST:,}.")
    if "bbox" in asked:
        try:
            bbox = tuple(float(part) for part in asked["bbox"].split(","))
        except ValueError:
            bbox = ()
        if len(bbox) != 4 or not all(-180 <= x <= 180 for x in bbox) or bbox[1] > bbox[3]:
            raise DataError(
                f"bbox={asked['bbox'][:80]} is not a box: give WEST,SOUTH,EAST,NORTH in degrees."
            )
    return _Search(
        text,
        f"{found[1]}://{found[2]}",
        tuple(filter(None, asked.get("collections", "").split(","))),
        bbox,
        asked.get("datetime") or None,
        int(limit),
        asked.get("asset", ""),
    )


def _fetch(text: str) -> Description:
    search = _parse(text)
    items = _found(search)
    folder = search.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        links = [_kept(item, search, folder, n, len(items)) for n, item in enumerate(items, 1)]
        catalog = {"type": "Catalog", "stac_version": "1.0.0", "id": search.name}
        said = {**catalog, "description": search.text, "links": links}
        write_json(folder / "catalog.json", said)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(f"What {search.url} found cannot be kept in {folder}: {reason}.") from error
    found = read_catalog(Place(folder, scan_folder(folder)))
    assert found is not None
    found.name, found.source = search.name, search.text if found.source else ""
    found.notes.append(f"kept in {folder}, which opens without a network")
    return found


def _found(search: _Search) -> list[dict[str, Any]]:
    """The items of a search, as the API gives them.

    Raises:
        DataError: the extra is missing, the API does not answer, or it finds nothing.
    """
    try:
        from pystac_client import Client
    except ImportError as error:
        raise DataError(
            "A search of a STAC API needs pystac-client: pip install 'cmpagl[stac]'."
        ) from error
    try:
        api = Client.open(search.url, timeout=_PATIENCE)
        asked = api.search(
            collections=list(search.collections) or None,
            bbox=search.bbox,
            datetime=search.datetime,
            max_items=search.limit,
            limit=min(search.limit, 100),
        )
        items = list(asked.items_as_dicts())
    except Exception as error:  # its client and what carries the question raise kinds of their own
        there = (search.folder / "catalog.json").is_file()
        again = f" What it found before opens with --data {search.folder}." if there else ""
        reason = str(error).split("\n")[0][:200].rstrip(".") or type(error).__name__
        raise DataError(f"{search.url} does not answer as a STAC API: {reason}.{again}") from error
    if not items:
        raise DataError(f"{search.url} finds nothing for this search; widen it.")
    return items


def _kept(
    item: Mapping[str, Any], search: _Search, folder: Path, n: int, of: int
) -> dict[str, str]:
    """Write an item, its picture beside it; gives the catalog's link to it.

    An asset that cannot be fetched keeps its address, and is told as any that is not there.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", str(item.get("id")))[:80].lstrip(".-") or "item"
    whole = f"{item.get('collection')} {item.get('id')}"
    own = folder / f"{name}-{_digest(whole)}"
    asset = picture_asset(item.get("assets"), search.asset)
    kept: dict[str, Any] = {}
    if asset is not None:
        links = item.get("links") or []
        selves = [one.get("href") for one in links if one.get("rel") == "self"]
        href = urljoin(str((selves or [search.url])[0]), str(asset.get("href", "")))
        own.mkdir(exist_ok=True)
        kept = {"visual": {**asset, "href": _downloaded(href, own, f"{n} of {of}")}}
    write_json(own.with_suffix(".json"), {**item, "assets": kept, "links": []})
    return {"rel": "item", "href": f"./{own.name}.json"}


def _downloaded(href: str, folder: Path, count: str) -> str:
    """Fetch a file into a folder, once; gives its address from beside the folder.

    What is no file of the web, and what is not answered with one, keeps its address.
    """
    parts = urlsplit(href)
    if parts.scheme not in ("http", "https"):
        return href
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", unquote(parts.path).rpartition("/")[2])
    path = folder / (plain[-100:].lstrip(".-") or "picture")
    if not path.is_file():
        from huggingface_hub.utils.tqdm import tqdm  # as the hub shows what it fetches

        progress: Any = tqdm

        try:
            asked = Request(href, headers={"User-Agent": "cmpagl"})
            with urlopen(asked, timeout=_PATIENCE) as answer, atomic_path(path) as part:
                size = int(answer.headers.get("Content-Length") or 0) or None
                bar = {"total": size, "unit": "B", "unit_scale": True, "disable": None}
                with (
                    open(part, "wb") as file,
                    progress(desc=f"{count}: {path.name}", **bar) as told,
                ):
                    while piece := answer.read(_PART):
                        told.update(file.write(piece))
                    if size and file.tell() < size:
                        raise ConnectionError("it ended before its end")
        except (URLError, HTTPException, ConnectionError, TimeoutError, ValueError):
            return href
    return f"./{folder.name}/{path.name}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


LAYOUT = Layout(
    name="a search of a STAC API",
    order=101,
    prefix="stac+",
    fetch=_fetch,
)
