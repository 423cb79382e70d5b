r"""Write a checkpoint's model card from measured files; it holds no number of its own.

    python -m benchmarks.model_card --checkpoint checkpoints/cmpagl-small \\
        --evaluation "RSICD val=docs/results/rsicd-val.json" \\
        --evaluation "UCM-Captions val=docs/results/ucm-val.json" --extra docs/card-limits.md

The evaluations are written by ``python -m cmpagl evaluate --json``. A ``diagnosis.json`` in the
checkpoint's folder, written by ``python -m cmpagl diagnose --data assets/gallery --json``, is
printed if it is of this checkpoint; so are the limits of ``python -m benchmarks.limits --json``,
given as ``--limits FILE``, and what ``python -m benchmarks.feedback`` measured, as
``--feedback FILE``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.card_report import feedback_rows
from benchmarks.card_tables import (
    STAGES,
    diagnosis_tables,
    evaluation_table,
    held_out_sentences,
    limit_rows,
)
from cmpagl.diagnose.results import (
    load_diagnosis,
)
from cmpagl.diagnose.scene_recall import MATCH
from cmpagl.files import write_text
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.rank.stage import (
    FINAL,
)

HEADER = """---
license: apache-2.0
language: en
library_name: cmpagl
pipeline_tag: zero-shot-image-classification
tags:
- remote-sensing
- image-text-retrieval
- cross-modal-retrieval
- reranking
base_model:
- facebook/dinov2-small
- sentence-transformers/all-MiniLM-L6-v2
---

# CMPAGL small

An open reading of *Cross-Modal Pre-Aligned Method with Global and Local Information for
Remote-Sensing Image and Text Retrieval* (Sun, Zhao, Liu, Kaup, IEEE TGRS 2024). The authors
published no code and we worked from the abstract: no number here is a reproduction of theirs.

## Intended use

Ranking overhead scenes by an English sentence, and captions by a scene, for exploration and
research. Not for decisions about people or places: it is wrong more often than right at rank 1.

## Training data and lineage

- Image tower: Gswin (`gswin_small_14`, joint), weights of DINOv2-S (Meta, Apache-2.0).
- Text tower: MiniLM-L6 (`all-MiniLM-L6-v2`, Apache-2.0).
- Trained on the train splits of RSICD (Lu et al., TGRS 2018; offered for research) and
  UCM-Captions (Qu et al., CITS 2016, on USGS imagery), and on scenes drawn by this project. None of
  the data sets' pictures or captions ships with it: the query bank holds embeddings only.
"""


def main() -> None:
    """Read the files and write the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--evaluation", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--feedback", type=Path, help="what `benchmarks.feedback` measured")
    parser.add_argument("--limits", type=Path, help="what `benchmarks.limits` measured")
    parser.add_argument(
        "--extra", type=Path, help="Markdown to append: diagnosis, limits, retraining"
    )
    args = parser.parse_args()
    checkpoint = open_checkpoint(args.checkpoint)
    ranking = checkpoint.config.ranking
    lines = [HEADER, "## Results on validation data", ""]
    lines += [
        "Ties count as their expected place; intervals are bootstrapped over images. These are "
        "validation splits, on which the ranking was tuned: what each stage gains when "
        "it is chosen on four fifths of the images and counted on the rest, in five turns, stands "
        "below, and in `config.json` (`provenance.tuning`). The test splits were not touched.",
        "",
    ]
    for item in args.evaluation:
        name, _, path = item.partition("=")
        lines += evaluation_table(name, json.loads(Path(path).read_text(encoding="utf-8")), ranking)
    sentences = held_out_sentences(
        checkpoint.provenance.get("tuning", {}).get("sentences", []), ranking
    )
    if sentences:
        lines += [
            "### What each stage is worth, held out",
            "",
            "Counted while the ranking was tuned, at the end of `train`; `evaluate` gives the "
            "gains on all images instead.",
            "",
            *(f"- {s}" for s in sentences),
            "",
        ]
    found = load_diagnosis(args.checkpoint, fingerprint=checkpoint.fingerprint)
    if found is not None:
        equal = {stage.name for stage in STAGES if stage.fusion_off(ranking)}
        lines += diagnosis_tables(found, equal | ({MATCH} if FINAL.name in equal else set()))
    if args.feedback:
        learnt = json.loads(args.feedback.read_text(encoding="utf-8"))
        lines += ["## Marks and unwanted words", "", *feedback_rows(learnt), ""]
    if args.limits:
        limits = json.loads(args.limits.read_text(encoding="utf-8"))
        if limits["fingerprint"] != checkpoint.fingerprint:
            parser.error(f"{args.limits} is of another checkpoint; measure this one first.")
        lines += limit_rows(limits)
    if args.extra:
        lines += [args.extra.read_text(encoding="utf-8")]
    write_text(args.checkpoint / "README.md", "\n".join(lines).rstrip() + "\n")
    print(args.checkpoint / "README.md")


if __name__ == "__main__":
    main()
