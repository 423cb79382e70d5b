"""What the steps of making an index share: the data, the tables, and what rows there were.

Rows of a run wait until it is time to commit them: every few seconds at first, less and less often
in a long run, so that it neither loses much when killed nor leaves thousands of small files.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import torch

from cmpagl.data.dataset import OnError, RetrievalDataset
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.precision import Precision, PrecisionName
from cmpagl.progress import Progress
from cmpagl.store.description import Description
from cmpagl.store.digest import digest_column
from cmpagl.store.disk import read_errors
from cmpagl.store.engine import Mode
from cmpagl.store.lance_table import Table
from cmpagl.store.location import Location
from cmpagl.store.rows import (
    SAID_COLUMNS,
    SCENE_COLUMNS,
    check_columns,
    check_rows,
    check_vectors,
)

if TYPE_CHECKING:
    import lance

    from cmpagl.model.towers import ImageTower


__all__ = [
    "CAPTION_BATCH",
    "FEATURES",
    "IMAGE_BATCH",
    "Engine",
    "Pending",
    "Plan",
    "Work",
    "device",
]

Engine = Literal["local", "ray"]
"""Where pictures are embedded: in this process, or on Ray (`cmpagl.store.ray_step`)."""

IMAGE_BATCH = 32
CAPTION_BATCH = 512  # texts of like length are encoded together within it
FEATURES = "features"  # the table of what the towers pool, kept until maps are fitted
FLUSH_SECONDS = (2.0, 60.0)  # between two commits: at first, and at most

FEATURES_SCHEMA = pa.schema(
    [pa.field("key", pa.string(), nullable=False), pa.field("pooled", pa.large_binary())]
)


def device() -> torch.device:
    """Where the towers run."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def decoding_threads() -> int:
    """How many threads decode: as many as there are cores, and no more than one disk can feed."""
    return min(8, os.cpu_count() or 2)


@dataclass(frozen=True)
class Plan:
    """What pictures are embedded with; small enough to be sent to another machine."""

    checkpoint: Checkpoint
    root: Path  # of the data set
    schema: pa.Schema  # of scenes.lance
    tokens: bool  # keep what fusion reads
    views: int  # turned views; 0: as many as the model's
    precision: PrecisionName  # asked for

    def image_tower(self) -> ImageTower:
        """The image tower with as many views as scenes are embedded by."""
        tower = self.checkpoint.image_tower()
        tower.views = self.views or tower.views
        return tower


@dataclass
class Work:
    """One run."""

    out: Location
    dataset: RetrievalDataset
    checkpoint: Checkpoint
    on_error: OnError
    prune: bool
    tell: Progress
    scenes: Table
    captions: Table
    features: Table
    description: Description
    weighed: bool = False  # whether the soft extremes were computed anew
    precision: PrecisionName = "float32"  # asked for
    engine: Engine = "local"  # where pictures are embedded
    chosen: Precision | None = None  # where a picture was embedded
    mode: Mode = "auto"  # whether to make an approximate index
    snapshot: lance.LanceDataset | None = None  # the scenes as the run found them
    rows: pa.Table | None = None  # of it, by number: who they are
    by_name: dict[str, int] = field(default_factory=dict)  # image id -> row
    by_content: dict[bytes, int] = field(default_factory=dict)  # content digest -> row

    def load(self) -> None:
        """Read which scenes there are; those that are damaged are as good as not there."""
        data = self.scenes.data
        extra = [name for name in ("tokens_digest",) if name in data.schema.names]
        columns = [*SCENE_COLUMNS, "digest", *extra, *SAID_COLUMNS, "columns_digest", "vector"]
        with read_errors(self.scenes.path):
            rows = data.to_table(columns=columns).combine_chunks()
        key = digest_column(rows.column("image_id"))
        sound = check_vectors(key, rows) & check_rows(rows) & check_columns(key, rows)
        ids = rows.column("image_id").to_numpy(zero_copy_only=False)
        distinct, counts = np.unique(ids, return_counts=True)
        sound &= ~np.isin(ids, distinct[counts > 1])  # two writers without a lock
        if not sound.all():
            names = rows.column("image_id").filter(pa.array(~sound)).to_pylist()
            self.scenes.delete("image_id", names)
            return self.load()
        self.snapshot, self.rows = data, rows.drop_columns(["vector"])
        self.by_name = {name: n for n, name in enumerate(rows.column("image_id").to_pylist())}
        contents = rows.column("content_digest").to_pylist()
        self.by_content = {content: n for n, content in reversed(list(enumerate(contents)))}

    def plan(self) -> Plan:
        """What its pictures are embedded with."""
        return Plan(
            self.checkpoint,
            self.dataset.root,
            self.scenes.data.schema,
            self.description.tokens,
            self.description.views,
            self.precision,
        )

    def copy(self, numbers: list[int], columns: list[str]) -> pa.Table:
        """Columns of rows as the run found them."""
        assert self.snapshot is not None
        return self.snapshot.take(numbers, columns=columns)


class Pending:
    """Rows that wait to be committed to one table.

    Args:
        table: where to.
        key: with it, rows take the place of those with the same key.
    """

    def __init__(self, table: Table, key: str | None = None) -> None:
        self._table, self._key = table, key
        self._rows: list[pa.Table] = []
        self._written: list[str] = []

    def add(self, rows: pa.Table) -> None:
        """Let rows wait."""
        self._rows.append(rows)

    def add_written(self, fragments: Sequence[str]) -> None:
        """Let new rows wait that lie in files of the table already."""
        self._written.extend(fragments)

    def flush(self) -> None:
        """Commit what waits."""
        if self._written:
            written, self._written = self._written, []
            self._table.append_written(written)
        if not self._rows:
            return
        rows, self._rows = pa.concat_tables(self._rows), []
        if self._key is None:
            self._table.append(rows)
        else:
            self._table.upsert(self._key, rows)


class Clock:
    """Tells when it is time to commit."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()

    def due(self) -> bool:
        """Whether it is; once it is said, it begins anew."""
        now = time.monotonic()
        least, most = FLUSH_SECONDS
        if now - self._last < min(max(least, (now - self._began) / 50), most):
            return False
        self._last = now
        return True
