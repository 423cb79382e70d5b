"""The step for another bank, or another t: what SMR takes from each row is computed anew.

The embeddings are the model's alone and stay, so no picture is read and no tower runs.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cmpagl.store.digest import digest_column
from cmpagl.store.lance_table import Table
from cmpagl.store.penalties import BankQueries
from cmpagl.store.rows import (
    CAPTION_COLUMNS,
    SCENE_COLUMNS,
    floats,
    resealed,
    vector_rows,
)
from cmpagl.store.schema import EXTRA
from cmpagl.store.work import Work

__all__ = ["VECTOR_COLUMNS", "weigh_again"]

VECTOR_COLUMNS = ("vector", "vector_digest", "digest")
"""What changes together."""

_ROWS = 16_384


def weigh_again(work: Work) -> None:
    """Write the soft extremes of the run's own bank and t into both tables."""
    bank = BankQueries(work.checkpoint)
    for table, columns in ((work.scenes, SCENE_COLUMNS), (work.captions, CAPTION_COLUMNS)):
        unread = table is work.captions and not work.description.reads_text
        if unread or not table.data.count_rows():
            continue
        extremes = bank.of_images if table is work.scenes else bank.of_captions
        table.set_columns(_weighed(table, columns, extremes))


def _weighed(table: Table, columns: tuple[str, ...], extremes: object) -> pa.Table:
    """The vectors with other penalties, and the digests that follow from them."""
    assert callable(extremes)
    extra = [name for name in ("tokens_digest",) if name in table.data.schema.names]
    read = table.data.to_table(columns=[*columns, *extra, "vector"]).combine_chunks()
    old = floats(read.column("vector"))
    rows = np.empty_like(old)
    for start in range(0, len(old), _ROWS):
        embeds = np.ascontiguousarray(old[start : start + _ROWS, :-EXTRA])
        rows[start : start + _ROWS] = vector_rows(embeds, extremes(embeds))
    key = digest_column(read.column(columns[0]))
    return resealed(read.drop_columns(["vector"]), key, rows, table.data.schema)
