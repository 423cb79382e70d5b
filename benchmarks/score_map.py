r"""Do the places that a map of a score names carry the score? Hide them and see.

    python -m benchmarks.score_map --json docs/results/score-map.json --figure docs/score-map.png

Scenes spread over the gallery, each with its first caption as the query: the cosine once the
strongest, the weakest, or as many places drawn at random are painted in the picture's mean colour
(`cmpagl.model.score_shares`), with 95 % intervals over scenes; and how long a map takes.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import torch
from numpy.typing import NDArray

from app.kit.theme import LIGHT
from benchmarks.ablation_report import picture
from cmpagl.cli.paths import default_checkpoint
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import load_pixels
from cmpagl.files import write_json
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.embed import embed_texts
from cmpagl.model.score_shares import hidden_scores, place_shares

GALLERY = Path(__file__).resolve().parent.parent / "assets" / "gallery"
HIDDEN = (0.0, 0.1, 0.2, 0.35, 0.5)
ORDERS = {
    "strongest": "strongest places",
    "random": "places at random",
    "weakest": "weakest places",
}
SEED = 0


def measure(checkpoint_folder: Path, count: int) -> dict[str, Any]:
    """The curves, as JSON values."""
    checkpoint = open_checkpoint(checkpoint_folder)
    image, text = checkpoint.image_tower(), checkpoint.text_tower()
    dataset = load_dataset(GALLERY)
    chosen = [
        dataset.records[n] for n in np.linspace(0, len(dataset.records) - 1, count).astype(int)
    ]
    embeds, _ = embed_texts(text, checkpoint.tokenizer(), [one.captions[0] for one in chosen])
    rng = np.random.default_rng(SEED)
    scores: dict[str, list[NDArray[np.float32]]] = {name: [] for name in ORDERS}
    seconds = []
    for record, query in zip(chosen, torch.from_numpy(embeds), strict=True):
        square = load_pixels(record.picture, checkpoint.config.vision.preprocessing.size)
        begun = time.perf_counter()
        maps, _ = place_shares(image, square, query[None])
        seconds.append(time.perf_counter() - begun)
        order = np.argsort(-maps[0], axis=None, kind="stable")
        orders = {"strongest": order, "random": rng.permutation(len(order)), "weakest": order[::-1]}
        for name, one in orders.items():
            masks = []
            for share in HIDDEN:
                mask = np.zeros(maps[0].shape, np.bool_)
                mask.flat[one[: round(share * mask.size)]] = True
                masks.append(mask)
            scores[name].append(hidden_scores(image, square, query, len(maps[0]), masks))
        print(len(seconds), "of", count, flush=True)
    return {
        "fingerprint": checkpoint.fingerprint,
        "scenes": count,
        "hidden": list(HIDDEN),
        "scores": {name: _intervals(np.stack(rows)) for name, rows in scores.items()},
        "seconds_of_a_map": float(np.median(seconds)),
    }


def _intervals(rows: NDArray[np.float32]) -> list[list[float]]:
    """Mean, low and high of each column of ``(scenes, steps)``, scenes drawn again 2,000 times."""
    rng = np.random.default_rng(SEED)
    times = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=2000) / len(rows)
    low, high = np.percentile(times @ rows, [2.5, 97.5], axis=0)
    return np.stack([rows.mean(axis=0), low, high], axis=1).round(4).tolist()


def curves(found: dict[str, Any]) -> go.Figure:
    """The figure of the card."""
    figure = go.Figure()
    shares = [100 * share for share in found["hidden"]]
    for (name, label), colour in zip(
        ORDERS.items(), (LIGHT["accent"], LIGHT["before"], LIGHT["new"]), strict=True
    ):
        mean, low, high = np.array(found["scores"][name]).T
        figure.add_scatter(
            x=shares,
            y=mean,
            name=label,
            line={"color": colour, "width": 3},
            error_y={"array": high - mean, "arrayminus": mean - low, "color": colour},
        )
    figure.update_layout(
        template="plotly_white",
        title=f"Cosine of a caption and its scene as places are hidden, {found['scenes']} scenes",
        xaxis={"title": "hidden places", "ticksuffix": " %"},
        yaxis={"title": "cosine", "rangemode": "tozero"},
        width=900,
        height=460,
    )
    return figure


def main() -> None:
    """Measure, write and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint())
    parser.add_argument("--count", type=int, default=40, help="scenes")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    found = measure(args.checkpoint, args.count)
    write_json(args.json, found)
    if args.figure is not None:
        picture(curves(found), args.figure)
    print(json.dumps(found["scores"], indent=1))


if __name__ == "__main__":
    main()
