"""The result of `python -m cmpagl diagnose`: its numbers, its file and how to read them back.

A checkpoint folder may hold one as `DIAGNOSIS_FILE`; the page shows the pointing accuracy in it
beside the maps. All shares are in percent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.config.json_types import fits
from cmpagl.errors import CheckpointError
from cmpagl.measure.bootstrap import Interval, intervals
from cmpagl.measure.metrics import RetrievalMetrics

__all__ = [
    "ALL",
    "DIAGNOSIS_FILE",
    "ClassResult",
    "Diagnosis",
    "GalleryRecall",
    "PairResult",
    "RecallResult",
    "WordResult",
    "clustered_share",
    "load_diagnosis",
]

DIAGNOSIS_FILE = "diagnosis.json"
FORMAT = 1
ALL = "all"  # the name of the result over all differences, or all words
RESAMPLES = 2000  # how often clusters are drawn again for an interval


@dataclass(frozen=True)
class RecallResult:
    """One ranking of all scenes, with 95 % intervals over scenes as queries."""

    metrics: RetrievalMetrics
    intervals: Mapping[str, Interval]  # by the names in `RetrievalMetrics`


@dataclass(frozen=True)
class ClassResult:
    """Queries of one land-use class, among the scenes and captions of all classes."""

    class_name: str
    n_scenes: int
    n_captions: int
    stages: Mapping[str, RetrievalMetrics]  # by ranking


@dataclass(frozen=True)
class PairResult:
    """Hard pairs: how often a caption scores its own scene above the twin that it is false of."""

    differs: str  # "count", "colour", "relation", "object" or `ALL`
    n_pairs: int
    n_cases: int  # captions that name the difference
    stages: Mapping[str, Interval]  # by ranking; "match" is the matching head alone; chance is 50


@dataclass(frozen=True)
class WordResult:
    """Pointing: how often a map peaks inside a box of what the word names.

    ``maps`` and ``random`` have the names of `cmpagl.diagnose.score_maps` ("score",
    "sentence") or of `cmpagl.diagnose.pointing` ("block 1" and so on); ``random`` is the same
    model with random weights, on every other scene: empty for a word that is in none of those.
    """

    word: str  # a kind of object, or `ALL`
    n_cases: int
    chance: float  # mean share of the picture inside the boxes
    centre: float  # share of cases in which the picture's centre is inside one
    maps: Mapping[str, Interval]
    random: Mapping[str, Interval]


@dataclass(frozen=True)
class GalleryRecall:
    """How well the scenes of a folder of drawn scenes are found."""

    name: str  # the folder's
    n_images: int
    n_captions: int
    recall: Mapping[str, RecallResult]  # by ranking
    pairs: tuple[PairResult, ...]  # `ALL` last; empty without hard pairs
    n_queries: int  # written by hand; 0 where the folder has none
    queries: Mapping[str, Mapping[str, Interval]]  # ranking -> "r1", "r5", "r10"

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> GalleryRecall:
        """The inverse of `dataclasses.asdict`; raises what `Diagnosis.from_json` does."""
        values = dict(content)
        values["recall"] = _recalls(values["recall"])
        values["pairs"] = _pairs(values["pairs"])
        values["queries"] = {name: _intervals(by) for name, by in values["queries"].items()}
        return cls(**values)


@dataclass(frozen=True)
class Diagnosis:
    """All numbers of one run, on scenes that were drawn for it and on a gallery."""

    checkpoint: str
    fingerprint: str  # of the checkpoint that was asked
    seed: int
    n_scenes: int  # for recall and hard pairs
    n_captions: int
    n_pointing_scenes: int  # those and further ones, for rare words
    recall: Mapping[str, RecallResult]  # by ranking
    classes: tuple[ClassResult, ...]
    pairs: tuple[PairResult, ...]  # `ALL` last; empty where too few scenes were drawn
    words: tuple[WordResult, ...]  # `ALL` last; empty likewise
    gallery: GalleryRecall | None = None  # None where no folder was given
    score_words: tuple[WordResult, ...] = ()
    """As ``words``, of the maps of a score, on fewer scenes."""

    def pointing(self, word: str = ALL) -> WordResult | None:
        """The pointing accuracy for a kind of object, or over all; None if it was not measured."""
        return next((result for result in self.words if result.word == word), None)

    def score_pointing(self, word: str = ALL) -> WordResult | None:
        """The same of the maps of a score."""
        return next((result for result in self.score_words if result.word == word), None)

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Diagnosis:
        """The inverse of `to_json`.

        Raises:
            KeyError: a part is missing.
            TypeError: a part has another form.
            ValueError: it is of another format.
        """
        values = dict(content)
        if values.pop("format") != FORMAT:
            raise ValueError("it is of another format")
        if not fits(values, cls):
            raise TypeError("it says what no diagnosis says")
        values["recall"] = _recalls(values["recall"])
        values["classes"] = tuple(
            ClassResult(
                **{**r, "stages": {s: RetrievalMetrics(**m) for s, m in r["stages"].items()}}
            )
            for r in values["classes"]
        )
        values["pairs"] = _pairs(values["pairs"])
        values["words"] = _words(values["words"])
        values["score_words"] = _words(values.get("score_words", ()))
        if values.get("gallery") is not None:
            values["gallery"] = GalleryRecall.from_json(values["gallery"])
        return cls(**values)


def _recalls(content: Mapping[str, Any]) -> dict[str, RecallResult]:
    return {
        stage: RecallResult(RetrievalMetrics(**r["metrics"]), _intervals(r["intervals"]))
        for stage, r in content.items()
    }


def _pairs(content: Sequence[Mapping[str, Any]]) -> tuple[PairResult, ...]:
    return tuple(PairResult(**{**r, "stages": _intervals(r["stages"])}) for r in content)


def _words(content: Sequence[Mapping[str, Any]]) -> tuple[WordResult, ...]:
    return tuple(
        WordResult(**{**r, "maps": _intervals(r["maps"]), "random": _intervals(r["random"])})
        for r in content
    )


def _intervals(content: Mapping[str, Any]) -> dict[str, Interval]:
    return {name: Interval(**value) for name, value in content.items()}


def load_diagnosis(path: Path, *, fingerprint: str | None = None) -> Diagnosis | None:
    """Read the diagnosis of a checkpoint.

    Args:
        path: a checkpoint's folder, or the file itself.
        fingerprint: of the checkpoint whose numbers are wanted.

    Returns:
        None if there is no such file, or if it is of a checkpoint with another fingerprint.

    Raises:
        CheckpointError: the file is damaged.
    """
    path = path / DIAGNOSIS_FILE if path.is_dir() else path
    if not path.is_file():
        return None
    try:
        found = Diagnosis.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"{path} does not hold a diagnosis ({error}); run `python -m cmpagl diagnose --json "
            f"{path}` again, or remove the file."
        ) from error
    return found if fingerprint in (None, found.fingerprint) else None


def clustered_share(values: npt.ArrayLike, clusters: npt.ArrayLike) -> Interval:
    """The mean of ``values`` in percent and its 95 % bootstrap interval over ``clusters``.

    Args:
        values: ``(N,)`` from 0 to 1, at least one.
        clusters: ``(N,)`` whole numbers or words, equal where values depend on each other.
    """
    numbers = np.asarray(values, dtype=np.float64)
    _, group = np.unique(np.asarray(clusters), return_inverse=True)
    sums, sizes = np.bincount(group, numbers), np.bincount(group)
    rng = np.random.default_rng(0)
    times = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=RESAMPLES)
    resampled = 100.0 * (times @ sums) / (times @ sizes)
    return intervals([100.0 * numbers.mean()], resampled[:, None], len(sums))[0]
