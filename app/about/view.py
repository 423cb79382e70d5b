"""What About's script draws: facts, the model card, and the diagnostic's tables. Pure."""

from __future__ import annotations

from app.about.contract import About, DiagnosisShown, Fact
from app.about.markdown import markdown_blocks, without_front_matter
from app.about.service import AboutAnswer, Facts
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
    facts, diagnosis = answer.facts, answer.diagnosis
    card = without_front_matter(answer.card[:MOST_CARD])
    return {
        "problem": answer.problem or None,
        "facts": _facts(facts) if facts else None,
        "drawn": bool(facts and facts.drawn),
        "bank": _bank(facts) if facts else None,
        "limits": _limits(facts) if facts else None,
        "card": markdown_blocks(card),
        "card_missing": ABOUT.no_card if facts and not card.strip() else None,
        "diagnosis": _diagnosis(diagnosis, _columns(facts)) if diagnosis else None,
        "diagnosis_missing": _why_no_diagnosis(answer),
        "paper": PAPER,
        "citation": answer.citation,
        "notice": answer.notice,
    }


def _limits(facts: Facts) -> str:
    return str(ABOUT.limits.format(pieces=facts.text_pieces, size=facts.image_size))


def _facts(facts: Facts) -> list[Fact]:
    """Terms and what they are."""
    words = ABOUT.facts
    rows = [
        ("data", facts.data),
        ("split", facts.split or ABOUT.all_images),
        ("scenes", whole(facts.n_scenes)),
        ("captions", _captions(facts)),
        ("classes", whole(facts.n_classes) if facts.n_classes else ABOUT.none),
        ("skipped", whole(facts.n_skipped) if facts.n_skipped else ""),
        ("map", "" if facts.has_map else ABOUT.no_map),
        ("reach", _reach(facts.reach)),
        ("checkpoint", f"{facts.checkpoint} ({facts.fingerprint[:8]})"),
        ("weights", f"{facts.n_parameters_bytes / 1e6:,.0f} MB"),
        ("width", whole(facts.width)),
        ("fusion", "" if facts.fuses else _fusion(facts)),
    ]
    return [{"term": words[name], "text": text} for name, text in rows if text]


def _fusion(facts: Facts) -> str:
    """Why it is off, by what it gained where the ranking was tuned."""
    if not facts.fusion_gains:
        return str(ABOUT.fusion_off)
    each = [ABOUT.gain_on.format(gain=signed(g, 1), data=n) for n, g in facts.fusion_gains]
    return str(ABOUT.fusion_off_by.format(gains=", ".join(each)))


def _captions(facts: Facts) -> str:
    if not facts.n_captions:
        return str(ABOUT.no_captions)
    n, distinct = whole(facts.n_captions), whole(facts.n_distinct)
    return str(ABOUT.captions.format(n=n, distinct=distinct))


def _reach(reach: Reach) -> str:
    return str(ABOUT.reach_exact) if reach.mode == "exact" else reach_said(reach)


def _bank(facts: Facts) -> str:
    texts, images = whole(facts.bank_texts), whole(facts.bank_images)
    return str(ABOUT.bank.format(texts=texts, images=images))


# The diagnostic


def _why_no_diagnosis(answer: AboutAnswer) -> str | None:
    if answer.diagnosis or answer.facts is None:
        return None
    return answer.diagnosis_problem or str(ABOUT.no_diagnosis)


def _columns(facts: Facts | None) -> tuple[str, ...]:
    """What was measured of rankings that differ: fusion's, where it takes part."""
    return WITHOUT_FUSION + (WITH_FUSION if facts is None or facts.fuses else ())


def _number(value: float) -> str:
    return decimal(value, 1)


def _spread(interval: Interval) -> str:
    between = ABOUT.between.format(low=_number(interval.low), high=_number(interval.high))
    return f"{_number(interval.value)} ({between})"


def _stage(name: str) -> str:
    stage = stage_named(name, STAGES)
    return stage_title(stage) if stage else str(ABOUT.match)


def _diagnosis(found: Diagnosis, columns: tuple[str, ...]) -> DiagnosisShown:
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
