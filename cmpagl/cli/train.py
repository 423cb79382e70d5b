"""`python -m cmpagl train`: see `cmpagl.train.trainer`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import torch

from cmpagl.cli.account import split_lines
from cmpagl.config.run import load_train_config
from cmpagl.errors import UsageError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.train.run_folder import OutOfTime, RunFolder, only_one
from cmpagl.train.trainer import train

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """The command; see `cmpagl.cli.commands` for its flags.

    Raises:
        CmpaglError: it cannot be trained so.
    """
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    given = {"vision_init": args.vision_init, "text_init": args.text_init}
    config = replace(
        load_train_config(
            args.config,
            lambda source: open_checkpoint(args.vision_init or source).config.vision,
        ),
        **{name: source for name, source in given.items() if source is not None},
    )
    device = args.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            "--device cuda: there is no GPU here that PyTorch can use; give cpu, or leave --device "
            "out."
        )
    for path in args.data:  # before anything is made: what is learnt from, and what is not
        for line in split_lines(path):
            print(line, file=sys.stderr)
    try:
        with only_one(args.out):
            folder = RunFolder(
                args.out,
                config,
                [str(p) for p in args.data],
                resume=args.resume,
                time_budget=args.time_budget,
            )
            train(
                config,
                args.data,
                folder,
                args.cache or args.out / "cache",
                torch.device(device),
                on_error=args.on_error,
            )
    except OutOfTime:
        print("The time budget is spent; go on with --resume.", file=sys.stderr)
        return 0
    print(f"The checkpoint is in {args.out / 'checkpoint'}.")
    return 0
