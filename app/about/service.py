"""About: what is open, what it was made with, and what is known of it. Nothing is measured here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.explorer.explorer import Explorer, Opened
from app.words.about import ABOUT
from cmpagl.diagnose.results import Diagnosis, load_diagnosis
from cmpagl.errors import CmpaglError
from cmpagl.rank.stage import FUSED, offered
from cmpagl.store.engine import Reach

__all__ = ["AboutAnswer", "Facts", "ModelFacts", "about_answer"]

LOG = logging.getLogger("cmpagl.explorer")

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Facts:
    """What is open, in numbers."""

    data: str
    split: str
    drawn: bool  # the scenes are drawn, not photographed
    n_scenes: int
    n_captions: int
    n_distinct: int
    n_classes: int
    n_skipped: int  # pictures that could not be read when the index was made
    reach: Reach  # which scenes an answer is made of


@dataclass(frozen=True)
class ModelFacts:
    """A model that is open, in numbers, and what is known of it."""

    checkpoint: str
    fingerprint: str
    has_map: bool
    bank_texts: int  # 0: the model has no bank
    bank_images: int
    image_size: int  # 0: it reads none
    text_pieces: int  # that the model reads of a sentence; 0: it reads none
    width: int  # of the joint space
    n_parameters_bytes: int  # of the weights' files
    bank_made: bool = False  # by `python -m cmpagl bank`, not with the model
    can_fuse: bool = True
    fuses: bool = True  # fusion takes part in a ranking that is offered
    known_texts: int = 0  # the only ones that it reads; 0: any
    fusion_gains: tuple[tuple[str, float], ...] = ()  # data set, mR held out, as it was tuned
    card: str = ""  # Markdown, untrusted
    diagnosis: Diagnosis | None = None
    diagnosis_problem: str = ""


@dataclass(frozen=True)
class AboutAnswer:
    """Everything that the tab shows; parts that are not there are empty."""

    problem: str = ""  # why nothing of a gallery is told
    facts: Facts | None = None
    models: tuple[ModelFacts, ...] = ()  # one, or two
    notice: str = ""
    citation: str = ""


def about_answer(explorer: Explorer) -> AboutAnswer:
    """What there is to say; whatever is missing is said, nothing is raised."""
    notice, citation = _text("NOTICE"), _text("CITATION.cff")
    try:
        opened = explorer.opened()
        models = (opened, *([opened.second] if opened.second else []))
        return AboutAnswer(
            facts=_facts(opened),
            models=tuple(_model(one) for one in models),
            notice=notice,
            citation=citation,
        )
    except CmpaglError as error:
        return AboutAnswer(problem=str(error), notice=notice, citation=citation)
    except Exception as error:
        LOG.exception("about failed")
        sentence = ABOUT.failed.format(kind=type(error).__name__)
        return AboutAnswer(problem=sentence, notice=notice, citation=citation)


def _facts(opened: Opened) -> Facts:
    gallery = opened.gallery
    return Facts(
        data=gallery.name,
        split=gallery.split or "",
        drawn=opened.drawn,
        n_scenes=len(gallery),
        n_captions=gallery.n_captions,
        n_distinct=len(gallery.distinct_captions),
        n_classes=len(gallery.class_names),
        n_skipped=len(gallery.skipped),
        reach=gallery.reach,
    )


def _model(opened: Opened) -> ModelFacts:
    gallery, checkpoint = opened.gallery, opened.retriever.checkpoint
    config = checkpoint.config
    problem, diagnosis = "", None
    try:
        diagnosis = load_diagnosis(checkpoint.folder, fingerprint=gallery.fingerprint)
    except CmpaglError as error:
        problem = str(error)
    return ModelFacts(
        checkpoint=checkpoint.name,
        fingerprint=checkpoint.fingerprint,
        has_map=gallery.has_map,
        bank_texts=gallery.bank_size("t2i") if checkpoint.has_bank else 0,
        bank_images=gallery.bank_size("i2i") if checkpoint.has_bank else 0,
        image_size=config.vision.image_size if checkpoint.reads_pictures else 0,
        text_pieces=config.text.max_length if checkpoint.reads_text else 0,
        width=config.embed_dim,
        n_parameters_bytes=sum(
            int(said["bytes"]) for name, said in checkpoint.files.items() if "bank" not in name
        ),
        bank_made=checkpoint.kept is not None,
        known_texts=len(checkpoint.known_texts or ()),
        can_fuse=config.fusion.depth > 0,
        fuses=any(stage.fuses for stage in offered(config.ranking)),
        fusion_gains=_fusion_gains(checkpoint.provenance),
        card=checkpoint.card(),
        diagnosis=diagnosis,
        diagnosis_problem=problem,
    )


def _fusion_gains(provenance: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """What fusion gained over aligned scores on each data set that the ranking was tuned on."""
    try:
        gains = provenance["tuning"]["held_out_gain_mR"].items()
        found = {name: one.get(FUSED.name) for name, one in gains}
        return tuple((str(n), float(gain["value"])) for n, gain in found.items() if gain)
    except (KeyError, TypeError, ValueError, AttributeError):  # a checkpoint says what it likes
        return ()


def _text(name: str) -> str:
    """A file of the repository; empty where the app was installed without."""
    try:
        return (ROOT / name).read_text("utf-8")
    except OSError:
        return ""
