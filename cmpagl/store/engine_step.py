"""The step of the approximate index: made where there are many rows, or where it was asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.store.ann import bring_up_to_date
from cmpagl.store.engine import EXACT_MOST, FOUND
from cmpagl.store.lance_table import Table
from cmpagl.store.rows import floats
from cmpagl.store.schema import EXTRA
from cmpagl.store.work import Work

__all__ = ["add_engines", "wanted_engines"]

FloatArray = npt.NDArray[np.float32]

_MEASURED = 40  # queries of each kind that recall is measured with


def wanted_engines(work: Work) -> set[str]:
    """Which tables are to have an approximate index."""
    if work.mode == "exact":
        return set()
    least = 0 if work.mode == "candidates" else EXACT_MOST
    counts = {name: table.data.count_rows() for name, table in _tables(work).items()}
    if not work.description.reads_text:
        counts["captions"] = 0  # they have no vectors
    most = max(counts.values())
    return {name for name, rows in counts.items() if rows and (most > least)}


def add_engines(work: Work) -> dict[str, Any]:
    """Make what is wanted, and bring up to date what is there; what the description keeps of it."""
    found = {}
    said = work.scenes.description()
    before = {} if said is None else said.engines
    for name in sorted(wanted_engines(work)):
        work.tell("engine", 0, 1)
        table, queries = _tables(work)[name], _queries(work, name)
        found[name] = bring_up_to_date(table, queries, FOUND, before.get(name))
        work.tell("engine", 1, 1)
    return found


def _tables(work: Work) -> dict[str, Table]:
    return {"scenes": work.scenes, "captions": work.captions}


def _queries(work: Work, name: str) -> dict[str, list[FloatArray]]:
    """Products (m, E + EXTRA) to measure with, of texts and of pictures, plain and reranked.

    Between two of the bank's queries each: what is asked later lies between what was learned from,
    and is harder to find than that.
    """
    bank = work.checkpoint.bank()
    tuned = work.checkpoint.config.ranking.bank_only
    kinds = [(bank.image_embeds.numpy(), tuned.i2t.smr, 1)]
    if name == "scenes":
        kinds.append((bank.text_embeds.numpy(), tuned.t2i.smr, 0))
    if not work.checkpoint.has_bank:  # then what is there asks
        table = _tables(work)[name].data
        numbers = np.unique(np.linspace(0, table.count_rows() - 1, _MEASURED).astype(int))
        own = floats(table.take(numbers.tolist(), columns=["vector"]).column("vector"))
        kinds = [(own[:, :-EXTRA], tuned.i2t.smr, 1)]
    found: dict[str, list[FloatArray]] = {"plain": [], "reranked": []}
    rng = np.random.default_rng(0)
    for embeds, smr, at in kinds:
        pairs = rng.integers(len(embeds), size=(_MEASURED, 2))
        between = embeds[pairs].sum(axis=1)
        between /= np.maximum(np.linalg.norm(between, axis=1, keepdims=True), 1e-12)
        for order, alpha in (("plain", 0.0), ("reranked", smr.alpha if smr.softens else 0.0)):
            rows = np.zeros((_MEASURED, embeds.shape[1] + EXTRA), np.float32)
            rows[:, : embeds.shape[1]], rows[:, embeds.shape[1] + at] = between, alpha
            found[order].append(rows)
    return found
