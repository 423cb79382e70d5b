"""What the commands that make and measure models take."""

from __future__ import annotations

import argparse

from cmpagl.cli.arguments import (
    DATA_HELP,
    NOTHING_KEPT,
    Command,
    add_checkpoint,
    add_checkpoints,
    add_json_file,
    add_limit,
    add_on_error,
    add_workers,
    data_set,
    duration,
    existing_file,
    new_file,
    new_folder,
    one_of,
    positive_int,
    seed_int,
    thread_count,
)

__all__ = ["BANK", "CONVERT", "EVALUATE", "TRAIN"]


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=existing_file,
        required=True,
        help="the run's settings as JSON; an unknown key is refused and the nearest one named",
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=data_set,
        action="append",
        required=True,
        help=f"{DATA_HELP}; give it several times to train on several together, "
        "or to tune the ranking on a folder that has a val split alone",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=new_folder,
        required=True,
        help="folder for checkpoint, state and log",
    )
    parser.add_argument(
        "--vision-init",
        metavar="SOURCE",
        help="folder or hub id that the image tower starts from (default: what --config names)",
    )
    parser.add_argument(
        "--text-init",
        metavar="SOURCE",
        help="folder or hub id that the text tower starts from (default: what --config names)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on where the run in --out was stopped (default: refuse a folder with a run in it)",
    )
    parser.add_argument(
        "--time-budget",
        metavar="TIME",
        type=duration,
        help="save and stop after this time, such as 90m or 1h30m (default: go on to the end)",
    )
    parser.add_argument(
        "--cache",
        metavar="DIR",
        type=new_folder,
        help="folder for features of the frozen layers, shared by runs (default: inside --out)",
    )
    add_on_error(parser)
    parser.add_argument(
        "--device",
        metavar="{auto,cpu,cuda}",
        type=one_of("auto", "cpu", "cuda"),
        default="auto",
        help="where to compute; 'auto' takes a GPU where there is one (default: %(default)s)",
    )
    parser.add_argument(
        "--threads",
        metavar="N",
        type=thread_count,
        help="CPU threads; with 1, runs repeat bit for bit (default: as many as there are cores)",
    )


TRAIN = Command(
    "train a model: pre-align the two towers, then fuse",
    "Trains a model in one run, stage after stage (align, then fuse), tunes the ranking on the "
    "val splits and writes a checkpoint that the other commands open.",
    "train --config run.json --data rsicd --out runs/first --time-budget 90m",
    _train,
    "Stopped; the same command with --resume goes on from the last saved step.",
)


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", type=data_set, required=True, help=DATA_HELP)
    parser.add_argument(
        "--split",
        metavar="NAME",
        help="the split to measure, such as val (default: every image, of all splits)",
    )
    add_checkpoints(parser)
    parser.add_argument(
        "--csv",
        metavar="FILE",
        type=new_file,
        help="with two models, also write the queries that only one of them finds to this "
        "file (default: only print the table)",
    )
    add_json_file(parser, "the table")
    add_limit(parser)
    add_on_error(parser)


EVALUATE = Command(
    "measure retrieval on a split: R@1, R@5, R@10 both ways, mR",
    "Measures retrieval in both directions for each stage of a score (aligned, fused, SMR) and "
    "each baseline reranker, with bootstrap intervals and the three ways to count ties. With "
    "two models, measures both, their difference on the same images, and both at once.",
    "evaluate --data rsicd --split val --json out.json",
    _evaluate,
    NOTHING_KEPT,
)


def _convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=existing_file, help="the published .pt file")
    parser.add_argument("out", metavar="OUT", type=new_folder, help="the folder to write")
    parser.add_argument(
        "--tokenizer",
        metavar="SOURCE",
        default="openai/clip-vit-base-patch32",
        help="folder or hub id with CLIP's tokenizer.json (default: %(default)s)",
    )
    parser.add_argument(
        "--quick-gelu",
        action="store_true",
        help="the model computes with CLIP's approximation of GELU, as those that were trained on "
        "from OpenAI's weights often do (FarSLIP, GeoRSCLIP's ViT-B/32) (default: GELU itself, as "
        "open_clip's names without 'quickgelu' and RemoteCLIP do)",
    )


CONVERT = Command(
    "make a CLIP that was published as a .pt file open here",
    "Reads the weights of a CLIP in open_clip's form (RemoteCLIP and GeoRSCLIP are shared so) "
    "once, in a process of its own that refuses anything but weights, and writes a folder with "
    "safetensors that the other commands open with --checkpoint.",
    "convert RemoteCLIP-ViT-B-32.pt remoteclip",
    _convert,
    NOTHING_KEPT,
)


def _bank(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=new_folder,
        help="folder for the bank, which then opens as the model with it (default: the model's own "
        "folder, where it is a published model in a folder)",
    )
    parser.add_argument(
        "--bank-data",
        metavar="DIR",
        type=data_set,
        action="append",
        help="a data set with captions, of the kind that will be searched, whose train split joins "
        "the bank and whose val split, or a quarter of it, tunes SMR; may be given several times "
        "(default: drawn scenes alone)",
    )
    parser.add_argument(
        "--scenes",
        metavar="N",
        type=positive_int,
        default=300,
        help="scenes drawn for the bank (default: %(default)s)",
    )
    parser.add_argument(
        "--images",
        metavar="N",
        type=positive_int,
        default=1000,
        help="images of each --bank-data, at most (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        metavar="S",
        type=seed_int,
        default=0,
        help="which images of a data set (default: %(default)s)",
    )
    add_workers(parser)
    add_on_error(parser)


BANK = Command(
    "make the query bank that reranking needs, for a model that came without one",
    "Embeds captions and pictures of drawn scenes, and of --bank-data where given, and tunes "
    "SMR on images held out from them. Without a bank, a published model ranks by cosines "
    "alone. An index that is there keeps its embeddings: run 'index' again.",
    "bank --checkpoint hf:openai/clip-vit-base-patch16 --out clip",
    _bank,
    NOTHING_KEPT,
)
