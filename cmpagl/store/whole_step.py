"""The last step: what there is becomes whole, described by what its rows add up to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cmpagl.store.digest import total
from cmpagl.store.engine_step import add_engines, wanted_engines
from cmpagl.store.folder import remove_format_1
from cmpagl.store.joint_maps import PART, embeds_in_parts
from cmpagl.store.lance_table import Table
from cmpagl.store.penalties import BankQueries, Best, Kind, pack, unpacked
from cmpagl.store.rows import floats
from cmpagl.store.schema import EXTRA
from cmpagl.store.stored_rows import list_offsets
from cmpagl.store.work import Work

__all__ = ["finish"]

FloatArray = npt.NDArray[np.float32]


def finish(work: Work, changed: bool) -> None:
    """Make what there is whole: lay it together, describe it, and say so."""
    whole = work.scenes.tagged
    said = work.scenes.description()
    unchanged = not changed and whole == work.scenes.data.version
    planned = said is not None and said.plan() == work.description.plan()
    if unchanged and planned and wanted_engines(work) <= set(said.engines if said else ()):
        return
    for table in (work.scenes, work.captions):
        table.compact()
    engines = add_engines(work)
    work.tell("bank", 0, 1)
    best = _best(work, whole)
    work.tell("bank", 1, 1)
    work.scenes.describe(
        replace(
            work.description,
            scenes=work.scenes.add_up("digest"),
            captions=work.captions.add_up("digest"),
            captions_version=work.captions.data.version,
            maps=_digests(work.scenes, "map_digest") ^ _digests(work.captions, "map_digest"),
            said=_digests(work.scenes, "columns_digest"),
            n_captions=_written(work.scenes),
            modality_gap=best.gap(*(t.data.count_rows() for t in (work.scenes, work.captions))),
            engines=engines,
            made=time.time(),
            best=pack(best.scores),
            sums=pack(best.sums),
        )
    )
    work.captions.tag()
    work.scenes.tag()
    for table in (work.scenes, work.captions):
        table.clean_up(keep=whole is not None)
    work.features.remove()
    remove_format_1(work.out)


def _best(work: Work, whole: int | None) -> Best:
    """What the bank finds; where rows only came since the last whole version, among these alone."""
    tables: dict[Kind, Table] = {"images": work.scenes}
    if work.description.reads_text:
        tables["captions"] = work.captions
    bank = BankQueries(work.checkpoint)
    said = None if whole is None else work.scenes.description(whole)
    before = None if said is None else unpacked(said)
    if (
        whole is not None
        and said is not None
        and before is not None
        and said.fingerprint == work.description.fingerprint
        and said.bank_fingerprint == work.description.bank_fingerprint
    ):
        versions = (whole, said.captions_version)
        added = {
            kind: table.added_since(version)
            for (kind, table), version in zip(tables.items(), versions, strict=False)
        }
        came = {kind: numbers for kind, numbers in added.items() if numbers is not None}
        if len(came) == len(tables):
            return bank.best({k: _embeds_at(tables[k], rows) for k, rows in came.items()}, before)
    return bank.best({kind: embeds_in_parts(table) for kind, table in tables.items()})


def _embeds_at(table: Table, numbers: npt.NDArray[np.int64]) -> Iterator[FloatArray]:
    """Embeddings of some rows, (b, E) at a time."""
    for start in range(0, len(numbers), PART):
        some = table.data.take(numbers[start : start + PART].tolist(), columns=["vector"])
        yield floats(some.column("vector"))[:, :-EXTRA]


def _digests(table: Table, column: str) -> int:
    """What a column of digests adds up to; rows without one do not count."""
    found = table.data.to_table(columns=[column]).column(column)
    return total(found.fill_null(0).to_numpy())


def _written(scenes: Table) -> int:
    """How many captions there are as written."""
    return int(list_offsets(scenes.data.to_table(columns=["caption_keys"]).column(0))[-1])
