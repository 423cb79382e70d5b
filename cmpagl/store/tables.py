"""The tables of a store and what describes them: which version is whole, read and committed.

Every commit is a version of a table. The one that is whole carries the tag `WHOLE` and describes
itself: with which model it was made, how many rows both tables have and what their digests add up
to, and which version of the captions belongs to it. Whoever opens a store opens that version; a
run that is killed leaves later versions, from which the next run goes on.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cmpagl.errors import GalleryError
from cmpagl.store.digest import bytes_digest
from cmpagl.store.schema import FORMAT

if TYPE_CHECKING:
    import lance

__all__ = [
    "WHOLE",
    "Description",
    "Table",
    "TableRows",
    "check_place",
    "described_as",
    "disk_errors",
    "lock",
    "open_whole",
    "read_errors",
    "remove_format_1",
    "weighed_as",
    "whole_version",
]

WHOLE = "whole"
NEW = "new_"  # before the name of a column that takes another's place
KEY = "cmpagl"  # of the description in a table's configuration
OLD_FILES = ("index.json", "bank.safetensors", "*.npy", "thumbnails")  # of format 1
COMPACT_ABOVE = 4  # fragments; fewer cost a reader nothing
FRAGMENT_ROWS = 20_000
KEPT_FOR = timedelta(days=1)  # old versions, for pages that are open on them


@dataclass(frozen=True)
class TableRows:
    """What a table's rows must add up to."""

    rows: int = 0
    digest: int = 0  # `cmpagl.store.digest.total` of the rows' digests


@dataclass(frozen=True)
class Description:
    """What a store says of itself, beside its rows."""

    name: str  # of the data set
    split: str | None
    root: Mapping[str, str | None]  # `cmpagl.store.place.picture_root`
    checkpoint_name: str
    fingerprint: str  # Checkpoint.fingerprint
    bank_fingerprint: str  # Checkpoint.bank_fingerprint
    ts: Mapping[str, float]  # direction -> the t whose soft extremes the vectors end with
    tokens: bool  # whether what fusion reads is kept
    reads_text: bool = True  # whether the model does; else captions are kept without vectors
    views: int = 0  # turned views that scenes are embedded by; 0: as many as the model's
    fitted: bool = False  # whether maps were fitted
    modality_gap: float | None = None
    skipped: Sequence[Sequence[str]] = ()  # name and reason
    scenes: TableRows = field(default_factory=TableRows)
    captions: TableRows = field(default_factory=TableRows)
    captions_version: int = 0
    maps: int = 0  # what the digests of all places on maps add up to
    said: int = 0  # what the digests of the scenes' further columns add up to
    engines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # `cmpagl.store.ann`
    fields: Sequence[Sequence[str]] = ()  # `cmpagl.store.columns.Field` of each of these
    n_captions: int = 0  # as written, repeated ones included; 0 in an earlier version's index
    made: float = 0.0  # seconds since 1970
    best: Mapping[str, str] = field(default_factory=dict)  # `cmpagl.store.penalties.pack`
    format: int = FORMAT

    def to_json(self) -> str:
        """As a table's configuration keeps it."""
        said = json.dumps(asdict(self), ensure_ascii=False)
        return json.dumps({"description": said, "digest": _digest(said)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Description:
        """Read what `to_json` wrote.

        Raises:
            GalleryError: it is damaged, or of another format.
        """
        try:
            outer = json.loads(text)
            if _digest(outer["description"]) != outer["digest"]:
                raise ValueError("its digest is another one")
            said = json.loads(outer["description"])
            found = said.get("format")
            if found != FORMAT:
                raise GalleryError(
                    f"The index has the format {found!r}, but this version reads format {FORMAT}: "
                    "update the program, or make the index again (python -m cmpagl index)."
                )
            rows = {name: TableRows(**said.pop(name)) for name in ("scenes", "captions")}
            return replace(cls(**said), scenes=rows["scenes"], captions=rows["captions"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise GalleryError(
                f"The index's description is damaged ({type(error).__name__}: {error}); make the "
                "index again."
            ) from error


def _digest(text: str) -> str:
    return bytes_digest(text.encode()).hex()


class Table:
    """One Lance table of a store, at its newest version; commits go to it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.lance"
        self._data: lance.LanceDataset | None = None

    @property
    def exists(self) -> bool:
        """Whether there is any version."""
        return (self.path / "_versions").is_dir()

    @property
    def data(self) -> lance.LanceDataset:
        """The newest version."""
        if self._data is None:
            with read_errors(self.path):
                self._data = _opened(self.path)
        return self._data

    def start(self, schema: pa.Schema) -> None:
        """Begin with no rows; versions that are there stay behind it."""
        mode = "overwrite" if self.exists else "create"
        from lance import write_dataset

        self._data = write_dataset(
            schema.empty_table(), str(self.path), mode=mode, data_storage_version="stable"
        )

    def append(self, rows: pa.Table) -> None:
        """Commit new rows."""
        if len(rows):
            from lance import write_dataset

            with self._in_full():
                write_dataset(rows, self.data, mode="append")

    def upsert(self, key: str, rows: pa.Table) -> None:
        """Commit rows that take the place of those with the same key."""
        if len(rows):
            with self._in_full():
                merge = self.data.merge_insert(key)
                merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def delete(self, key: str, values: Sequence[str] | Sequence[int]) -> None:
        """Commit the absence of rows by their keys."""
        for start in range(0, len(values), 1000):
            part = values[start : start + 1000]
            said = ", ".join(
                "'" + v.replace("'", "''") + "'" if isinstance(v, str) else str(v) for v in part
            )
            self.data.delete(f"{key} IN ({said})")
        self.reload()

    def set_columns(self, columns: pa.Table, old: Sequence[str] = ()) -> None:
        """Put some columns of all rows, in order, in the place of those called alike and ``old``.

        Nothing else is written. Killed in between, `finish_columns` completes it or takes it back.
        """
        names = columns.column_names
        self.finish_columns(names)
        if names:
            new = columns.rename_columns([NEW + name for name in names])
            with self._in_full():
                self.data.add_columns(new.to_reader())
        gone = [name for name in dict.fromkeys([*names, *old]) if name in self.data.schema.names]
        if gone:
            self.data.drop_columns(gone)
        self.reload()
        self.finish_columns(names)

    def add_empty(self, fields: Sequence[pa.Field]) -> None:
        """Add those columns that are not there yet, without values."""
        missing = [field for field in fields if field.name not in self.data.schema.names]
        if missing:
            self.data.add_columns(pa.schema(missing))
            self.reload()

    def finish_columns(self, names: Sequence[str]) -> None:
        """Complete what a killed `set_columns` of these began."""
        there = set(self.data.schema.names)
        new = [NEW + name for name in names if NEW + name in there]
        if new and any(name.removeprefix(NEW) in there for name in new):
            self.data.drop_columns(new)
        elif new:
            # Its types know one change a call, the call itself takes several.
            changes: Any = [{"path": name, "name": name.removeprefix(NEW)} for name in new]
            self.data.alter_columns(*changes)
        if new:
            self.reload()

    @contextmanager
    def _in_full(self) -> Iterator[None]:
        """Commit, and take it back where a file did not reach the disk in full.

        On a full disk, Lance may commit a data file whose end is missing.

        Raises:
            OSError: the disk is full.
        """
        before = self.data.version
        yield
        self.reload()
        for file in (f for g in self.data.get_fragments() for f in g.data_files()):
            path, size = self.path / "data" / file.path, file.file_size_bytes
            if size and path.is_file() and path.stat().st_size != size:
                self.restore(before)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def restore(self, version: int | str) -> None:
        """Commit an earlier version as the newest."""
        self._data = _opened(self.path, version)
        self._data.restore()  # type: ignore[no-untyped-call]
        self.reload()

    def reload(self) -> None:
        """Look at the newest version again."""
        self._data = None

    def describe(self, description: Description) -> None:
        """Commit a description."""
        self.data.update_config({KEY: description.to_json()})
        self.reload()

    def description(self) -> Description | None:
        """The newest version's; None where it has none, or none that is sound."""
        said = self.data.config().get(KEY)
        try:
            return None if said is None else Description.from_json(said)
        except GalleryError:
            return None

    def compact(self) -> None:
        """Lay many small fragments together, so that reading stays quick."""
        small = [f for f in self.data.get_fragments() if f.physical_rows < FRAGMENT_ROWS]
        deleted = any(f.num_deletions for f in self.data.get_fragments())
        if len(small) > COMPACT_ABOVE or deleted:
            with self._in_full():
                self.data.optimize.compact_files(target_rows_per_fragment=FRAGMENT_ROWS)

    def tag(self) -> None:
        """Say that the newest version is whole."""
        tags = self.data.tags
        if WHOLE in tags.list():
            tags.update(WHOLE, self.data.version)
        else:
            tags.create(WHOLE, self.data.version)

    @property
    def tagged(self) -> int | None:
        """The version that is whole, if any is."""
        said = self.data.tags.list().get(WHOLE)
        return None if said is None else int(said["version"])

    def remove(self) -> None:
        """Delete it, if it is there."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._data = None

    def clean_up(self, *, keep: bool) -> None:
        """Remove versions that nothing needs; with ``keep``, only those older than a day."""
        age = KEPT_FOR if keep else timedelta(0)
        with suppress(OSError):
            self.data.cleanup_old_versions(age, error_if_tagged_old_versions=False)


def _opened(path: Path, version: int | str | None = None) -> lance.LanceDataset:
    """A table at a version; default the newest."""
    import lance  # 0.3 s, which a page that opens nothing yet does not wait for

    return lance.dataset(str(path), version=version)


def open_whole(folder: Path) -> tuple[lance.LanceDataset, lance.LanceDataset, Description]:
    """The scenes, the captions and the description of a store's whole version.

    Raises:
        GalleryError: there is no store, no whole version, or it is damaged.
    """
    path = folder / "scenes.lance"
    if not (path / "_versions").is_dir():
        if (folder / "index.json").is_file():
            raise GalleryError(
                f"{folder} is an index of an earlier version; make it again with `python -m cmpagl "
                f"index --data DIR --out {folder}`, which replaces it."
            )
        raise GalleryError(
            f"{folder} is no index (it has no scenes.lance); make one with "
            "`python -m cmpagl index --data DIR --out DIR`."
        )
    with read_errors(path):
        newest = _opened(path)
        if WHOLE not in newest.tags.list():
            raise GalleryError(
                f"The index {folder} is not finished; run the same `python -m cmpagl index` again, "
                "which goes on where it was."
            )
        scenes = _opened(path, WHOLE)
        description = Description.from_json(scenes.config().get(KEY, ""))
    captions = folder / "captions.lance"
    with read_errors(captions):
        texts = _opened(captions, description.captions_version)
    return scenes, texts, description


def whole_version(folder: Path) -> int | None:
    """The number of the version that is whole now; None where none is, or it cannot be told."""
    try:
        said = (folder / "scenes.lance" / "_refs" / "tags" / f"{WHOLE}.json").read_text("utf-8")
        return int(json.loads(said)["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """What reading a damaged table raises, as one sentence."""
    try:
        yield
    except GalleryError:
        raise
    except BaseException as error:
        # A damaged file can make Lance's Rust code panic, which is no Exception.
        known = isinstance(
            error, OSError | ValueError | RuntimeError | KeyError | pa.ArrowException
        )
        if not known and type(error).__name__ != "PanicException":
            raise
        first = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        raise GalleryError(
            f"{path} is damaged or not in full ({first}); make the index again."
        ) from error


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """A full disk, or another writer where nothing can be locked, as one sentence."""
    try:
        yield
    except OSError as error:
        if re.search(r"[Ii]ncompatible transaction|[Cc]ommit conflict", str(error)):
            raise GalleryError(
                f"Another run has changed the index {folder} in the meantime; run the same command "
                "again, which goes on from there."
            ) from error
        found = re.search(r"os error (\d+)", str(error))
        number = error.errno or (int(found.group(1)) if found else 0)
        if number not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise GalleryError(
            f"The disk of {folder} is full; free some space and run the same command again, which "
            "goes on where it was."
        ) from error


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold a store for writing, which ends with the process; without `fcntl`, nothing is held.

    Raises:
        GalleryError: another run holds it.
    """
    handle = os.open(folder, os.O_RDONLY) if os.name == "posix" else None
    try:
        if handle is not None:
            import fcntl

            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise GalleryError(
                    f"Another run is making the index {folder}; wait until it has ended, or "
                    "stop it."
                ) from error
        yield
    finally:
        if handle is not None:
            os.close(handle)


def check_place(folder: Path) -> None:
    """Refuse a folder of other things.

    Raises:
        GalleryError: it is a file, or holds something else than an index.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise GalleryError(f"{folder} is a file; give --out the folder of an index, or a new one.")
    names = ("scenes.lance", "index.json", "model/config.json")  # the last of imported vectors
    ours = any((folder / name).exists() for name in names)
    if not ours and any(folder.iterdir()):
        raise GalleryError(f"{folder} holds other things than an index; give --out a new folder.")


def remove_format_1(folder: Path) -> None:
    """Delete the files of an index of format 1, once the new one is whole."""
    for pattern in OLD_FILES:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def described_as(description: Description, other: Description) -> bool:
    """Whether embeddings made for one serve the other: the same model, tokens where asked."""
    wanted = replace(other, tokens=other.tokens or description.tokens)
    names = ("fingerprint", "tokens", "views", "format")
    return all(getattr(description, name) == getattr(wanted, name) for name in names)


def weighed_as(description: Description, other: Description) -> bool:
    """Whether rows of one hold the other's soft extremes: the same bank and t."""
    same_bank = description.bank_fingerprint == other.bank_fingerprint
    return same_bank and description.ts == other.ts
