r"""What the model does and cannot do: negation, sides, rare words, coarse pictures, shares.

    python -m benchmarks.limits --checkpoint checkpoints/cmpagl-small [--data rsicd]
        [--json docs/results/limits.json]

Each figure stands beside what it would be if the model could do it, or beside the same without the
difficulty, in one run. Scores are aligned cosines. On the drawn gallery, whose content is known:

- negation: "a scene with ponds" and "a scene without ponds": how many of the first ten show some,
  for every thing that 15 to 240 of its scenes show;
- sides: "a plane on the left" and "... on the right": in how many of the first ten scenes that
  show some, they lie left of the middle, and how many scenes the two answers share;
- coarse pictures: each scene reduced to a part of its pixels and enlarged again: recall at ten of
  its captions;
- shares: how much of each block's attention goes beyond a token's own window, over `LOOKED_AT`
  scenes spread over the gallery.

With ``--data``, on its val split: recall at ten by a caption's rarest train word.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from cmpagl.cli.paths import default_checkpoint
from cmpagl.data.dataset import RetrievalDataset, iter_pixels, load_dataset
from cmpagl.files import write_json
from cmpagl.measure.metrics import RankCounts
from cmpagl.model.attention import mean_shares
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.model.embed import embed_images, embed_texts
from cmpagl.model.pixels import to_pixel_values
from cmpagl.scenes.dataset import read_truths
from cmpagl.scenes.planning.truth import SceneTruth

GALLERY = Path(__file__).resolve().parent.parent / "assets" / "gallery"
FIRST = 10
SHOWN_IN = (15, 240)  # scenes that show a thing: fewer say little, more leave little to exclude
SHARES = (1.0, 0.5, 0.25)  # of a picture's side
RARE, FREQUENT = 5, 100  # times that a caption's rarest word occurs in the train split
LOOKED_AT = 60  # scenes whose attention is read
MIDDLE = 112  # of a drawn scene's 224 pixels


class Bench:
    """A checkpoint's two towers, opened once."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.image, self.text = checkpoint.image_tower(), checkpoint.text_tower()
        self.fusion, self.tokenizer = checkpoint.fusion(), checkpoint.tokenizer()

    def images(self, dataset: RetrievalDataset, share: float = 1.0) -> NDArray[np.float32]:
        """Embeddings (I, E) of pictures of which only a part of the pixels is left."""
        size = self.image.vision.config.image_size

        def squares() -> Iterator[NDArray[np.uint8]]:
            for _, square in iter_pixels(dataset.records, size, workers=1):
                side = round(size * share)
                small = Image.fromarray(square).resize((side, side), Image.Resampling.LANCZOS)
                yield np.asarray(small.resize((size, size), Image.Resampling.BICUBIC))

        batches = embed_images(self.image, self.fusion, squares())
        return np.concatenate([batch.image_embeds for batch in batches])

    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings (n, E)."""
        return embed_texts(self.text, self.tokenizer, texts)[0]


def first(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """The best of each row (Q, G): (Q, FIRST)."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :FIRST]


def recall(scores: NDArray[np.float32], own: NDArray[np.int64]) -> NDArray[np.float64]:
    """Per query (Q,) the chance that its own item (Q,) is among the first ten of (Q, G)."""
    score = np.take_along_axis(scores, own[:, None], axis=1)
    counts = RankCounts(
        above=np.count_nonzero(scores > score, axis=1),
        tied=np.count_nonzero(scores == score, axis=1),
        tied_positives=np.ones(len(own), np.int64),
    )
    return counts.hits(FIRST)


def plural(kind: str) -> str:
    """Of a drawn thing's name."""
    if kind.endswith(("ch", "sh", "s", "x")):
        return kind + "es"
    return kind[:-1] + "ies" if re.search("[^aeiou]y$", kind) else kind + "s"


def negation(
    bench: Bench, images: NDArray[np.float32], truths: Sequence[SceneTruth]
) -> dict[str, Any]:
    """Share of the first ten that show a thing, asked for with and without it."""
    shows = {kind: shown(truths, kind) for kind in kinds(truths)}
    used = [kind for kind, has in shows.items() if SHOWN_IN[0] <= has.sum() <= SHOWN_IN[1]]
    result = {}
    for word in ("with", "without"):
        queries = [f"a scene {word} {plural(kind)}" for kind in used]
        best = first(bench.texts(queries) @ images.T)
        result[word] = 100 * float(
            np.mean([shows[kind][row].mean() for kind, row in zip(used, best, strict=True)])
        )
    chance = 100 * float(np.mean([shows[kind].mean() for kind in used]))
    return {"things": len(used), **result, "chance": chance}


def sides(
    bench: Bench, images: NDArray[np.float32], truths: Sequence[SceneTruth]
) -> dict[str, Any]:
    """Share of the first ten in which a thing lies left, asked for on the left and on the right."""
    found: dict[str, list[float]] = {"left": [], "right": [], "shared": []}
    used = 0
    for kind in kinds(truths):
        rows = np.flatnonzero(shown(truths, kind))
        lies_left = np.array([centre(truths[row], kind) < MIDDLE for row in rows])
        if len(rows) < 2 * FIRST or not FIRST <= lies_left.sum() <= len(rows) - FIRST:
            continue  # ten of either kind must be there to be found
        used += 1
        queries = [
            f"{plural(kind)} on the {side} side of the picture" for side in ("left", "right")
        ]
        best = first(bench.texts(queries) @ images[rows].T)
        found["left"].append(lies_left[best[0]].mean())
        found["right"].append(lies_left[best[1]].mean())
        found["shared"].append(len(set(best[0]) & set(best[1])) / FIRST)
    return {
        "things": used,
        **{name: 100 * float(np.mean(values)) for name, values in found.items()},
    }


def coarse(
    bench: Bench, dataset: RetrievalDataset, images: NDArray[np.float32]
) -> dict[str, float]:
    """Recall at ten of the captions, by the share of a picture's side that is left.

    ``images`` are the embeddings of the whole pictures.
    """
    texts, inverse = dataset.distinct_captions
    captions = bench.texts(texts)[inverse]
    found = {}
    for share in SHARES:
        scenes = images if share == 1 else bench.images(dataset, share)
        hits = recall(captions @ scenes.T, dataset.caption_to_image)
        found[f"{share:g}"] = 100 * float(hits.mean())
    return found


def shares(bench: Bench, dataset: RetrievalDataset) -> list[float | None]:
    """Mean global share of each block, in percent; None of a block without that branch."""
    vision = bench.image.vision
    step = max(1, len(dataset) // LOOKED_AT)
    chosen = dataset.records[::step]
    found = []
    with torch.inference_mode():
        for _, square in iter_pixels(chosen, vision.config.image_size, workers=1):
            seen = vision(to_pixel_values(square[None]), need_weights=True)
            found.append(mean_shares(seen.attention))
    return [
        None if block[0] is None else 100 * float(np.mean(block))
        for block in zip(*found, strict=True)
    ]


def rare_words(bench: Bench, folder: Path) -> dict[str, Any]:
    """Recall at ten of val captions whose rarest word the train split has seldom, and often."""
    train, val = (load_dataset(folder, split, on_error="skip") for split in ("train", "val"))
    count = Counter(
        word for record in train.records for text in record.captions for word in words(text)
    )
    captions = [text for record in val.records for text in record.captions]
    rarest = np.array([min((count[word] for word in words(text)), default=0) for text in captions])
    texts, inverse = val.distinct_captions
    scores = bench.texts(texts)[inverse] @ bench.images(val).T
    hits = recall(scores, val.caption_to_image)
    groups = {
        "unseen": rarest == 0,
        "rare": (rarest > 0) & (rarest <= RARE),
        "between": (rarest > RARE) & (rarest < FREQUENT),
        "frequent": rarest >= FREQUENT,
    }
    return {
        name: {"captions": int(rows.sum()), "t2i_r10": 100 * float(hits[rows].mean())}
        for name, rows in groups.items()
        if rows.any()
    }


def words(text: str) -> list[str]:
    """The words of a caption."""
    return re.findall("[a-z]+", text.lower())


def kinds(truths: Sequence[SceneTruth]) -> list[str]:
    """The things that any scene shows."""
    return sorted({thing.kind for truth in truths for thing in truth.objects})


def shown(truths: Sequence[SceneTruth], kind: str) -> NDArray[np.bool_]:
    """Which scenes show a thing."""
    return np.array([any(thing.kind == kind for thing in truth.objects) for truth in truths])


def centre(truth: SceneTruth, kind: str) -> float:
    """How far from the left a scene's things of a kind lie on average, in pixels."""
    boxes = [thing.box for thing in truth.objects if thing.kind == kind]
    return float(np.mean([(box[0] + box[2]) / 2 for box in boxes]))


def main() -> None:
    """Measure, print, and write the file if one is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint())
    parser.add_argument("--gallery", type=Path, default=GALLERY)
    parser.add_argument("--data", type=Path, help="a data set with train and val")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    checkpoint = open_checkpoint(args.checkpoint)
    bench = Bench(checkpoint)
    dataset, truths = load_dataset(args.gallery), read_truths(args.gallery)
    images = bench.images(dataset)
    result: dict[str, Any] = {
        "fingerprint": checkpoint.fingerprint,
        "gallery": {"name": args.gallery.name, "scenes": len(truths)},
        "negation": negation(bench, images, truths),
        "sides": sides(bench, images, truths),
        "coarse": coarse(bench, dataset, images),
        "shares": shares(bench, dataset),
    }
    if args.data:
        result["rare_words"] = {"data": args.data.name, **rare_words(bench, args.data)}
    for name, value in result.items():
        print(f"{name}: {value}")
    if args.json:
        write_json(args.json, result)


if __name__ == "__main__":
    main()
