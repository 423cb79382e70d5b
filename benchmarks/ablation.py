r"""Which part of CMPAGL helps? One training run per row and seed, all with the same budget.

    python -m benchmarks.ablation --data rsicd [--rows joint local] [--seeds 0 1 2]

A row changes one thing of the row that it is compared with. Each run trains on every fourth image
of the train split and is measured on the whole val split. The rows of the image tower train the
heads on frozen features, then the last four blocks with them. Those of the loss stop after the
heads, those of the text tower leave the image blocks alone: what they ask needs no image block
tuned, which is nine tenths of the time. A run that is done left ``OUT/ROW-SEED.json`` and is not
repeated; one that was stopped goes on. When all asked for are done, the table and the figures are
drawn anew (`benchmarks.ablation_report`).

The reranking rows need no training: they rerank what the row ``joint`` found, each form with the
values it starts from (nothing is tuned, so nothing is seen twice).
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.ablation_report import write_report
from cmpagl.config.model import ModelConfig
from cmpagl.config.ranking import SMRConfig
from cmpagl.config.run import TrainConfig
from cmpagl.config.vision import GswinConfig
from cmpagl.data.dataset import RetrievalDataset, load_dataset
from cmpagl.files import write_json
from cmpagl.measure.bootstrap import bootstrap
from cmpagl.measure.metrics import Retrieval, retrieval
from cmpagl.measure.split_stages import SplitScores, split_scores
from cmpagl.model.embed import SplitEmbeddings, embed_texts
from cmpagl.model.fusion import quantise_tokens
from cmpagl.rank.baselines import PUBLISHED
from cmpagl.rank.match import Match, MatchScores, fuse_top
from cmpagl.rank.smr import SMR
from cmpagl.train.finishing import draw_bank
from cmpagl.train.run_folder import RunFolder, State
from cmpagl.train.trainer import Trainer

SEEDS = (0, 1, 2)
RESULTS = Path("docs/results/ablation")
REFERENCE = "joint"

# 112 x 112 pixels are 8 x 8 tokens: windows of 4 x 4 and 4 x 4 cells, so that a token sees a
# quarter of the map itself and all of it in cells of 2 x 2.
VISION = GswinConfig(image_size=112, window_size=4, global_size=4)
BASE = TrainConfig(
    model=ModelConfig(vision=VISION, head_dropout=0.4, views=1),
    views=1,
    tuned_blocks=4,
    tuned_text_layers=0,
    batch_size=64,
    captions_per_image=2,
    head_epochs=15,
    align_epochs=2,
    align_head_lr=4e-4,
    vision_lr=5e-5,
    triplet_weight=1.0,
    ema_decay=0.95,
    fuse_epochs=0,
    bank_size=4000,
)
HEADS = {"align_epochs": 0}
STILL = {"vision_lr": 0.0}


@dataclass(frozen=True)
class Row:
    """One thing changed, and the claim that it tests."""

    name: str
    label: str
    claim: str  # the section of the report
    change: dict[str, Any] = field(default_factory=dict)  # of `TrainConfig`
    against: str = REFERENCE  # the row it is compared with; itself for one that others refer to
    vision: dict[str, Any] = field(default_factory=dict)  # of `GswinConfig`
    matches: bool = False  # measures the matching head within the reference's shortlist
    continues: bool = False  # starts from the reference's aligned towers

    @property
    def config(self) -> TrainConfig:
        """The run's settings, but for the seed."""
        model = replace(BASE.model, vision=replace(BASE.model.vision, **self.vision))
        return replace(BASE, model=model, **self.change)


ROWS = (
    Row(REFERENCE, "Gswin, joint: local and global", "gswin"),
    Row("local", "local windows only", "gswin", vision={"join": "local"}),
    Row("global", "global-local window only", "gswin", vision={"join": "global"}),
    Row("full", "full attention", "gswin", vision={"window_size": 8}),
    Row("heads", "contrast, triplets, lambda = 0.1", "loss", HEADS, "heads"),
    Row("no-triplet", "contrast alone", "loss", HEADS | {"triplet_weight": 0.0}, "heads"),
    Row("lambda-0", "lambda = 0", "loss", HEADS | {"intra_class_weight": 0.0}, "heads"),
    Row("lambda-0.3", "lambda = 0.3", "loss", HEADS | {"intra_class_weight": 0.3}, "heads"),
    Row("lambda-1", "lambda = 1", "loss", HEADS | {"intra_class_weight": 1.0}, "heads"),
    Row("text-frozen", "text tower frozen", "text", STILL, "text-frozen"),
    Row(
        "text-tuned",
        "text tower tuned",
        "text",
        STILL | {"tuned_text_layers": 6},
        "text-frozen",
    ),
    Row(
        "pre-aligned",
        "fusion after pre-alignment",
        "fusion",
        {"fuse_epochs": 3},
        matches=True,
        continues=True,
    ),
    Row(
        "from-start",
        "fusion from the start",
        "fusion",
        {"head_epochs": 0, "align_epochs": 0, "fuse_epochs": 5},  # what alignment takes, more
        matches=True,
    ),
)

# Each term of SMR by itself, at the values that a search starts from.
RATIO = {"form": "ratio", "lf": 0.0, "lb": 0.0, "le": 0.0}
FORMS = {
    "ratio, forward rank": SMRConfig(**{**RATIO, "lf": 1.0}),
    "ratio, backward rank": SMRConfig(**{**RATIO, "lb": 1.0}),
    "ratio, extreme difference": SMRConfig(**{**RATIO, "le": 1.0}),
    "ratio, backward rank and extreme difference": SMRConfig(form="ratio"),
    "soft": SMRConfig(form="soft"),
    "soft, then ratio": SMRConfig(form="combined"),
}


def part(dataset: RetrievalDataset, folder: Path) -> Path:
    """A data set with every fourth training image and the whole val split, in ``folder``."""
    pictures = folder / "images"
    pictures.mkdir(parents=True, exist_ok=True)
    train, val = (load_dataset(dataset.root, split, on_error="skip") for split in ("train", "val"))
    images = [
        {
            "filename": record.path.name,
            "split": split,
            "sentences": [{"raw": caption} for caption in record.captions],
        }
        for split, records in (("train", train.records[::4]), ("val", val.records))
        for record in records
    ]
    for record in (*train.records[::4], *val.records):
        if not (own := pictures / record.path.name).exists():
            shutil.copy(record.path, own)  # no link: one that leads out of a data set is refused
    write_json(folder / f"dataset_{dataset.name}.json", {"dataset": dataset.name, "images": images})
    return folder


@dataclass(frozen=True)
class Bench:
    """What all runs share: the data, the text tower's weights, the folder for caches and states."""

    data: Path
    text_init: str
    work: Path

    def config(self, row: Row, seed: int) -> TrainConfig:
        """All settings of a run."""
        return replace(row.config, seed=seed, text_init=self.text_init)

    def trained(self, row: Row, seed: int) -> tuple[Trainer, float]:
        """Train a row, or go on with it; the trainer at its end, and the seconds this took."""
        start = time.monotonic()
        config = self.config(row, seed)
        where = self.work / f"{row.name}-{seed}"
        folder = RunFolder(where, config, [str(self.data)], resume=True, time_budget=None)
        trainer = Trainer(config, [self.data], folder, self.work / "cache", torch.device("cpu"))
        trainer.run_phases(folder.load() or self._start(row, seed))
        return trainer, time.monotonic() - start

    def _start(self, row: Row, seed: int) -> State:
        """Nothing, or what the reference has aligned: it is not aligned twice."""
        if not row.continues:
            return State("heads", 0, {})
        reference, _ = self.trained(_row(REFERENCE), seed)
        return State("fuse", 0, {f"model/{k}": v for k, v in reference.trained().items()})


def encoded(trainer: Trainer, *, tokens: bool = False) -> SplitEmbeddings:
    """The val split by the trained model; with what fusion reads, if asked for."""
    dataset, images = trainer.data.val_sets[0], trainer.data.val_images[0]
    texts, group = dataset.distinct_captions
    text_embeds, kept = embed_texts(
        trainer.model.text, trainer.embeddings.tokenizer, texts, keep_tokens=tokens
    )
    embeds = SplitEmbeddings(
        trainer.embeddings.image_embeds(images, "validation", images.views),
        text_embeds,
        dataset.caption_to_image,
        group,
    )
    if not tokens:
        return embeds
    values, scales = [], []
    with torch.inference_mode():
        for start in range(0, len(images), 64):
            rows = np.arange(start, min(start + 64, len(images)))
            projected = trainer.model.fusion.project_image(
                trainer.embeddings.image_tokens(images, rows)
            )
            value, scale = quantise_tokens(projected)
            values.append(value.numpy())
            scales.append(scale.numpy())
    return replace(
        embeds,
        token_values=np.concatenate(values),
        token_scales=np.concatenate(scales),
        text_tokens=tuple(kept),
    )


def distances(embeds: SplitEmbeddings) -> dict[str, float]:
    """Mean squared distances of matched and of other pairs of an image and a caption."""
    sims = embeds.image_embeds @ embeds.text_embeds.T  # (I, D)
    own = np.zeros(sims.shape, bool)
    own[embeds.caption_to_image, embeds.caption_group] = True
    squared = 2 - 2 * sims.astype(np.float64)
    return {"matched": float(squared[own].mean()), "unmatched": float(squared[~own].mean())}


def measured(found: Retrieval) -> dict[str, Any]:
    """Recall with expected ties, and the interval of their mean over images."""
    return {**found.metrics().to_json(), "interval": bootstrap(found)["mR"].to_json()}


def aligned(scores: SplitScores) -> Retrieval:
    """The aligned ranking of a split."""
    group = scores.caption_group
    return retrieval(scores.i2t.scores[:, group], scores.t2i.scores[group], scores.caption_to_image)


def reranked(scores: SplitScores) -> dict[str, dict[str, float]]:
    """The mR of every form and baseline with both banks: training queries, the split's own."""
    group, found = scores.caption_group, {}
    smr = [(name, SMR, config) for name, config in FORMS.items()]
    for name, reranker, settings in [*smr, *((one.name, one, one.settings) for one in PUBLISHED)]:
        found[name] = {}
        for bank in ("bank", "transductive"):
            t2i, i2t = (
                reranker.rerank(one.scores, getattr(one, bank), settings)
                for one in (scores.t2i, scores.i2t)
            )
            ranking = retrieval(i2t[:, group], t2i[group], scores.caption_to_image)
            found[name][bank] = ranking.metrics().mR
    return found


def within_shortlist(scores: SplitScores, matches: tuple[Match, Match], top: int) -> Retrieval:
    """Each query's best by alignment, in the order of the match score alone."""
    rows = []
    for one, match in ((scores.t2i, matches[0]), (scores.i2t, matches[1])):
        rows.append(fuse_top(one.scores, match, 1e3, top))  # beside it no cosine counts
    group = scores.caption_group
    return retrieval(rows[1][:, group], rows[0][group], scores.caption_to_image)


def by_chance(seed: int) -> Match:
    """A match score that knows nothing."""
    rng = np.random.default_rng(seed)
    return lambda queries, items: rng.random(len(items), dtype=np.float32)


def run(bench: Bench, row: Row, seed: int) -> dict[str, Any]:
    """Train and measure one row with one seed."""
    trainer, seconds = bench.trained(row, seed)
    result: dict[str, Any] = {
        "row": row.name,
        "label": row.label,
        "claim": row.claim,
        "against": row.against,
        "seed": seed,
        "train_images": len(trainer.data.images),
        "seconds": round(seconds, 1),
        "config": asdict(bench.config(row, seed)),
    }
    if row.matches:
        reference, _ = bench.trained(_row(REFERENCE), seed)
        scores = split_scores(encoded(reference), draw_bank(reference.embeddings, reference.config))
        match = MatchScores(trainer.model.fusion, encoded(trainer, tokens=True))
        top, chance = trainer.model.config.fusion.rerank_top, by_chance(seed)
        result |= measured(within_shortlist(scores, (match.t2i, match.i2t), top))
        result["chance_mR"] = within_shortlist(scores, (chance, chance), top).metrics().mR
        result["reference_mR"] = aligned(scores).metrics().mR
        return result
    embeds = encoded(trainer)
    scores = split_scores(embeds, draw_bank(trainer.embeddings, trainer.config))
    result |= measured(aligned(scores))
    result["distances"] = distances(embeds)
    if row.name == REFERENCE:
        result["rerank"] = reranked(scores)
    return result


def _row(name: str) -> Row:
    return next(row for row in ROWS if row.name == name)


def wanted(names: list[str], seeds: list[int]) -> Iterator[tuple[Row, int]]:
    """All rows of a seed before the next seed, so that an early end still compares all."""
    for seed in seeds:
        for row in ROWS:
            if row.name in names:
                yield row, seed


def main() -> None:
    """Run what is missing, then draw the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with train and val")
    parser.add_argument("--rows", nargs="+", default=[row.name for row in ROWS], metavar="ROW")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS), metavar="N")
    parser.add_argument(
        "--work", type=Path, default=Path("runs/ablation"), help="caches and states"
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="one JSON file per run")
    parser.add_argument("--text-init", default=BASE.text_init, help="the text tower's weights")
    args = parser.parse_args()
    if unknown := set(args.rows) - {row.name for row in ROWS}:
        known = ", ".join(row.name for row in ROWS)
        parser.error(f"There is no row {min(unknown)}; choose from {known}.")
    data = part(load_dataset(args.data, "val", on_error="skip"), args.work / args.data.name)
    bench = Bench(data, args.text_init, args.work)
    args.out.mkdir(parents=True, exist_ok=True)
    for row, seed in wanted(args.rows, args.seeds):
        path = args.out / f"{row.name}-{seed}.json"
        if path.is_file():
            continue
        write_json(path, run(bench, row, seed))
        print(f"{path}: mR {json.loads(path.read_text('utf-8'))['mR']:.2f}", flush=True)
    write_report(args.out)


if __name__ == "__main__":
    main()
