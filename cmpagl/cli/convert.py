"""`python -m cmpagl convert`: see `cmpagl.model.convert`."""

from __future__ import annotations

import argparse

from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.convert import convert_clip

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """The command; see `cmpagl.cli.commands` for its flags."""
    convert_clip(args.file, args.out, tokenizer=args.tokenizer, quick_gelu=args.quick_gelu)
    checkpoint = open_checkpoint(args.out)
    size = checkpoint.config.vision.preprocessing.size
    print(f"{args.out} opens with --checkpoint: CLIP, {size} x {size} pixels.")
    return 0
