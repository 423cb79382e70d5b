"""Pictures to rows of a store: all that one device does with a batch, in whichever process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cmpagl.data.dataset import ImageRecord, normalise_caption
from cmpagl.model.embed import embed_images
from cmpagl.model.precision import Precision, choose_precision
from cmpagl.store.digest import key_of
from cmpagl.store.penalties import BankQueries
from cmpagl.store.prepared import Prepared
from cmpagl.store.records import record_columns
from cmpagl.store.rows import sealed, vector_rows
from cmpagl.store.work import FEATURES_SCHEMA, IMAGE_BATCH, Plan, device

__all__ = ["Embedder", "feature_rows", "scene_columns"]


class Embedder:
    """One device with the towers on it."""

    def __init__(self, plan: Plan) -> None:
        """Load the towers, and choose the precision."""
        where = device()
        self._plan = plan
        self._tower = plan.image_tower().to(where)
        self._fusion = plan.checkpoint.fusion().to(where)
        self._bank = BankQueries(plan.checkpoint)
        self.precision: Precision = choose_precision(self._tower, plan.precision)

    def rows(
        self, columns: Mapping[str, Any], items: Sequence[Prepared]
    ) -> tuple[pa.Table, npt.NDArray[np.float32]]:
        """Up to `IMAGE_BATCH` pictures as rows of scenes.lance; what the tower pooled (n, ...).

        Args:
            columns: of their records (`scene_columns`).
            items: as many, at least one.

        Raises:
            CheckpointError: the embeddings are not finite.
        """
        plan = self._plan
        squares = (item.square for item in items)
        batches = embed_images(
            self._tower,
            self._fusion,
            squares,
            batch_size=IMAGE_BATCH,
            precision=self.precision.name,
        )
        made = next(iter(batches))
        columns = {
            **columns,
            "content_digest": [item.content for item in items],
            "width": [item.size[0] for item in items],
            "height": [item.size[1] for item in items],
            "vector": vector_rows(made.image_embeds, self._bank.of_images(made.image_embeds)),
            "thumbnail": [item.thumbnail for item in items],
            "footprint": [item.corners for item in items],
            "crs": [item.crs for item in items],
        }
        if plan.tokens:
            columns["token_values"] = [row.tobytes() for row in made.token_values]
            columns["token_scales"] = [row.tobytes() for row in made.token_scales]
        return sealed(columns, plan.schema), made.pooled


def scene_columns(records: Sequence[ImageRecord], root: Path) -> dict[str, Any]:
    """The columns of scenes.lance that records fill."""
    keys = [[key_of(normalise_caption(c)) for c in r.captions] for r in records]
    return record_columns(records, root) | {"caption_keys": keys}


def feature_rows(keys: Sequence[str], pooled: npt.NDArray[np.float32]) -> pa.Table:
    """Rows of the table of features, which maps are fitted from."""
    rows = [row.astype(np.float32).tobytes() for row in pooled]
    return pa.table({"key": list(keys), "pooled": rows}, schema=FEATURES_SCHEMA)
