"""The approximate index of a table's vectors: made, brought up to date, and held against exact.

How much it finds is measured on the index itself, with queries made of the checkpoint's bank, for
the plain score and for the reranked one, and kept with it. A reranked order lies across more
clusters than a plain one, as what is taken from a scene differs within each; so either has its own
number of clusters to look into.

Shapes: n rows, W = E + EXTRA vector width, m queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cmpagl.store.lance_table import Table
from cmpagl.store.rows import floats

if TYPE_CHECKING:
    import lance

__all__ = ["TOP", "bring_up_to_date", "exact_top", "nearest"]

FloatArray = npt.NDArray[np.float32]
RowIds = npt.NDArray[np.uint64]

TOP = 60
"""What a page shows at most: the recall that is measured is of these."""

_WANTED = 0.99  # of them, by as few clusters as do
_PROBE_STEPS = (8, 16, 32, 64, 128, 192, 256, 384, 512)
_GROWN = 0.25  # share of rows that came later, from which on clusters are made anew
_AWAY = 0.001  # share up to which rows stay outside the clusters: each of them is compared
_BATCH = 16_384  # rows compared at once


def nearest(
    data: lance.LanceDataset, product: FloatArray, k: int, probes: int, sql: str = ""
) -> RowIds:
    """Lance's ids of the ``k`` rows with the highest inner products, the best first.

    Args:
        data: a table with vectors.
        product: (W,).
        k: how many at most.
        probes: clusters that are looked into; without an index, every row is compared.
        sql: only rows of which this holds.
    """
    scanner = data.scanner(
        columns=["_distance"],
        nearest={"column": "vector", "q": product, "k": k, "nprobes": probes, "metric": "dot"},
        filter=sql or None,
        prefilter=True,
        with_row_id=True,
    )
    return np.asarray(scanner.to_table().column("_rowid").to_numpy(), np.uint64)


def bring_up_to_date(
    table: Table,
    queries: Mapping[str, Sequence[FloatArray]],
    k: int,
    before: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Make the index, add what is new to it, or make it anew; and measure what it finds.

    Args:
        table: with at least one row.
        queries: products (m, W) to measure with, of several kinds of query, by "plain" and
            "reranked".
        k: rows that a search finds.
        before: what this gave for the version before; None: there was no index.

    Returns:
        what a description keeps: partitions, rows, top; and by "plain" and "reranked" the clusters
        to look into and the recall, of the kind of query that is found worst.
    """
    n = table.data.count_rows()
    there = [one for one in table.data.describe_indices() if one.field_names == ["vector"]]
    later = n - there[0].num_rows_indexed if there else n
    if before is None or later > _GROWN * n:
        partitions = max(1, round(n**0.5))
        table.data.create_index(
            "vector", "IVF_SQ", metric="dot", num_partitions=partitions, replace=True
        )
    elif max(later, abs(n - int(before["rows"]))) <= _AWAY * n:
        return dict(before)  # what was measured holds
    else:
        partitions = int(before["partitions"])
        if later:
            table.data.optimize.optimize_indices()
    table.reload()
    measured = {
        name: _measured(table.data, kinds, k, partitions) for name, kinds in queries.items()
    }
    return {
        "partitions": partitions,
        "rows": n,
        "top": TOP,
        "probes": {name: probes for name, (probes, _) in measured.items()},
        "recall": {name: recall for name, (_, recall) in measured.items()},
    }


def _measured(
    data: lance.LanceDataset, kinds: Sequence[FloatArray], k: int, partitions: int
) -> tuple[int, float]:
    """The fewest clusters that find what is wanted of each kind, and how much they find."""
    exact = exact_top(data, np.concatenate(kinds), TOP)
    recall = 0.0
    for probes in (*(step for step in _PROBE_STEPS if step < partitions), partitions):
        wanted = iter(exact)
        shares = [
            np.mean([np.isin(next(wanted), nearest(data, q, k, probes)).mean() for q in queries])
            for queries in kinds
        ]
        recall = float(min(shares))
        if recall >= _WANTED:
            return probes, recall
    return partitions, recall


def exact_top(data: lance.LanceDataset, queries: FloatArray, top: int) -> list[RowIds]:
    """Lance's ids of each query's first rows, by comparing every row, a part at a time."""
    ids = np.zeros((len(queries), 0), np.uint64)
    best = np.zeros((len(queries), 0), np.float32)
    for batch in data.to_batches(columns=["vector"], with_row_id=True, batch_size=_BATCH):
        vectors = floats(_chunked(batch.column("vector")))
        scores = queries @ vectors.T  # (m, W) x (W, b)
        own = np.broadcast_to(batch.column("_rowid").to_numpy(), scores.shape)
        best, ids = np.concatenate([best, scores], axis=1), np.concatenate([ids, own], axis=1)
        if best.shape[1] > top:
            kept = np.argpartition(-best, top - 1, axis=1)[:, :top]
            best, ids = np.take_along_axis(best, kept, 1), np.take_along_axis(ids, kept, 1)
    return list(ids)


def _chunked(column: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    import pyarrow

    return pyarrow.chunked_array([column])
