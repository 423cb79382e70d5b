"""Measure a query set by judgments: `python -m cmpagl judge --queries q.csv --index IDX`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from cmpagl.collections.here import rank_by_here
from cmpagl.data.found_text import read_text
from cmpagl.errors import DataError, shortened
from cmpagl.files import write_json, write_text
from cmpagl.judge.judgments import (
    JudgedQuery,
    from_captions,
    judgments_csv,
    qrels,
    read_qrels,
    read_queries,
    run_lines,
    write_lines,
)
from cmpagl.judge.measures import DEPTH, MEASURES, ONE_QUERY, Judged, compare, pool, require_judged
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.rank.stage import FINAL, LIVE, Stage, said_equal, stage_named
from cmpagl.search.ranking import Ranking
from cmpagl.search.retriever import Retriever
from cmpagl.search.teaching import split_unwanted
from cmpagl.store.gallery import Gallery, open_gallery

__all__ = ["run"]

_RUN_DEPTH = 100  # results a query in a run file

Both = tuple[Ranking, Ranking]


def run(args: argparse.Namespace) -> int:
    """Rank ``args.queries`` two ways on ``args.index`` and print the figures with intervals.

    Raises:
        CmpaglError: what opening, reading and ranking refuse, or nothing is judged yet.
    """
    before, after = _stage(args.before), _stage(args.after)
    queries = read_queries(args.queries)
    if args.qrels is not None:
        queries = read_qrels(queries, read_text(args.qrels, fallback="cp1252"))
    checkpoint = open_checkpoint(args.checkpoint)
    gallery = open_gallery(args.index, checkpoint)
    retriever = Retriever(gallery, checkpoint)
    rank_by_here(retriever)
    for stage in (before, after):
        if stage is not FINAL and (said := said_equal(stage, retriever.ranking_config)):
            print(said, file=sys.stderr)
    queries = from_captions(gallery, queries)
    _tell_unknown(gallery, queries)
    if args.pool is None:
        require_judged(queries)
    rankings = {query.id: _ranked(retriever, query.text, before, after) for query in queries}
    if args.pool is not None:
        write_text(args.pool, _pool(gallery, queries, rankings))
        print(f"{args.pool}: {len(queries):,} queries; fill in 'grade' (0 or 1), then judge it.")
        return 0
    first = [
        {key: _names(gallery, both[side]) for key, both in rankings.items()} for side in (0, 1)
    ]
    result = compare(queries, *first)
    print(_table(result, before, after))
    if args.write_qrels is not None:
        write_lines(args.write_qrels, qrels(queries))
    if args.run is not None:
        ranked = {key: _results(gallery, both[1]) for key, both in rankings.items()}
        write_lines(args.run, run_lines(ranked, f"{checkpoint.name}-{after.name}"))
    if args.json is not None:
        write_json(args.json, {"before": before.name, "after": after.name, **result.to_json()})
    return 0


def _tell_unknown(gallery: Gallery, queries: Sequence[JudgedQuery]) -> None:
    """Name a judged scene that the index does not hold: one that is right is never found."""
    names = dict.fromkeys(name for query in queries for name in query.grades)
    if unknown := [name for name in names if gallery.records.find(name) is None]:
        count = "1 judged scene is" if len(unknown) == 1 else f"{len(unknown):,} judged scenes are"
        line = f"{count} not in the index (such as {unknown[0]!r:.80}), so never found."
        print(shortened(line), file=sys.stderr)


def _ranked(retriever: Retriever, text: str, before: Stage, after: Stage) -> Both:
    """Both rankings as the page's columns have them.

    Words after a minus are excluded, and are then the difference: both rankings are ``after``.
    """
    wanted, unwanted = split_unwanted(text)
    asked = retriever.query_text(wanted)
    excluded = retriever.query_text(unwanted) if unwanted else None
    taught = retriever.teach(asked, (), (), excluded)
    items = retriever.candidates(asked, stages=(before, after), taught=taught)
    first = retriever.ranking(asked, after if unwanted else before, candidates=items)
    return first, retriever.ranking(asked, after, candidates=items, taught=taught)


def _stage(name: str) -> Stage:
    found = stage_named(name)
    if found is None:
        names = ", ".join(stage.name for stage in LIVE)
        raise DataError(f"There is no ranking {name!r}; choose one of {names}.")
    return found


def _names(gallery: Gallery, ranking: Ranking) -> list[str]:
    return [gallery.records[item].image_id for item in ranking.items[:DEPTH].tolist()]


def _results(gallery: Gallery, ranking: Ranking) -> list[tuple[str, int, float]]:
    items = ranking.items[:_RUN_DEPTH].tolist()
    return [
        (gallery.records[item].image_id, place, float(score))
        for place, (item, score) in enumerate(zip(items, ranking.scores, strict=False), start=1)
    ]


def _pool(gallery: Gallery, queries: Sequence[JudgedQuery], rankings: dict[str, Both]) -> str:
    """The scenes to judge as a table; those that were judged have their grade."""
    first = {key: [_names(gallery, one) for one in both] for key, both in rankings.items()}
    return judgments_csv(queries, {key: pool(*names) for key, names in first.items()})


def _table(result: Judged, before: Stage, after: Stage) -> str:
    noun = "query" if result.n_queries == 1 else "queries"
    lines = [
        f"{result.n_queries:,} {noun} with a relevant scene; {result.judged:.0f} % of the first "
        f"{DEPTH} of both rankings are judged, the others count as not relevant.",
        f"{'':10} {before.name:24} {after.name:24} change",
    ]
    for name in MEASURES:
        shown = [part[name] for part in (result.before, result.after, result.change)]
        told = [f"{one.value:5.1f} {one.between('.1f')}" for one in shown]
        lines.append(f"{name:10} {told[0]:24} {told[1]:24} {told[2]}")
    return "\n".join([*lines, ONE_QUERY] if result.n_queries == 1 else lines)
