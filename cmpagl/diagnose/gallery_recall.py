"""Recall on a folder of scenes, by its own captions and by queries that were written by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cmpagl.data.dataset import load_dataset, normalise_caption
from cmpagl.diagnose.results import GalleryRecall, clustered_share
from cmpagl.diagnose.scene_recall import measure_scenes, ranked
from cmpagl.errors import DataError
from cmpagl.measure.bootstrap import Interval
from cmpagl.measure.metrics import RECALL_AT, RankCounts
from cmpagl.measure.split import encode_split
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.embed import embed_texts
from cmpagl.progress import Progress
from cmpagl.rank.match import MatchScores
from cmpagl.scenes.dataset import TRUTH_FILE, read_truths

__all__ = ["QUERIES_FILE", "HandQuery", "measure_gallery", "read_queries"]

QUERIES_FILE = "queries.json"  # of a folder of scenes: what people would type, and for which scene


@dataclass(frozen=True)
class HandQuery:
    """A sentence that a person wrote for one scene."""

    query: str
    scene: str  # its image_id: the path below the images' folder


def read_queries(path: Path) -> list[HandQuery]:
    """Read a JSON list of objects with ``query`` and ``scene``.

    Raises:
        DataError: the file cannot be read or holds something else.
    """
    try:
        queries = [HandQuery(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise DataError(
            f"{path} is no list of queries ({error}); it must hold objects with 'query' and "
            "'scene'."
        ) from error
    for one in queries:
        if not (isinstance(one.query, str) and one.query.strip() and isinstance(one.scene, str)):
            raise DataError(f"{path}: {one} has no text; give each query words and a scene.")
    return queries


def measure_gallery(
    checkpoint: Checkpoint,
    folder: Path,
    *,
    queries: list[HandQuery] | None = None,
    progress: Progress | None = None,
) -> GalleryRecall:
    """Measure text -> image and image -> text on a folder that `cmpagl draw` wrote.

    Args:
        checkpoint: the model, its bank and its tuned ranking.
        folder: drawn scenes with captions and ``truth.json``.
        queries: by hand; only the scene that one was written for is right.
        progress: told how far the encoding is.

    Raises:
        DataError: the folder cannot be used, or a query names a scene that is not in it.
    """
    truths = read_truths(folder)
    dataset = load_dataset(folder)
    place = {record.image_id: number for number, record in enumerate(dataset.records)}
    if [truth.spec.scene_id for truth in truths] != [Path(image_id).stem for image_id in place]:
        raise DataError(
            f"{folder} holds other scenes than its {TRUTH_FILE} tells of; draw it again."
        )
    queries = queries or []
    for one in queries:
        if one.scene not in place:
            raise DataError(
                f"The query {one.query!r} names the scene {one.scene!r}, which {folder} does not "
                f"hold; name one such as {dataset.records[0].image_id!r}."
            )
    model, bank, tokenizer = checkpoint.model(), checkpoint.bank(), checkpoint.tokenizer()
    embeds, dataset = encode_split(
        dataset, model.image, model.text, model.fusion, tokenizer, progress=progress
    )
    found = measure_scenes(model, bank, embeds, truths)
    by_hand: dict[str, dict[str, Interval]] = {}
    if queries:
        texts = [normalise_caption(one.query) for one in queries]
        distinct = list(dict.fromkeys(texts))
        text_embeds, text_tokens = embed_texts(model.text, tokenizer, distinct, keep_tokens=True)
        asked = replace(
            embeds,
            text_embeds=text_embeds,
            text_tokens=tuple(text_tokens),
            caption_to_image=np.array([place[one.scene] for one in queries]),
            caption_group=np.array([distinct.index(text) for text in texts]),
        )
        for ranking in ranked(model, bank, asked, MatchScores(model.fusion, asked)):
            own = ranking.t2i[np.arange(len(queries)), asked.caption_to_image][:, None]
            counts = RankCounts(
                above=np.count_nonzero(ranking.t2i > own, axis=1),
                tied=np.count_nonzero(ranking.t2i == own, axis=1),
                tied_positives=np.ones(len(queries), np.int64),
            )
            by_hand[ranking.stage.name] = {
                f"r{k}": clustered_share(counts.hits(k), asked.caption_to_image) for k in RECALL_AT
            }
    return GalleryRecall(
        name=folder.resolve().name,
        n_images=len(embeds.image_embeds),
        n_captions=len(embeds.caption_group),
        recall=found.recall,
        pairs=found.pairs,
        n_queries=len(queries),
        queries=by_hand,
    )
