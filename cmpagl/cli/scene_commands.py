"""What the commands that draw scenes take."""

from __future__ import annotations

import argparse

from cmpagl.cli.arguments import (
    NOTHING_KEPT,
    Command,
    add_checkpoint,
    add_json_file,
    add_workers,
    existing_folder,
    new_folder,
    one_of,
    positive_int,
    seed_int,
)

__all__ = ["DIAGNOSE", "DRAW"]


def _draw(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count", metavar="N", type=positive_int, required=True, help="how many scenes"
    )
    parser.add_argument(
        "--seed",
        metavar="S",
        type=seed_int,
        required=True,
        help="the same seed draws the same bytes",
    )
    parser.add_argument(
        "--split",
        metavar="NAME",
        default="train",
        help="the split written into the data set (default: %(default)s)",
    )
    parser.add_argument(
        "--format",
        metavar="{webp,jpg}",
        type=one_of("webp", "jpg"),
        default="webp",
        help="picture files (default: %(default)s)",
    )
    add_workers(parser)
    parser.add_argument(
        "--out", metavar="DIR", type=new_folder, required=True, help="folder of the data set"
    )


DRAW = Command(
    "draw overhead scenes whose content is known exactly",
    "Draws scenes with five captions each and their truth (objects, boxes, colours, counts, "
    "relations) as a data set in Karpathy's layout plus truth.json.",
    "draw --count 500 --seed 7 --out scenes",
    _draw,
    "Stopped; the same command goes on where it was.",
)


def _diagnose(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument(
        "--count",
        metavar="N",
        type=positive_int,
        default=600,
        help="scenes to draw and ask about; more are drawn for words that are rare among them "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        metavar="S",
        type=seed_int,
        default=1_000_003,
        help="seed of those scenes; take one that no training used (default: %(default)s)",
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=existing_folder,
        help="also measure these scenes, made by 'draw', by their captions and by the queries of "
        "a queries.json among them (default: only fresh scenes)",
    )
    add_json_file(parser, "the numbers")


DIAGNOSE = Command(
    "ask a model about drawn scenes: what does it get right, where does it look",
    "Draws fresh scenes and measures recall by class, hard pairs by what tells them apart, and "
    "how often an attention map peaks inside the object that a word names. A checkpoint folder "
    "that holds the numbers as diagnosis.json has them shown beside the maps.",
    "diagnose --data assets/gallery --json checkpoints/cmpagl-small/diagnosis.json",
    _diagnose,
    NOTHING_KEPT,
)
