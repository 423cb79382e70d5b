"""The step before all others: the tables as they are, gone on with where they serve this model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cmpagl.data.dataset import RetrievalDataset
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.progress import Progress
from cmpagl.store.columns_step import finish_column_change
from cmpagl.store.description import Description, described_as, weighed_as
from cmpagl.store.lance_table import DAMAGED, WHOLE, Table
from cmpagl.store.location import Location
from cmpagl.store.penalties import tuned_ts
from cmpagl.store.penalties_step import VECTOR_COLUMNS, weigh_again
from cmpagl.store.place import picture_root
from cmpagl.store.schema import captions_schema, column_fields, scenes_schema
from cmpagl.store.work import FEATURES, Work

__all__ = ["described_by", "open_tables", "start_tables", "work_on"]


def work_on(
    dataset: RetrievalDataset,
    checkpoint: Checkpoint,
    out: Location,
    *,
    tokens: bool = False,
    progress: Progress | None = None,
) -> Work:
    """A run that nothing has been done of."""
    return Work(
        out=out,
        dataset=dataset,
        checkpoint=checkpoint,
        on_error="raise",
        prune=False,
        tell=progress or (lambda what, done, total: None),
        scenes=Table(out, "scenes"),
        captions=Table(out, "captions"),
        features=Table(out, FEATURES),
        description=described_by(
            checkpoint,
            name=dataset.name,
            split=dataset.split,
            root=picture_root(dataset.root, out),
            tokens=tokens,
        ),
    )


def described_by(
    checkpoint: Checkpoint,
    *,
    name: str,
    split: str | None,
    root: Mapping[str, str | None],
    tokens: bool = False,
) -> Description:
    """What a store says of itself before it has rows: whose data, and which model's."""
    return Description(
        name=name,
        split=split,
        root=root,
        checkpoint_name=checkpoint.name,
        fingerprint=checkpoint.fingerprint,
        bank_fingerprint=checkpoint.bank_fingerprint,
        ts=tuned_ts(checkpoint.config.ranking),
        tokens=tokens,
        reads_text=checkpoint.reads_text,
    )


def open_tables(work: Work) -> None:
    """Go on with the rows that are there, where they were made with this model."""
    scenes, captions = work.scenes, work.captions
    if scenes.exists and captions.exists:
        try:
            for table in (scenes, captions):
                table.mend_tags()
            if _go_on(work):
                return
        except DAMAGED:  # damaged: the last whole version may not be
            try:
                for table in (scenes, captions):
                    table.restore(WHOLE)
                if _go_on(work):
                    return
            except DAMAGED:
                for table in (scenes, captions):
                    table.remove()
    start_tables(work)


def start_tables(work: Work) -> None:
    """Begin with no rows; until they are whole, the last whole version stays open to all."""
    config, wanted = work.checkpoint.config, work.description
    work.features.remove()
    work.captions.start(captions_schema(config))
    work.scenes.start(scenes_schema(config, tokens=wanted.tokens))
    work.scenes.describe(wanted)
    work.load()


def _go_on(work: Work) -> bool:
    """Whether the rows that are there serve this model, and are at hand."""
    wanted, said = work.description, work.scenes.description()
    if said is None or not described_as(said, wanted):
        return False
    for table in (work.scenes, work.captions):
        table.finish_columns(("map", "map_digest"))
        table.finish_columns(VECTOR_COLUMNS)
    finish_column_change(work.scenes)
    work.scenes.add_empty(column_fields())
    work.load()
    if not weighed_as(said, wanted):
        weigh_again(work)
        work.weighed = True
        work.load()
    work.description = replace(
        wanted,
        tokens=said.tokens,
        fitted=said.fitted,
        modality_gap=said.modality_gap,
        fields=said.fields,
    )
    return True
