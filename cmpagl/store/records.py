"""The scenes of a store as records, made one by one when they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cmpagl.config.json_types import fits
from cmpagl.data.dataset import ImageRecord
from cmpagl.data.picture import FilePicture, open_picture
from cmpagl.errors import DataError, GalleryError
from cmpagl.store.columns import columns_json, columns_of
from cmpagl.store.stored_rows import StoredRows

__all__ = ["Records", "picture_json", "record_columns"]


_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


def picture_json(record: ImageRecord, root: Path) -> str:
    """How a record's picture is found again below ``root``."""
    return _JSON.encode(record.picture.to_json(root))


def record_columns(records: Sequence[ImageRecord], root: Path) -> dict[str, list[object]]:
    """The columns of a store that records fill."""
    return {
        "image_id": [r.image_id for r in records],
        "data_set": [r.data_set for r in records],
        "class_name": [r.class_name for r in records],
        "picture": [picture_json(r, root) for r in records],
        "captions": [list(r.captions) for r in records],
        "columns": [columns_json(r.columns) for r in records],
    }


class Records(Sequence[ImageRecord]):
    """The records of a store, by number from 0: a column is held, a record is made when asked for.

    Equal to another sequence of the same records.
    """

    def __init__(self, rows: StoredRows, root: Path) -> None:
        """Make records of the rows of a store, whose pictures lie below ``root``."""
        self._rows, self._root = rows, root

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rows)

    @overload
    def __getitem__(self, number: int) -> ImageRecord: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[ImageRecord, ...]: ...
    def __getitem__(self, number: int | slice) -> ImageRecord | tuple[ImageRecord, ...]:
        """One record, or several."""
        if isinstance(number, slice):
            numbers = range(*number.indices(len(self)))
            self.load(numbers)
            return tuple(self[n] for n in numbers)
        n = number + len(self) if number < 0 else number
        if not 0 <= n < len(self):
            raise IndexError(f"there is no record {number}")
        return self._record(self._rows.row(int(n)))

    def __iter__(self) -> Iterator[ImageRecord]:
        """All of them, in order."""
        there = [*_COLUMNS, *(["columns"] if "columns" in self._rows.there else [])]
        for batch in self._rows.batches(there):
            for row in batch.to_pylist():
                yield self._record(row)

    def __eq__(self, other: object) -> bool:
        """Whether the same records stand in the same order."""
        if not isinstance(other, Sequence) or len(other) != len(self):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(own == theirs for own, theirs in zip(self, other, strict=True))

    __hash__ = object.__hash__

    def load(self, numbers: Sequence[int] | npt.NDArray[np.int64]) -> None:
        """Say that these are asked for next: of a large index they are then read at once."""
        self._rows.load(numbers)

    def _record(self, row: dict[str, object]) -> ImageRecord:
        try:  # what an index names is opened and shown: nothing outside its data folder
            picture = open_picture(json.loads(str(row["picture"])), self._root)
        except (DataError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise GalleryError(f"The index names a picture that is not opened: {error}") from error
        captions, class_name, data_set = row["captions"], row["class_name"], row["data_set"]
        if not fits(captions, Sequence[str]):
            raise GalleryError(f"The index garbles the captions of {str(row['image_id'])!r:.100}.")
        assert isinstance(captions, list)
        said = row.get("columns")
        return ImageRecord(
            image_id=str(row["image_id"]),
            path=picture.path,
            captions=tuple(captions),
            class_name=None if class_name is None else str(class_name),
            data_set=None if data_set is None else str(data_set),
            source=None if picture == FilePicture(picture.path) else picture,
            columns=columns_of(None if said is None else str(said)),
        )

    # Columns at once

    def find(self, image_id: str) -> int | None:
        """The number of the record with this name; None where there is none."""
        column = self._rows.column("image_id")
        number = pc.index(column, pa.scalar(image_id, pa.string())).as_py()
        return None if number < 0 else int(number)

    def where(self, column: str, value: str, default: str | None = None) -> npt.NDArray[np.bool_]:
        """Which records have a value in a column, ``(n,)``; ``default`` stands for none."""
        values = self._rows.column(column)
        if default is not None:
            values = values.fill_null(default)
        return np.asarray(pc.fill_null(pc.equal(values, value), False).to_numpy(), np.bool_)

    def containing(self, text: str, most: int) -> list[int]:
        """The first records whose name or class holds a text, whatever its case, by number."""
        found = np.zeros(len(self), np.bool_)
        for name in ("image_id", "class_name"):
            held = pc.match_substring(self._rows.column(name), text, ignore_case=True)
            found |= np.asarray(pc.fill_null(held, False).to_numpy(), np.bool_)
        numbers: list[int] = np.flatnonzero(found)[:most].tolist()
        return numbers

    def values(self, column: str) -> list[str | None]:
        """A column, record by record."""
        found: list[str | None] = self._rows.column(column).to_pylist()
        return found

    def distinct(self, column: str) -> list[str | None]:
        """The values that a column has, in order of first use."""
        found: list[str | None] = self._rows.column(column).unique().to_pylist()
        return found

    @property
    def caption_counts(self) -> npt.NDArray[np.int64]:
        """How many captions each record has, ``(n,)``."""
        lengths = pc.list_value_length(self._rows.column("caption_keys"))
        return np.asarray(pc.fill_null(lengths, 0).to_numpy(), np.int64)


_COLUMNS = ["image_id", "data_set", "class_name", "picture", "captions"]
