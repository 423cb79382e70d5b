"""What a process on Ray does with pictures: it reads them in a task, or embeds and writes them.

Rows travel as Arrow tables, a record a row; everything that a process is told fits through Ray.
PyTorch is imported where pictures are embedded: processes that read need neither it nor its memory.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cmpagl.data.picture import open_picture
from cmpagl.errors import CheckpointError, DataError
from cmpagl.store.prepared import Known, Prepared, prepare

if TYPE_CHECKING:
    from cmpagl.store.embedding import Embedder
    from cmpagl.store.work import Plan

__all__ = ["Contents", "Device", "read_pictures"]

_READ = [
    pa.field("error", pa.string()),  # why it cannot be read
    pa.field("content", pa.binary()),
    pa.field("square", pa.large_binary()),  # with what follows, only where it is new
    pa.field("thumbnail", pa.large_binary()),
    pa.field("width", pa.int32()),
    pa.field("height", pa.int32()),
    pa.field("footprint", pa.list_(pa.float64())),
    pa.field("crs", pa.string()),
]


class Contents:
    """Digests of 16 bytes in one array, which the processes of a machine share."""

    def __init__(self, packed: npt.NDArray[np.uint8]) -> None:
        self.packed = packed

    @classmethod
    def of(cls, contents: Iterable[bytes]) -> Contents:
        """Pack digests."""
        return cls(np.frombuffer(b"".join(sorted(contents)), np.uint8))

    def __contains__(self, content: object) -> bool:
        """Whether a digest is one of them."""
        assert isinstance(content, bytes)
        n = len(self.packed) // 16
        place = bisect_left(range(n), content, key=self._at)
        return place < n and self._at(place) == content

    def _at(self, number: int) -> bytes:
        return self.packed[16 * number : 16 * number + 16].tobytes()


def read_pictures(
    records: pa.Table,
    root: Path,
    size: int,
    known: Any,  # noqa: ANN401 (Ray's reference to `Contents.packed`)
) -> pa.Table:
    """Records with what their pictures hold; runs in a task."""
    import ray

    contents = Contents(ray.get(known))
    said = records.column("picture").to_pylist()
    rows = [_read(one, root, size, contents) for one in said]
    for field in _READ:
        values = pa.array([row.get(field.name) for row in rows], field.type)
        records = records.append_column(field, values)
    return records


def _read(said: str, root: Path, size: int, known: Contents) -> dict[str, Any]:
    """What one picture holds, by names of `_READ`."""
    try:
        item = prepare(open_picture(json.loads(said), root), size, known)
    except DataError as error:
        item = error
    if isinstance(item, DataError):
        return {"error": str(item)}
    if isinstance(item, Known):
        return {"content": item.content}
    return {
        "content": item.content,
        "square": item.square.tobytes(),
        "thumbnail": item.thumbnail,
        "width": item.size[0],
        "height": item.size[1],
        "footprint": item.corners,
        "crs": item.crs,
    }


class Device:
    """Embeds pictures and writes them, in an actor that stays."""

    def __init__(self, plan: Plan, scenes: str, features: str | None) -> None:
        """Remember what to do; the towers are loaded at the first new picture."""
        self._plan, self._scenes, self._features = plan, scenes, features
        self._embedder: Embedder | None = None

    def __call__(self, read: pa.Table) -> pa.Table:
        """One row: what became of some records."""
        new = read.filter(read.column("square").is_valid())
        taken = np.asarray(new.column("taken"), np.bool_)
        said: dict[str, Any] = {
            "numbers": read.column("number").to_pylist(),
            "errors": read.column("error").to_pylist(),
            "contents": read.column("content").to_pylist(),
            "known": read.column("square").is_null().to_pylist(),
            "fragments": [],
            "features": [],
            "changed": b"",
            "precision": None,
            "gain": None,
            "failed": None,
        }
        try:
            if len(new):
                rows, features = self._embed(new)
                said["fragments"] = _written(rows.filter(pa.array(~taken)), self._scenes)
                if taken.any():
                    said["changed"] = _as_bytes(rows.filter(pa.array(taken)))
                if self._features is not None:
                    said["features"] = _written(features, self._features)
        except CheckpointError as error:
            said["failed"] = str(error)
        if self._embedder is not None:
            chosen = self._embedder.precision
            said["precision"], said["gain"] = chosen.name, chosen.gain
        return pa.table({name: pa.array([value], _ANSWER[name]) for name, value in said.items()})

    def _embed(self, new: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Rows of scenes.lance, and of the table of features."""
        from cmpagl.store.embedding import Embedder, feature_rows
        from cmpagl.store.work import IMAGE_BATCH

        if self._embedder is None:
            self._embedder = Embedder(self._plan)
        size = self._plan.checkpoint.config.vision.preprocessing.size
        rows, features = [], []
        for start in range(0, len(new), IMAGE_BATCH):
            some = new.slice(start, IMAGE_BATCH)
            columns = {name: some.column(name).to_pylist() for name in some.column_names}
            items = [_prepared(row, size) for row in some.to_pylist()]
            made, pooled = self._embedder.rows(columns, items)
            rows.append(made)
            features.append(feature_rows(["i:" + name for name in columns["image_id"]], pooled))
        return pa.concat_tables(rows), pa.concat_tables(features)


_ANSWER = {
    "numbers": pa.list_(pa.int64()),
    "errors": pa.list_(pa.string()),
    "contents": pa.list_(pa.binary()),
    "known": pa.list_(pa.bool_()),
    "fragments": pa.list_(pa.string()),
    "features": pa.list_(pa.string()),
    "changed": pa.large_binary(),
    "precision": pa.string(),
    "gain": pa.float64(),
    "failed": pa.string(),
}


def _prepared(row: dict[str, Any], size: int) -> Prepared:
    square = np.frombuffer(row["square"], np.uint8).reshape(size, size, 3)
    pixels = row["width"], row["height"]
    return Prepared(row["content"], square, row["thumbnail"], pixels, row["footprint"], row["crs"])


def _written(rows: pa.Table, uri: str) -> list[str]:
    """Rows as files of a table that no version has yet."""
    if not len(rows):
        return []
    from lance.fragment import write_fragments

    return [json.dumps(one.to_json()) for one in write_fragments(rows, uri, schema=rows.schema)]


def _as_bytes(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    content: bytes = sink.getvalue().to_pybytes()
    return content
