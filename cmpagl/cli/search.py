"""Search an index: `python -m cmpagl search --index DIR "many white planes beside a terminal"`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from cmpagl.cli.paths import default_checkpoint, own_model
from cmpagl.collections.here import rank_by_here
from cmpagl.errors import plain
from cmpagl.export.answer import answer_of
from cmpagl.export.chips import write_chips
from cmpagl.export.geojson import write_geojson
from cmpagl.export.geoparquet import write_geoparquet
from cmpagl.export.scene_table import write_csv
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.rank.stage import ALIGNED, FINAL
from cmpagl.search.fit import Fit, calibration, fit
from cmpagl.search.query import Query
from cmpagl.search.ranking import Ranking
from cmpagl.search.retriever import Retriever
from cmpagl.search.teaching import split_unwanted
from cmpagl.store.engine import Reach
from cmpagl.store.gallery import Gallery, open_gallery

__all__ = ["run"]

_CAPTION = 60  # characters of a caption in the table


def run(args: argparse.Namespace) -> int:
    """Print the best scenes of ``args.index`` for ``args.text`` or the picture ``args.image``.

    Raises:
        CmpaglError: what opening, reading the query and ranking refuse.
    """
    own = own_model(args.index) if args.checkpoint == default_checkpoint() else None
    checkpoint = open_checkpoint(own or args.checkpoint)
    gallery = open_gallery(args.index, checkpoint, mode=args.mode)
    retriever = Retriever(gallery, checkpoint)
    rank_by_here(retriever)
    wanted, unwanted = split_unwanted(args.text or "")
    if args.image is not None:
        query = retriever.query_image(args.image)
    else:
        query = retriever.query_text(wanted)
    excluded = retriever.query_text(unwanted) if unwanted else None
    taught = retriever.teach(query, unwanted=excluded)
    where = gallery.read_where(args.where or "")
    items = retriever.candidates(query, where=where, taught=taught)
    aligned = retriever.ranking(query, ALIGNED, candidates=items)
    stage = ALIGNED if args.no_smr else FINAL
    shown = retriever.ranking(query, stage, candidates=items, taught=taught)
    share = calibration(retriever, query)
    notes = [*_notes(query, fit(retriever, query)), *_reach(gallery.reach)]
    gallery.records.load(shown.items[: args.top])
    _write(args, gallery, shown, aligned)
    if args.json:
        content = {
            "query": {
                "text": query.text.text if query.text else None,
                "image": str(args.image) if args.image is not None else None,
                **({"excluded": unwanted} if unwanted else {}),
            },
            "index": str(gallery.folder),
            "checkpoint": checkpoint.name,
            "stage": shown.stage.name,
            "mode": asdict(gallery.reach),
            "share_of_random_queries_as_high": share,
            "notes": notes,
            "results": _results(gallery, shown, aligned, args.top),
        }
        print(json.dumps(content, indent=2, ensure_ascii=False))
        return 0
    print(_table(gallery, shown, aligned, args.top))
    for note in notes:
        print(note, file=sys.stderr)
    return 0


def _write(args: argparse.Namespace, gallery: Gallery, shown: Ranking, aligned: Ranking) -> None:
    """The files that were asked for, each naming what it was asked with."""
    if not (args.geojson or args.geoparquet or args.csv or args.chips):
        return
    asked = args.text if args.image is None else args.image.name
    answer = answer_of(gallery, asked, shown, aligned, shown.items[: args.top])
    if args.geojson:
        write_geojson(answer, args.geojson)
    if args.geoparquet:
        write_geoparquet(answer, gallery, args.geoparquet)
    if args.csv:
        write_csv(answer, args.csv)
    if args.chips:
        for name in write_chips(answer, gallery, args.chips):
            print(f"left out: {plain(name)}: its picture cannot be read", file=sys.stderr)
    for path in filter(None, (args.geojson, args.geoparquet, args.csv, args.chips)):
        print(f"{path}: {len(answer.items):,} results", file=sys.stderr)
    lost = sum(not item.corners for item in answer.items)
    if lost:
        print(f"{lost:,} of them lie at no known place on Earth.", file=sys.stderr)


def _results(gallery: Gallery, shown: Ranking, aligned: Ranking, top: int) -> list[dict[str, Any]]:
    results = []
    for item, score, rank in zip(shown.items[:top], shown.scores, shown.ranks, strict=False):
        record = gallery.records[item]
        results.append(
            {
                "rank": int(rank),
                "score": float(score),
                "aligned_rank": int(aligned.rank_by_item[item]),
                "aligned_score": float(aligned.score_by_item[item]),
                "id": record.image_id,
                "class": record.class_name,
                "path": str(record.path),
                "captions": list(record.captions),
                "columns": dict(record.columns),
            }
        )
    return results


def _table(gallery: Gallery, shown: Ranking, aligned: Ranking, top: int) -> str:
    rows = _results(gallery, shown, aligned, top)
    width = max(len(plain(row["id"])) for row in rows)
    lines = [f"rank    score  before  {'scene':{width}}  caption"]
    for row in rows:
        caption = plain(row["captions"][0] if row["captions"] else row["class"] or "")
        short = caption if len(caption) <= _CAPTION else caption[: _CAPTION - 1] + "…"
        lines.append(
            f"{row['rank']:4d}  {row['score']:7.4f}  {row['aligned_rank']:6d}  "
            f"{plain(row['id']):{width}}  {short}".rstrip()
        )
    return "\n".join(lines)


def _reach(reach: Reach) -> list[str]:
    """Which scenes were compared, where it was not all."""
    if reach.mode == "exact":
        return []
    found = f"Among the best {reach.found:,} of {reach.rows:,} scenes"
    measured = f"; on this index that found {100 * reach.recall:.1f} %" if reach.recall else ""
    return [f"{found}{measured} of the exact first {reach.top}." if measured else f"{found}."]


def _notes(query: Query, told: tuple[Fit, float] | None) -> list[str]:
    """What a person should know about the answer, in sentences."""
    notes = []
    text = query.text
    if text is not None and not text.understood:
        notes.append("The model knows no word of this query; it reads English.")
    elif text is not None and text.unknown_words:
        notes.append(f"The model does not know: {' '.join(map(plain, text.unknown_words))}.")
    if text is not None and text.foreign_script:
        notes.append("Most of the query is not in Latin letters; the model reads English.")
    if query.cut:
        notes.append("The query is longer than the model reads; its end was cut off.")
    name, share = told or ("good", 0.0)
    if name == "nothing":
        notes.append(
            f"Perhaps nothing here fits: {100 * share:.0f} % of random queries find a scene that "
            "scores at least as high."
        )
    elif name == "unfamiliar":
        notes.append(
            f"The model learned from nothing like this: {100 * share:.1f} % of its sentences are "
            "as unlike the others, so the order may say nothing."
        )
    return notes
