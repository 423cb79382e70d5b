"""The last step: what there is becomes whole, described by what its rows add up to."""

from __future__ import annotations

import time
from dataclasses import replace

from cmpagl.store.digest import total
from cmpagl.store.engine_step import add_engines, wanted_engines
from cmpagl.store.folder import remove_format_1
from cmpagl.store.joint_maps import embeds_in_parts
from cmpagl.store.lance_table import Table
from cmpagl.store.penalties import BankQueries, pack
from cmpagl.store.stored_rows import list_offsets
from cmpagl.store.work import Work

__all__ = ["finish"]


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
    read = [work.scenes, work.captions] if work.description.reads_text else [work.scenes]
    best, gap = BankQueries(work.checkpoint).best(*map(embeds_in_parts, read))
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
            modality_gap=gap,
            engines=engines,
            made=time.time(),
            best=pack(best),
        )
    )
    work.captions.tag()
    work.scenes.tag()
    for table in (work.scenes, work.captions):
        table.clean_up(keep=whole is not None)
    work.features.remove()
    remove_format_1(work.out)


def _digests(table: Table, column: str) -> int:
    """What a column of digests adds up to; rows without one do not count."""
    found = table.data.to_table(columns=[column]).column(column)
    return total(found.fill_null(0).to_numpy())


def _written(scenes: Table) -> int:
    """How many captions there are as written."""
    return int(list_offsets(scenes.data.to_table(columns=["caption_keys"]).column(0))[-1])
