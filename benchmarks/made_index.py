"""An index of given numbers: what the benchmarks of large galleries stand on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cmpagl.data.dataset import ImageRecord, RetrievalDataset, normalise_caption
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.store.columns_step import add_columns
from cmpagl.store.digest import bytes_digest, key_of
from cmpagl.store.engine import Mode
from cmpagl.store.penalties import BankQueries
from cmpagl.store.records import record_columns
from cmpagl.store.rows import sealed, vector_rows
from cmpagl.store.tables_step import open_tables, work_on
from cmpagl.store.whole_step import finish

__all__ = ["Part", "write_index"]


@dataclass(frozen=True)
class Part:
    """Consecutive scenes and captions of an index."""

    records: Sequence[ImageRecord]
    image_embeds: np.ndarray  # (n, E)
    thumbnails: Sequence[bytes]
    image_places: np.ndarray  # (n, 6)
    captions: Sequence[str]  # those that earlier parts have not, each once
    caption_embeds: np.ndarray  # (d, E)
    caption_places: np.ndarray  # (d, 6)
    contents: Sequence[bytes] | None = None  # the pictures' digests; None: of their names


def write_index(
    out: Path,
    root: Path,
    name: str,
    parts: Iterable[Part],
    checkpoint: Checkpoint,
    *,
    mode: Mode = "auto",
) -> None:
    """Write an index, or more of one, through the very functions that ``index`` uses.

    No picture is read; ``mode`` is that of `grow_index`.
    """
    out.mkdir(parents=True, exist_ok=True)
    work = work_on(RetrievalDataset(name, root, None, ()), checkpoint, out)
    work.mode = mode
    open_tables(work)
    bank = BankQueries(checkpoint)
    for part in parts:
        n = len(part.records)
        columns = record_columns(part.records, root) | {
            "caption_keys": [
                [key_of(normalise_caption(text)) for text in record.captions]
                for record in part.records
            ],
            "content_digest": part.contents
            or [bytes_digest(r.image_id.encode()) for r in part.records],
            "width": [256] * n,
            "height": [256] * n,
            "vector": vector_rows(part.image_embeds, bank.of_images(part.image_embeds)),
            "map": part.image_places,
            "thumbnail": list(part.thumbnails),
        }
        work.scenes.append(sealed(columns, work.scenes.data.schema))
        if part.captions:
            embeds = part.caption_embeds
            columns = {
                "key": [key_of(text) for text in part.captions],
                "text": list(part.captions),
                "vector": vector_rows(embeds, bank.of_captions(embeds)),
                "map": part.caption_places,
            }
            work.captions.append(sealed(columns, work.captions.data.schema))
    add_columns(work)
    work.description = replace(work.description, fitted=True)
    finish(work, changed=True)
