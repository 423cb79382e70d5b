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

from cmpagl.data.dataset import ImageRecord
from cmpagl.data.picture import FilePicture, open_picture
from cmpagl.errors import DataError, GalleryError

__all__ = ["Records", "picture_json", "record_columns"]


def picture_json(record: ImageRecord, root: Path) -> str:
    """How a record's picture is found again below ``root``."""
    return json.dumps(record.picture.to_json(root), ensure_ascii=False, sort_keys=True)


def record_columns(records: Sequence[ImageRecord], root: Path) -> dict[str, list[object]]:
    """The columns of a store that records fill."""
    return {
        "image_id": [r.image_id for r in records],
        "data_set": [r.data_set for r in records],
        "class_name": [r.class_name for r in records],
        "picture": [picture_json(r, root) for r in records],
        "captions": [list(r.captions) for r in records],
    }


class Records(Sequence[ImageRecord]):
    """The records of a store, by number from 0: a column is held, a record is made when asked for.

    Equal to another sequence of the same records.
    """

    def __init__(self, table: pa.Table, root: Path) -> None:
        """Hold the columns of `record_columns`."""
        self._table, self._root = table.combine_chunks(), root

    def __len__(self) -> int:
        """How many there are."""
        return int(self._table.num_rows)

    @overload
    def __getitem__(self, number: int) -> ImageRecord: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[ImageRecord, ...]: ...
    def __getitem__(self, number: int | slice) -> ImageRecord | tuple[ImageRecord, ...]:
        """One record, or several."""
        if isinstance(number, slice):
            return tuple(self[n] for n in range(*number.indices(len(self))))
        n = number + len(self) if number < 0 else number
        if not 0 <= n < len(self):
            raise IndexError(f"there is no record {number}")
        row = {name: self._table.column(name)[n].as_py() for name in _COLUMNS}
        return self._record(row)

    def __iter__(self) -> Iterator[ImageRecord]:
        """All of them, in order."""
        for batch in self._table.select(_COLUMNS).to_batches(max_chunksize=4096):
            for row in batch.to_pylist():
                yield self._record(row)

    def __eq__(self, other: object) -> bool:
        """Whether the same records stand in the same order."""
        if not isinstance(other, Sequence) or len(other) != len(self):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(own == theirs for own, theirs in zip(self, other, strict=True))

    __hash__ = object.__hash__

    def _record(self, row: dict[str, object]) -> ImageRecord:
        try:  # what an index names is opened and shown: nothing outside its data folder
            picture = open_picture(json.loads(str(row["picture"])), self._root)
        except DataError as error:
            raise GalleryError(f"The index names a picture that is not opened: {error}") from error
        captions, class_name, data_set = row["captions"], row["class_name"], row["data_set"]
        assert isinstance(captions, list)
        return ImageRecord(
            image_id=str(row["image_id"]),
            path=picture.path,
            captions=tuple(captions),
            class_name=None if class_name is None else str(class_name),
            data_set=None if data_set is None else str(data_set),
            source=None if picture == FilePicture(picture.path) else picture,
        )

    # Columns at once

    def find(self, image_id: str) -> int | None:
        """The number of the record with this name; None where there is none."""
        number = pc.index(self._table.column("image_id"), pa.scalar(image_id, pa.string())).as_py()
        return None if number < 0 else int(number)

    def where(self, column: str, value: str, default: str | None = None) -> npt.NDArray[np.bool_]:
        """Which records have a value in a column, ``(n,)``; ``default`` stands for none."""
        values = self._table.column(column)
        if default is not None:
            values = values.fill_null(default)
        return np.asarray(pc.fill_null(pc.equal(values, value), False).to_numpy(), np.bool_)

    def values(self, column: str) -> list[str | None]:
        """A column, record by record."""
        found: list[str | None] = self._table.column(column).to_pylist()
        return found

    def distinct(self, column: str) -> list[str | None]:
        """The values that a column has, in order of first use."""
        found: list[str | None] = self._table.column(column).unique().to_pylist()
        return found

    @property
    def caption_counts(self) -> npt.NDArray[np.int64]:
        """How many captions each record has, ``(n,)``."""
        lengths = pc.list_value_length(self._table.column("captions"))
        return np.asarray(pc.fill_null(lengths, 0).to_numpy(), np.int64)


_COLUMNS = ["image_id", "data_set", "class_name", "picture", "captions"]
