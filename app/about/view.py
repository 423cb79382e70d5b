"""What About's script draws: facts, and of each model its card and the diagnostic's tables."""

from __future__ import annotations

from collections.abc import Sequence

from app.about.contract import About, Fact, Measured, ModelShown
from app.about.feedback import feedback_shown
from app.about.markdown import markdown_blocks, without_front_matter
from app.about.service import AboutAnswer, Facts, ModelFacts
from app.kit.contract import Table
from app.query.titles import stage_title
from app.words.about import ABOUT
from app.words.numbers import decimal, signed, whole
from app.words.search import reach_said
from cmpagl.diagnose.results import ALL, Diagnosis
from cmpagl.measure.bootstrap import Interval
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, FINAL, FUSED, STAGES, stage_named
from cmpagl.store.engine import Reach

__all__ = ["about_view"]

MOST_CARD = 100_000  # characters of a card that are shown
WITHOUT_FUSION = tuple(stage.name for stage in (ALIGNED, ALIGNED_SMR))
WITH_FUSION = (*(stage.name for stage in (FUSED, FINAL)), "match")
PAPER = "https://arxiv.org/abs/2411.14704"


def about_view(answer: AboutAnswer) -> About:
    """The value of ``about.js``."""
    facts, models = answer.facts, answer.models
    two = len(models) > 1
    own = [] if two else [fact for model in models for fact in _model_facts(model)]
    return {
        "problem": answer.problem or None,
        "facts": [*_facts(facts), *own] if facts else None,
        "drawn": bool(facts and facts.drawn),
        "both": _both(models) if two else None,
        "models": [_model(model, place if two else None) for place, model in enumerate(models)],
        "feedback": feedback_shown(),
        "paper": PAPER,
        "citation": answer.citation,
        "notice": answer.notice,
    }


def _both(models: Sequence[ModelFacts]) -> str:
    first, second = (model.checkpoint for model in models)
    return str(ABOUT.both_open.format(first=first, second=second))


def _model(model: ModelFacts, place: int | None) -> ModelShown:
    """A model that is open; ``place`` says which of two it is."""
    card = without_front_matter(model.card[:MOST_CARD])
    diagnosis = model.diagnosis
    missing = None if diagnosis else model.diagnosis_problem or str(ABOUT.no_diagnosis)
    title = None
    if place is not None:
        title = ABOUT.each_model.format(place=ABOUT.places[place], name=model.checkpoint)
    return {
        "title": title,
        "facts": [] if place is None else _model_facts(model),
        "bank": _bank(model),
        "limits": _limits(model),
        "card": markdown_blocks(card),
        "card_missing": None if card.strip() else str(ABOUT.no_card),
        "diagnosis": _diagnosis(diagnosis, _columns(model)) if diagnosis else None,
        "diagnosis_missing": missing,
    }


def _limits(model: ModelFacts) -> str:
    reads = ABOUT.reads.format(pieces=model.text_pieces) if model.text_pieces else ABOUT.reads_none
    if model.known_texts:
        reads = ABOUT.reads_known.format(n=whole(model.known_texts))
    sees = ABOUT.sees.format(size=model.image_size) if model.image_size else ABOUT.sees_none
    return f"{reads} {sees} {ABOUT.limits}"


def _facts(facts: Facts) -> list[Fact]:
    """Terms and what they are, of the gallery."""
    return _told(
        ("data", facts.data),
        ("split", facts.split or ABOUT.all_images),
        ("scenes", whole(facts.n_scenes)),
        ("captions", _captions(facts)),
        ("classes", whole(facts.n_classes) if facts.n_classes else ABOUT.none),
        ("skipped", whole(facts.n_skipped) if facts.n_skipped else ""),
        ("reach", _reach(facts.reach)),
    )


def _model_facts(model: ModelFacts) -> list[Fact]:
    """The same of a model."""
    megabytes = model.n_parameters_bytes / 1e6
    return _told(
        ("map", "" if model.has_map else ABOUT.no_map),
        ("checkpoint", f"{model.checkpoint} ({model.fingerprint[:8]})"),
        ("weights", f"{megabytes:,.0f} MB" if megabytes else ""),
        ("width", whole(model.width)),
        ("fusion", "" if model.fuses or not model.can_fuse else _fusion(model)),
    )


def _told(*rows: tuple[str, str]) -> list[Fact]:
    return [{"term": ABOUT.facts[name], "text": text} for name, text in rows if text]


def _fusion(model: ModelFacts) -> str:
    """Why it is off, by what it gained where the ranking was tuned."""
    if not model.fusion_gains:
        return str(ABOUT.fusion_off)
    each = [ABOUT.gain_on.format(gain=signed(g, 1), data=n) for n, g in model.fusion_gains]
    return str(ABOUT.fusion_off_by.format(gains=", ".join(each)))


def _captions(facts: Facts) -> str:
    if not facts.n_captions:
        return str(ABOUT.no_captions)
    n, distinct = whole(facts.n_captions), whole(facts.n_distinct)
    return str(ABOUT.captions.format(n=n, distinct=distinct))


def _reach(reach: Reach) -> str:
    return str(ABOUT.reach_exact) if reach.mode == "exact" else reach_said(reach)


def _bank(model: ModelFacts) -> str:
    if not model.bank_texts:
        return f"{ABOUT.bank_what} {ABOUT.bank_none}"
    source = ABOUT.bank_made if model.bank_made else ABOUT.bank_trained
    texts, images = whole(model.bank_texts), whole(model.bank_images)
    return f"{ABOUT.bank_what} {source.format(texts=texts, images=images)} {ABOUT.bank_kept}"


# The diagnostic


def _columns(model: ModelFacts) -> tuple[str, ...]:
    """What was measured of rankings that differ: fusion's, where it takes part."""
    return WITHOUT_FUSION + (WITH_FUSION if model.fuses else ())


def _number(value: float) -> str:
    return decimal(value, 1)


def _spread(interval: Interval) -> str:
    between = str(ABOUT.too_few)
    if interval.limits is not None:
        low, high = map(_number, interval.limits)
        between = ABOUT.between.format(low=low, high=high)
    return f"{_number(interval.value)} ({between})"


def _stage(name: str) -> str:
    stage = stage_named(name, STAGES)
    return stage_title(stage) if stage else str(ABOUT.match)


def _diagnosis(found: Diagnosis, columns: tuple[str, ...]) -> Measured:
    words = {
        "scenes": whole(found.n_scenes),
        "captions": whole(found.n_captions),
        "pointing": whole(found.n_pointing_scenes),
        "seed": found.seed,
    }
    tables = [
        _recall(found, columns),
        _gallery(found, columns),
        _pairs(found, columns),
        _pointing(found),
        _class_table(found, columns),
    ]
    return {
        "intro": ABOUT.diagnosis_intro.format(**words),
        "tables": [table for table in tables if table["rows"]],
    }


def _table(name: str, head: list[str], rows: list[list[str]]) -> Table:
    return {"caption": ABOUT.tables[name], "head": head, "rows": rows}


def _recall(found: Diagnosis, shown: tuple[str, ...]) -> Table:
    columns = ("t2i_r1", "t2i_r5", "t2i_r10", "i2t_r1", "i2t_r5", "i2t_r10", "mR")
    rows = [
        [
            _stage(stage),
            *(_number(getattr(result.metrics, name)) for name in columns[:-1]),
            _spread(result.intervals["mR"]) if "mR" in result.intervals else "",
        ]
        for stage, result in found.recall.items()
        if stage in shown
    ]
    return _table("recall", [ABOUT.ranking, *(ABOUT.columns[name] for name in columns)], rows)


def _gallery(found: Diagnosis, shown: tuple[str, ...]) -> Table:
    """The shipped gallery by its own captions, and by queries that people wrote for it."""
    gallery = found.gallery
    names = ("r1", "r5", "r10")
    rows = []
    for stage, result in gallery.recall.items() if gallery else ():
        if stage not in shown:
            continue
        by_hand = gallery.queries.get(stage, {}) if gallery else {}
        rows.append(
            [
                _stage(stage),
                *(_number(getattr(result.metrics, f"t2i_{name}")) for name in names),
                *(_spread(by_hand[name]) if name in by_hand else "" for name in names),
            ]
        )
    table = _table("gallery", list(ABOUT.gallery_columns), rows)
    if gallery:
        words = {
            "scenes": whole(gallery.n_images),
            "captions": whole(gallery.n_captions),
            "queries": whole(gallery.n_queries),
        }
        table["caption"] = table["caption"].format(**words)
    return table


def _pairs(found: Diagnosis, shown: tuple[str, ...]) -> Table:
    stages = [s for s in shown if any(s in pair.stages for pair in found.pairs)]
    rows = [
        [
            ABOUT.differs.get(pair.differs, pair.differs),
            whole(pair.n_cases),
            *(_spread(pair.stages[s]) if s in pair.stages else "" for s in stages),
        ]
        for pair in found.pairs
    ]
    head = [ABOUT.difference, ABOUT.cases, *(_stage(stage) for stage in stages)]
    return _table("pairs", head, rows)


def _pointing(found: Diagnosis) -> Table:
    """The maps of a score, and the best map of where it looked, each with chance and the rest."""
    rows = []
    for words, scored in ((found.score_words, True), (found.words, False)):
        for word in words:
            if not word.maps:
                continue
            name = max(word.maps, key=lambda key: word.maps[key].value)
            name = "score" if scored else name
            rows.append(
                [
                    ABOUT.all_words if word.word == ALL else word.word,
                    whole(word.n_cases),
                    ABOUT.score_map if scored else name,
                    _spread(word.maps[name]),
                    _spread(word.random[name]) if name in word.random else "",
                    _number(word.chance),
                    _number(word.centre),
                ]
            )
    return _table("pointing", list(ABOUT.pointing_columns), rows)


def _class_table(found: Diagnosis, shown: tuple[str, ...]) -> Table:
    stages = [s for s in shown if any(s in result.stages for result in found.classes)]
    ordered = (
        sorted(
            found.classes, key=lambda r: -r.stages[stages[-1]].mR if stages[-1] in r.stages else 0.0
        )
        if stages
        else []
    )
    rows = [
        [
            result.class_name,
            whole(result.n_scenes),
            *(_number(result.stages[s].mR) if s in result.stages else "" for s in stages),
        ]
        for result in ordered
    ]
    head = [ABOUT.class_, ABOUT.scenes, *(f"{_stage(s)}, mR" for s in stages)]
    return _table("classes", head, rows)
