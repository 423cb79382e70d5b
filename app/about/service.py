"""About: what is open, what it was made with, and what is known of it. Nothing is measured here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.explorer.explorer import Explorer, Opened
from app.words.about import ABOUT
from cmpagl.diagnose.results import Diagnosis, load_diagnosis
from cmpagl.errors import CmpaglError
from cmpagl.rank.stage import FUSED, offered
from cmpagl.store.engine import Reach

__all__ = ["AboutAnswer", "Facts", "about_answer"]

LOG = logging.getLogger("cmpagl.explorer")

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Facts:
    """What is open, in numbers."""

    data: str
    split: str
    checkpoint: str
    fingerprint: str
    drawn: bool  # the scenes are drawn, not photographed
    n_scenes: int
    n_captions: int
    n_distinct: int
    n_classes: int
    n_skipped: int  # pictures that could not be read when the index was made
    has_map: bool
    reach: Reach  # which scenes an answer is made of
    bank_texts: int
    bank_images: int
    image_size: int
    image_join: str
    text_pieces: int  # that the model reads of a sentence
    width: int  # of the joint space
    n_parameters_bytes: int  # of the weights' files
    provenance: Mapping[str, Any] = field(default_factory=dict)
    fuses: bool = True  # fusion takes part in a ranking that is offered
    fusion_gains: tuple[tuple[str, float], ...] = ()  # data set, mR held out, as it was tuned


@dataclass(frozen=True)
class AboutAnswer:
    """Everything that the tab shows; parts that are not there are empty."""

    problem: str = ""  # why nothing of a gallery is told
    facts: Facts | None = None
    card: str = ""  # Markdown, untrusted
    diagnosis: Diagnosis | None = None
    diagnosis_problem: str = ""
    notice: str = ""
    citation: str = ""


def about_answer(explorer: Explorer) -> AboutAnswer:
    """What there is to say; whatever is missing is said, nothing is raised."""
    notice, citation = _text("NOTICE"), _text("CITATION.cff")
    try:
        opened = explorer.opened()
        card, problem, diagnosis = opened.retriever.checkpoint.card(), "", None
        try:
            diagnosis = load_diagnosis(
                opened.retriever.checkpoint.folder, fingerprint=opened.gallery.fingerprint
            )
        except CmpaglError as error:
            problem = str(error)
        return AboutAnswer(
            facts=_facts(opened),
            card=card,
            diagnosis=diagnosis,
            diagnosis_problem=problem,
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
    gallery, checkpoint = opened.gallery, opened.retriever.checkpoint
    config = checkpoint.config
    return Facts(
        data=gallery.name,
        split=gallery.split or "",
        checkpoint=checkpoint.name,
        fingerprint=checkpoint.fingerprint,
        drawn=opened.drawn,
        n_scenes=len(gallery),
        n_captions=gallery.n_captions,
        n_distinct=len(gallery.distinct_captions),
        n_classes=len(gallery.class_names),
        n_skipped=len(gallery.skipped),
        has_map=gallery.has_map,
        reach=gallery.reach,
        bank_texts=gallery.bank_size("t2i"),
        bank_images=gallery.bank_size("i2i"),
        image_size=config.vision.image_size,
        image_join=config.vision.join,
        text_pieces=config.text.max_length,
        width=config.embed_dim,
        n_parameters_bytes=sum(
            int(said["bytes"]) for name, said in checkpoint.files.items() if "bank" not in name
        ),
        provenance=checkpoint.provenance,
        fuses=any(stage.fuses for stage in offered(config.ranking)),
        fusion_gains=_fusion_gains(checkpoint.provenance),
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
