"""What each command takes: every flag of `python -m cmpagl`, defined here and nowhere else.

This module imports nothing heavy, so that `--help` and a refused flag answer at once. The program
behind command NAME is ``run(args: argparse.Namespace) -> int`` of ``cmpagl.cli.NAME``. It is
imported when the command runs (see `load_program`) and finds in ``args`` the flags below under
their own names with ``-`` as ``_``: ``--on-error`` is ``args.on_error``.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cmpagl import __version__
from cmpagl.cli.arguments import (
    DATA_HELP,
    Parser,
    add_checkpoint,
    add_checkpoints,
    add_chips,
    add_json_file,
    add_limit,
    add_mode,
    add_on_error,
    add_reading,
    data_set,
    duration,
    existing_file,
    existing_folder,
    one_of,
    positive_int,
    seed_int,
    suggest,
)

__all__ = ["COMMANDS", "Command", "build_parser", "load_program", "parse"]

Program = Callable[[argparse.Namespace], int]


@dataclass(frozen=True)
class Command:
    """One command: its words in the help, its flags, and what an interruption leaves behind."""

    summary: str  # one line, in the list of commands
    description: str  # a paragraph, in its own --help
    example: str  # what one would type after `python -m cmpagl`
    add_arguments: Callable[[argparse.ArgumentParser], None]
    when_stopped: str  # a sentence after Ctrl-C: what is kept, how to go on


# One function a command, in the order of a model's life.


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
        type=Path,
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
        type=Path,
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
        type=positive_int,
        help="CPU threads; with 1, runs repeat bit for bit (default: as many as there are cores)",
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
        type=Path,
        help="with two models, also write the queries that only one of them finds to this "
        "file (default: only print the table)",
    )
    add_json_file(parser, "the table")
    add_limit(parser)
    add_on_error(parser)


def _index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=data_set,
        action="append",
        required=True,
        help=f"{DATA_HELP}; captions are optional; give it several times to search several as one",
    )
    parser.add_argument(
        "--split", metavar="NAME", help="only this split of the data set (default: every image)"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="folder of the index"
    )
    add_checkpoint(parser)
    add_limit(parser)
    add_on_error(parser)
    add_reading(parser)
    add_chips(parser)
    parser.add_argument(
        "--no-map",
        action="store_true",
        help="leave out the UMAP coordinates: quicker, without a map (default: make them)",
    )
    parser.add_argument(
        "--refit-map",
        action="store_true",
        help="fit the map again over everything, reading every picture (default: once; what comes "
        "later is placed among its neighbours)",
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="take scenes out whose pictures are in the data no more (default: keep and name them)",
    )
    parser.add_argument(
        "--tokens",
        action="store_true",
        help="keep what fusion reads of each scene, 18 kB (default: read the picture again)",
    )
    add_mode(parser, "prepare")
    parser.add_argument(
        "--precision",
        metavar="{auto,float32,bfloat16}",
        type=one_of("auto", "float32", "bfloat16"),
        default="float32",
        help="what pictures are embedded in; 'auto' measures which is quicker on this machine and "
        "says so; bfloat16 moves embeddings by about 0.0001 in cosine (default: %(default)s)",
    )
    parser.add_argument(
        "--views",
        metavar="{1,4}",
        type=int,
        choices=(1, 4),
        help="turned views of a scene whose embeddings are averaged; 1 is four times as quick as 4 "
        "and finds less: of the shipped kind of model 16.7 instead of 18.5 mR on RSICD's val "
        "(default: as many as the model was tuned with)",
    )


_WRITTEN = {
    "geojson": "GeoJSON, with a style beside it that QGIS takes",
    "geoparquet": "GeoParquet, with their embeddings",
    "csv": "a table of comma-separated values",
    "chips": "a ZIP of their pictures, with world files, captions as COCO has them and metadata as "
    "the Hugging Face hub has it",
}
"""Files of `search`, and what they are."""


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--index", metavar="DIR", type=existing_folder, required=True, help="made by 'index'"
    )
    query = parser.add_mutually_exclusive_group(required=True)
    query.add_argument("text", metavar="TEXT", nargs="?", help="what to look for, in English")
    query.add_argument(
        "--image", metavar="FILE", type=existing_file, help="look for scenes like this picture"
    )
    add_checkpoint(parser)
    parser.add_argument(
        "--top",
        metavar="N",
        type=positive_int,
        default=10,
        help="how many results (default: %(default)s)",
    )
    parser.add_argument(
        "--no-smr",
        action="store_true",
        help="rank by the aligned similarity alone (default: rerank with SMR)",
    )
    for name, what in _WRITTEN.items():
        parser.add_argument(
            f"--{name}",
            metavar="FILE",
            type=Path,
            help=f"also write the results as {what} (default: no file)",
        )
    parser.add_argument(
        "--where",
        metavar="FILTER",
        help="only scenes of which this holds, by the columns of the data set's own table: "
        "'year >= 2020 and sensor in (WV-2, WV-3)', 'cloud is missing' (default: all)",
    )
    add_mode(parser, "rank")
    parser.add_argument(
        "--json", action="store_true", help="print the results as JSON (default: as a table)"
    )


def _judge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--queries",
        metavar="FILE",
        type=existing_file,
        required=True,
        help="one query a line, or a CSV with the columns query, scene, grade (and id)",
    )
    parser.add_argument(
        "--index", metavar="DIR", type=existing_folder, required=True, help="made by 'index'"
    )
    add_checkpoint(parser)
    parser.add_argument(
        "--qrels",
        metavar="FILE",
        type=existing_file,
        help="more judgments, in TREC's form (default: those in --queries, and the captions)",
    )
    for name, stage in (("before", "aligned"), ("after", "smr")):
        parser.add_argument(
            f"--{name}",
            metavar="RANKING",
            default=stage,
            help="a ranking that the page knows: aligned, aligned_smr, smr, csls, ... "
            "(default: %(default)s)",
        )
    parser.add_argument(
        "--pool",
        metavar="FILE",
        type=Path,
        help="write the first ten of both rankings as a CSV to judge, and measure nothing "
        "(default: measure)",
    )
    parser.add_argument(
        "--write-qrels",
        metavar="FILE",
        type=Path,
        help="write the judgments in TREC's form (default: none)",
    )
    parser.add_argument(
        "--run",
        metavar="FILE",
        type=Path,
        help="write the ranking after as a TREC run (default: none)",
    )
    add_json_file(parser, "the figures")


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
    parser.add_argument(
        "--workers",
        metavar="N",
        type=positive_int,
        default=1,
        help="processes that draw at once (default: %(default)s)",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="folder of the data set"
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


def _convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=existing_file, help="the published .pt file")
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder to write")
    parser.add_argument(
        "--tokenizer",
        metavar="SOURCE",
        default="openai/clip-vit-base-patch32",
        help="folder or hub id with CLIP's tokenizer.json (default: %(default)s)",
    )
    parser.add_argument(
        "--quick-gelu",
        action="store_true",
        help="the model computes with CLIP's approximation of GELU (default: GELU itself, as "
        "open_clip's names without 'quickgelu' do)",
    )


def _bank(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
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
    parser.add_argument(
        "--workers",
        metavar="N",
        type=positive_int,
        default=1,
        help="processes that draw at once (default: %(default)s)",
    )
    add_on_error(parser)


NOTHING_KEPT = "Stopped; nothing was written."

COMMANDS: dict[str, Command] = {
    "train": Command(
        "train a model: pre-align the two towers, then fuse",
        "Trains a model in one run, stage after stage (align, then fuse), tunes the ranking on the "
        "val splits and writes a checkpoint that the other commands open.",
        "train --config run.json --data ../shared/data/rsicd --out runs/first --time-budget 90m",
        _train,
        "Stopped; the same command with --resume goes on from the last saved step.",
    ),
    "evaluate": Command(
        "measure retrieval on a split: R@1, R@5, R@10 both ways, mR",
        "Measures retrieval in both directions for each stage of a score (aligned, fused, SMR) and "
        "each baseline reranker, with bootstrap intervals and the three ways to count ties. With "
        "two models, measures both, their difference on the same images, and both at once.",
        "evaluate --data ../shared/data/rsicd --split val --json out.json",
        _evaluate,
        NOTHING_KEPT,
    ),
    "index": Command(
        "prepare a folder of scenes for search and for the page",
        "Embeds every image and caption once and writes what search and the page open. Run again, "
        "it embeds only what is new or changed, by content.",
        "index --data photos/ --out photos-index",
        _index,
        "Stopped; the same command goes on where it was.",
    ),
    "search": Command(
        "search an index by a sentence or a picture",
        "Ranks the scenes of an index for one query, with and without SMR.",
        'search --index photos-index "many white planes beside a long terminal"',
        _search,
        "Stopped.",
    ),
    "judge": Command(
        "measure rankings by your own queries and judgments",
        "Ranks each query of a set two ways and prints P@10, nDCG@10 and success@1 by what was "
        "judged, with bootstrap intervals and the difference. A query that is a caption of the "
        "gallery counts as judged by it.",
        "judge --queries queries.csv --index photos-index",
        _judge,
        NOTHING_KEPT,
    ),
    "convert": Command(
        "make a CLIP that was published as a .pt file open here",
        "Reads the weights of a CLIP in open_clip's form (RemoteCLIP and GeoRSCLIP are shared so) "
        "once, in a process of its own that refuses anything but weights, and writes a folder with "
        "safetensors that the other commands open with --checkpoint.",
        "convert RemoteCLIP-ViT-B-32.pt remoteclip",
        _convert,
        NOTHING_KEPT,
    ),
    "bank": Command(
        "make the query bank that reranking needs, for a model that came without one",
        "Embeds captions and pictures of drawn scenes, and of --bank-data where given, and tunes "
        "SMR on images held out from them. Without a bank, a published model ranks by cosines "
        "alone. An index that is there keeps its embeddings: run 'index' again.",
        "bank --checkpoint hf:openai/clip-vit-base-patch16 --out clip",
        _bank,
        NOTHING_KEPT,
    ),
    "draw": Command(
        "draw overhead scenes whose content is known exactly",
        "Draws scenes with five captions each and their truth (objects, boxes, colours, counts, "
        "relations) as a data set in Karpathy's layout plus truth.json.",
        "draw --count 500 --seed 7 --out scenes",
        _draw,
        "Stopped; the same command goes on where it was.",
    ),
    "diagnose": Command(
        "ask a model about drawn scenes: what does it get right, where does it look",
        "Draws fresh scenes and measures recall by class, hard pairs by what tells them apart, and "
        "how often an attention map peaks inside the object that a word names. A checkpoint folder "
        "that holds the numbers as diagnosis.json has them shown beside the maps.",
        "diagnose --data assets/gallery --json checkpoints/cmpagl-small/diagnosis.json",
        _diagnose,
        NOTHING_KEPT,
    ),
}
"""Every command by name, in the order of the help."""


def build_parser(prog: str = "python -m cmpagl") -> tuple[Parser, dict[str, Parser]]:
    """Build the parser of the whole command line and, by name, those of the commands."""
    parser = Parser(
        prog=prog,
        description="CMPAGL: search overhead scenes by sentence or picture.",
        epilog=f"'{prog} COMMAND --help' tells what a command takes.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"cmpagl {__version__}")
    added = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    parsers: dict[str, Parser] = {}
    for name, command in COMMANDS.items():
        parsers[name] = added.add_parser(
            name,
            help=command.summary,
            description=command.description,
            epilog=f"example: {prog} {command.example}",
            allow_abbrev=False,
        )
        command.add_arguments(parsers[name])
    return parser, parsers


def parse(argv: Sequence[str], prog: str = "python -m cmpagl") -> argparse.Namespace:
    """Read a command line into a namespace with ``command`` and that command's flags.

    Raises:
        UsageError: The command or a flag is unknown (the nearest one is named), a value is not
            allowed, or something required is missing.
        SystemExit: ``--help`` or ``--version`` was asked for and has been printed.
    """
    parser, parsers = build_parser(prog)
    if argv and not argv[0].startswith("-") and argv[0] not in COMMANDS:
        parser.error(f"unknown command '{argv[0]}'{suggest(argv[0], COMMANDS)}")
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        command = parsers[args.command]
        word = unknown[0].partition("=")[0]
        kind = "option" if word.startswith("-") else "extra argument"
        command.error(f"unknown {kind} '{word}'{suggest(word, command.flags())}")
    return args


def load_program(name: str) -> Program:
    """Import the program behind a command, with all that it needs."""
    program: Program = importlib.import_module(f"cmpagl.cli.{name}").run
    return program
