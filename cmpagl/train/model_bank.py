"""A query bank for a model that came without one, and a ranking tuned with it, in minutes.

The bank's queries are captions and pictures of drawn scenes, which need no download, and of data
sets that are given. SMR's settings are tuned on images that are no part of the bank: of the given
data sets, or of the drawn scenes where none is given, which says less about photographs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import normalize

from cmpagl.data.dataset import OnError, RetrievalDataset, load_dataset, split_names
from cmpagl.data.joining import distinct_names
from cmpagl.data.readable import require_readable
from cmpagl.errors import DataError
from cmpagl.measure.split import encode_split
from cmpagl.measure.tune import tune_ranking
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.model.embed import SplitEmbeddings
from cmpagl.model.kept_bank import keep_bank
from cmpagl.progress import Progress
from cmpagl.scenes.dataset import write_dataset
from cmpagl.train.bank_sample import sample_evenly

__all__ = ["BankPlan", "make_bank"]

SEED = 5_000_011  # of the drawn scenes; no gallery and no diagnosis has it
MOST_TUNED = 300  # images that settings are searched on; more takes long and says little more
TUNED_SHARE = 0.25  # of the images of a data set without a val split
LEAST = 4  # pictures of which a part is held out
SIZE = 4000  # bank queries a direction, at most


@dataclass(frozen=True)
class BankPlan:
    """What a bank is made of."""

    data: tuple[Path, ...] = ()  # data sets with captions
    scenes: int = 300  # drawn for it
    images: int = 1000  # of each data set, at most
    seed: int = 0  # which of them


def make_bank(
    checkpoint: Checkpoint,
    out: Path,
    plan: BankPlan,
    work: Path,
    *,
    on_error: OnError = "raise",
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[Checkpoint, list[str]]:
    """Make a bank, tune a ranking with it, keep both in ``out``, and open the model with them.

    Args:
        checkpoint: the model; it needs a text tower.
        out: the model's own folder, or another.
        plan: what the bank is made of.
        work: folder for the drawn scenes.
        on_error: what to do with a picture that cannot be read.
        workers: processes that draw.
        progress: told of "scenes", "images", "captions" and "settings"; may raise to stop.

    Returns:
        the model with its bank, and what tuning says of each stage, in sentences.

    Raises:
        CheckpointError: the model has no text tower, or is damaged.
        DataError: a data set cannot be used, or has fewer than four images with captions.
    """
    if plan.scenes < LEAST:
        raise DataError(
            f"--scenes {plan.scenes} is too few: a bank and what it is tuned on need at least "
            f"{LEAST} pictures."
        )
    sets = _sets(plan, checkpoint.config.vision.preprocessing.size, on_error)
    held_out = [_val_of(path, on_error) for path in plan.data]
    encoder = _Encoder(checkpoint, on_error, progress)
    drawn = _drawn(work, plan, workers, progress)
    rng = np.random.default_rng(plan.seed)
    parts: list[SplitEmbeddings] = []
    tuning: dict[str, SplitEmbeddings] = {}
    for dataset, val in zip((drawn, *sets), (None, *held_out), strict=True):
        bank_part, tune_part = _divided(dataset, val, plan.images, rng)
        parts.append(encoder(bank_part))
        if dataset is not drawn or not sets:  # drawn scenes speak where no photograph does
            tuning[dataset.name] = encoder(tune_part)
    bank = _sampled(parts, rng)
    fusion = checkpoint.fusion() if checkpoint.config.fusion.depth else None
    ranking, report = tune_ranking(
        tuning, bank, fusion=fusion, top=checkpoint.config.fusion.rerank_top, progress=progress
    )
    provenance: dict[str, Any] = {
        "bank": {
            "drawn scenes": plan.scenes,
            "data": [dataset.name for dataset in sets],
            "captions": len(bank.text_embeds),
            "images": len(bank.image_embeds),
            "tuned on": {name: len(one.image_embeds) for name, one in tuning.items()},
            "seed": plan.seed,
        },
        "tuning": report,
    }
    keep_bank(out, checkpoint, bank, ranking, provenance)
    return open_checkpoint(out), list(report["sentences"])


def _sets(plan: BankPlan, size: int, on_error: OnError) -> list[RetrievalDataset]:
    """The data sets that are given, by names that differ, before any scene is drawn.

    Raises:
        DataError: one has fewer than four images with captions, or too few that can be read.
    """
    sets = [_captioned(_of_bank(path, on_error)) for path in plan.data]
    for dataset in sets:
        if len(dataset.records) < LEAST:
            raise DataError(
                f"{dataset.root} has {len(dataset.records)} images with captions; a bank and what "
                "it is tuned on need at least four."
            )
        require_readable(dataset, size, least=2, on_error="skip")
    names = distinct_names([dataset.name for dataset in sets])
    return [replace(dataset, name=name) for dataset, name in zip(sets, names, strict=True)]


class _Encoder:
    """The model's towers, loaded once, over one part of a data set after the other."""

    def __init__(
        self, checkpoint: Checkpoint, on_error: OnError, progress: Progress | None
    ) -> None:
        self._towers = (
            checkpoint.image_tower(),
            checkpoint.text_tower(),
            checkpoint.fusion(),
            checkpoint.tokenizer(),
        )
        self._on_error, self._progress = on_error, progress

    def __call__(self, dataset: RetrievalDataset) -> SplitEmbeddings:
        return encode_split(
            dataset, *self._towers, on_error=self._on_error, progress=self._progress
        )[0]


def _drawn(work: Path, plan: BankPlan, workers: int, progress: Progress | None) -> RetrievalDataset:
    write_dataset(work / "drawn", plan.scenes, SEED, workers=workers, progress=progress)
    return load_dataset(work / "drawn")


def _of_bank(path: Path, on_error: OnError) -> RetrievalDataset:
    """The images that the bank may be made of: of the train split, where there is one."""
    splits = split_names(path)
    return load_dataset(path, "train" if "train" in splits else None, on_error=on_error)


def _val_of(path: Path, on_error: OnError) -> RetrievalDataset | None:
    splits = split_names(path)
    if "train" not in splits or "val" not in splits:
        return None
    return _captioned(load_dataset(path, "val", on_error=on_error))


def _captioned(dataset: RetrievalDataset) -> RetrievalDataset:
    """Those of a data set's images that have captions."""
    return replace(dataset, records=tuple(r for r in dataset.records if r.captions))


def _divided(
    dataset: RetrievalDataset,
    val: RetrievalDataset | None,
    most: int,
    rng: np.random.Generator,
) -> tuple[RetrievalDataset, RetrievalDataset]:
    """What the bank is made of, and what is held out to tune on: no image is in both."""
    order = rng.permutation(len(dataset.records))
    if val is not None and len(val.records) >= 2:
        held = _taken(val, rng.permutation(len(val.records))[:MOST_TUNED])
        return _taken(dataset, order[:most]), held
    n = min(MOST_TUNED, max(2, round(TUNED_SHARE * len(order))))
    return _taken(dataset, order[n : n + most]), _taken(dataset, order[:n])


def _taken(dataset: RetrievalDataset, numbers: NDArray[np.int64]) -> RetrievalDataset:
    return replace(dataset, records=tuple(dataset.records[n] for n in sorted(numbers.tolist())))


def _sampled(parts: Sequence[SplitEmbeddings], rng: np.random.Generator) -> BankVectors:
    """Captions and images of all parts, of each as many."""
    texts = _evenly([part.text_embeds for part in parts], rng)
    images = [np.concatenate([part.image_embeds, _mean_captions(part)], axis=1) for part in parts]
    chosen = torch.from_numpy(_evenly(images, rng))
    width = texts.shape[1]
    return BankVectors(
        text_embeds=torch.from_numpy(texts),
        image_embeds=chosen[:, :width].contiguous(),
        image_captions=normalize(chosen[:, width:], dim=-1).contiguous(),
    )


def _evenly(rows: Sequence[NDArray[np.float32]], rng: np.random.Generator) -> NDArray[np.float32]:
    starts = np.cumsum([0, *map(len, rows)])
    return np.concatenate(rows)[sample_evenly(starts, SIZE, rng)]


def _mean_captions(part: SplitEmbeddings) -> NDArray[np.float32]:
    """The sum of each image's captions ``(I, E)``."""
    found = np.zeros_like(part.image_embeds)
    np.add.at(found, part.caption_to_image, part.text_embeds[part.caption_group])
    return found
