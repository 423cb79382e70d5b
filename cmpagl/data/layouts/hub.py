"""`hf:OWNER/NAME[@REVISION][:SPLIT]`: a data set on the Hugging Face hub.

Its parquet tables are fetched; where it has none, those that the hub makes of every public data
set; where there are none either, its files, which are then read as a folder is. Fetching shows how
far it is and goes on where it was stopped; what was fetched once is read from the hub's cache.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from cmpagl.data.description import Description, Layout, Place
from cmpagl.data.formats import HEIC_SUFFIXES, IMAGE_SUFFIXES
from cmpagl.data.layouts.parquet import add_tables
from cmpagl.data.scan import scan_folder
from cmpagl.data.split_names import split_in, take_in, usual_split
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]

_MADE_TABLES = "refs/convert/parquet"  # where the hub keeps the tables that it made
_OTHERS = {".json", ".jsonl", ".csv", ".tsv", ".txt", ".caption", ".tar"}
_NEXT = "see its page at the hub"


@dataclass(frozen=True)
class _Name:
    repository: str
    revision: str | None
    split: str | None

    def __str__(self) -> str:
        return f"hf:{self.repository}{f'@{self.revision}' if self.revision else ''}"


def _parse(text: str) -> _Name:
    found = re.fullmatch(r"hf:([\w.-]+/[\w.-]+)(?:@([\w./-]+))?(?::([\w.-]+))?", text)
    if found is None:
        raise DataError(
            f"'{text}' names no data set on the hub: give it as hf:OWNER/NAME, with @REVISION or "
            ":SPLIT behind it if you like."
        )
    return _Name(found[1], found[2], found[3])


def _fetch(text: str) -> Description:
    name = _parse(text)
    folder = _folder(name)
    found = Description(name.repository, folder, str(name), folder)
    tables = sorted(folder.rglob("*.parquet"))
    if tables:
        add_tables(found, _one_configuration(name, tables, folder, found), folder)
    else:
        found = _as_folder(name, folder)
    if name.split is not None:
        there = found.splits
        wanted = take_in(name.split, there)
        found.entries = [entry for entry in found.entries if entry.split in wanted]
        if not found.entries:
            known = f"its splits are {', '.join(there)}" if there else "it has none"
            raise DataError(f"{name} has no split '{name.split}': {known}.")
    if not found.entries:
        also = "".join(f" {table} {reason}." for table, reason in found.notices[:3])
        raise DataError(f"{name} holds no pictures in a form that is read here.{also}")
    found.source = str(name) if found.source else ""
    return found


def _as_folder(name: _Name, folder: Path) -> Description:
    """Read what was fetched as any folder; its files are links into the cache beside it."""
    from cmpagl.data.find import read_place

    found = read_place(Place(folder, scan_folder(folder, inside=folder.parent.parent)))
    found.name = name.repository
    return found


def _one_configuration(
    name: _Name, tables: list[Path], folder: Path, found: Description
) -> list[Path]:
    """The tables of one of its configurations: they mostly hold the same pictures once more."""
    by_folder: dict[str, list[Path]] = {}
    for table in tables:
        parts = table.relative_to(folder).parts[:-1]
        own = parts[0] if parts and not usual_split(parts[0]) else ""
        by_folder.setdefault(own, []).append(table)
    usual = ("default", "data", "", name.repository.rpartition("/")[2])
    chosen = next((one for one in usual if one in by_folder), min(by_folder))
    if others := sorted(set(by_folder) - {chosen}):
        found.notes.append(f"configurations not read: {', '.join(others)}")
    return by_folder[chosen]


# Fetching


def _folder(name: _Name) -> Path:
    """The folder in the hub's cache that holds what is needed of the data set."""
    from huggingface_hub import errors

    files, revision = _listed(name)
    if files is None:
        return _cached(name)
    wanted = [file for file in files if file.endswith(".parquet")]
    if not wanted:
        kept = IMAGE_SUFFIXES | HEIC_SUFFIXES | _OTHERS
        wanted = [file for file in files if os.path.splitext(file)[1].lower() in kept]
    if name.split is not None and (own := [file for file in wanted if _is_of(file, name.split)]):
        wanted = own
    if not wanted:
        raise DataError(f"{name} holds no parquet tables and no pictures: {_NEXT}.")
    try:
        return _downloaded(name, revision=revision, allow_patterns=wanted)
    except errors.GatedRepoError as error:
        raise _gated(name) from error
    except Exception as error:  # as above, and what the disk says
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DataError(
            f"{name} was not fetched whole ({reason}): run the same command again, which goes on "
            "where it was."
        ) from error


def _gated(name: _Name) -> DataError:
    return DataError(
        f"{name} is gated: accept its terms on its page at the hub, log in with `hf auth login`, "
        "and run the same command again."
    )


def _is_of(file: str, split: str) -> bool:
    """Whether a file's name or its folder's says that it is of this split."""
    path = PurePosixPath(file)
    return split in path.parts[:-1] or split_in(path.stem) == split or path.stem.startswith(split)


def _listed(name: _Name) -> tuple[list[str] | None, str | None]:
    """The files of a data set and in which revision; None where the hub is out of reach."""
    from huggingface_hub import errors

    try:
        files = _files(name, name.revision)
        if name.revision is None and not any(file.endswith(".parquet") for file in files):
            try:
                made = _files(name, _MADE_TABLES)
            except errors.RevisionNotFoundError:
                made = []
            if any(file.endswith(".parquet") for file in made):
                return made, _MADE_TABLES
        return files, name.revision
    except errors.GatedRepoError as error:
        raise _gated(name) from error
    except errors.RevisionNotFoundError as error:
        raise DataError(f"{name} has no such revision: {_NEXT}.") from error
    except errors.RepositoryNotFoundError as error:
        raise DataError(
            f"{name} is no data set at the hub that this login may read: check the name, or log in "
            "with `hf auth login`."
        ) from error
    except Exception:  # out of reach: what carries the question raises kinds of its own
        return None, None


def _files(name: _Name, revision: str | None) -> list[str]:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    info = api.dataset_info(name.repository, revision=revision, timeout=20)
    return sorted(file.rfilename for file in info.siblings or [])


def _cached(name: _Name) -> Path:
    """What an earlier run has fetched."""
    for revision in dict.fromkeys([name.revision or _MADE_TABLES, name.revision]):
        try:
            return _downloaded(name, revision=revision, local_files_only=True)
        except Exception:  # not there, or not whole
            continue
    raise DataError(
        f"{name} is not on this machine, and the hub is out of reach: connect to fetch it once, or "
        "give a folder with its files."
    )


def _downloaded(name: _Name, **arguments: Any) -> Path:  # noqa: ANN401
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            name.repository,
            repo_type="dataset",
            endpoint=os.environ.get("HF_ENDPOINT"),
            cache_dir=os.environ.get("HF_HUB_CACHE"),
            **arguments,
        )
    )


LAYOUT = Layout(
    name="a data set at the Hugging Face hub",
    order=100,
    prefix="hf:",
    fetch=_fetch,
)
