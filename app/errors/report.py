"""What Errors found as one HTML file to read and print. Pure.

It asks for nothing: its style and pictures are inside it, it has no script, and its own policy
forbids both. Every text is escaped by `_tag`.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from app.errors.export import Export, PicturedCase, Side
from app.errors.origin import (
    caution,
    foot,
    net,
    sizes,
    spread,
)
from app.kit.theme import DARK, LIGHT
from app.query.titles import stage_title
from app.words.errors import ERRORS
from app.words.numbers import decimal, rank, signed, whole
from cmpagl.measure.ledger import CELLS, TableRow

__all__ = ["report"]

MOST_ROWS = 40  # of the confusion

STYLE = """
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1080px; background: var(--ground);
  color: var(--ink); font: 15px/1.5 "IBM Plex Sans", system-ui, sans-serif; }
h1 { margin: 0; font-size: 26px; letter-spacing: -0.01em; }
h2 { margin: 40px 0 8px; font-size: 19px; }
p { margin: 4px 0; max-width: 90ch; }
.quiet, figcaption { color: var(--quiet); font-size: 13px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); text-align: right;
  font-weight: 400; overflow-wrap: anywhere; }
th:first-child, td.word { text-align: left; }
thead th { color: var(--quiet); font-size: 13px; }
.down { color: var(--down); }
svg { display: block; max-width: 560px; width: 100%; height: auto; }
svg text { font-size: 13px; fill: var(--ink); }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 14px;
  padding: 0; list-style: none; }
.cases li { padding: 12px; border: 1px solid var(--line); border-radius: 12px;
  background: var(--panel); break-inside: avoid; }
.pictures { display: flex; gap: 10px; }
figure { margin: 0 0 8px; width: 132px; }
img { width: 132px; height: 132px; object-fit: cover; border-radius: 8px; }
.rank { font-size: 18px; font-weight: 700; }
@media print { body { background: none; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class _Html(str):
    """Text that is markup already."""


def _tag(name: str, /, *children: str, **attributes: object) -> _Html:
    """An element; children are escaped unless `_tag` made them. ``class_`` gives ``class``."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
    )
    inside = "".join(c if isinstance(c, _Html) else html.escape(c) for c in children)
    return _Html(f"<{name}{said}>{inside}</{name}>")


def _empty(name: str, /, **attributes: object) -> _Html:
    return _Html(_tag(name, **attributes).removesuffix(f"</{name}>"))


def report(export: Export) -> str:
    """The whole document."""
    request, origin = export.request, export.origin
    titles = stage_title(request.before), stage_title(request.after)
    pair = ERRORS.report_pair.format(before=titles[0], after=titles[1])
    head = _tag(
        "head",
        _empty("meta", charset="utf-8"),
        _empty("meta", http_equiv="Content-Security-Policy", content=POLICY),
        _empty("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _tag("title", f"{ERRORS.report}: {origin.data}"),
        _tag("style", _Html(_colours() + STYLE)),
    )
    body = _tag(
        "body",
        _tag("h1", ERRORS.report),
        _tag("p", f"{pair}. {foot(origin)}."),
        _tag("p", sizes(origin), class_="quiet"),
        _tag("p", caution(origin), class_="quiet"),
        *_recall(export.table, titles),
        *(part for way in export.sides for part in _ledger(export, way)),
        *(part for cell in export.pictured for part in _cases(export, cell)),
        *_classes(export),
        *_reviewed(export),
        _tag("p", ERRORS.report_cite, class_="quiet"),
    )
    return "<!DOCTYPE html>\n" + _tag("html", head, body, lang="en") + "\n"


def _colours() -> str:
    def variables(colours: dict[str, str]) -> str:
        return " ".join(f"--{name}: {value};" for name, value in colours.items())

    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {variables(DARK)} }} }}"
    return f":root {{ color-scheme: light dark; {variables(LIGHT)} }} {dark}"


def _table(head: Iterable[str], rows: Iterable[Sequence[str]], words: int = 1) -> _Html:
    """A table whose first ``words`` columns are text."""
    cells = [
        _tag(
            "tr",
            _tag("th", row[0], scope="row"),
            *(
                _tag("td", cell, **({"class_": "word"} if i < words else {}))
                for i, cell in enumerate(row[1:], start=1)
            ),
        )
        for row in rows
    ]
    top = _tag("tr", *(_tag("th", name, scope="col") for name in head))
    return _tag("table", _tag("thead", top), _tag("tbody", *cells))


def _recall(table: tuple[TableRow, ...], titles: tuple[str, str]) -> list[_Html]:
    rows = []
    for row in table:
        within = [
            spread(part, show)
            for part, show in ((row.before, decimal), (row.after, decimal), (row.gain, signed))
        ]
        rows.append(
            [
                ERRORS.metrics[row.name],
                f"{decimal(row.before.value)} ({within[0]})",
                f"{decimal(row.after.value)} ({within[1]})",
                f"{signed(row.gain.value)} ({within[2]})",
                f"{decimal(row.equal_before)} → {decimal(row.equal_after)}",
            ]
        )
    head = [ERRORS.metric, *titles, ERRORS.gain, ERRORS.equal]
    return [_tag("h2", ERRORS.table), _tag("p", ERRORS.table_help), _table(head, rows)]


def _ledger(export: Export, direction: str) -> list[_Html]:
    within = export.request.within
    flow = export.sides[direction].flows[within]
    kind = ERRORS.queries[direction]
    title = ERRORS.flow.format(n=whole(sum(flow.values())), queries=kind, k=within)
    gain = next(row.gain for row in export.table if row.name == f"{direction}_r{within}")
    return [_tag("h2", title), _bars(flow), _tag("p", net(flow, gain, kind))]


def _bars(flow: dict[str, int] | object) -> _Html:
    """A bar for each cell of the ledger, with its name and its number."""
    assert isinstance(flow, dict)
    most = max(*flow.values(), 1)
    fills = {"fixed": "up", "broken": "down", "right": "accent", "wrong": "before"}
    bars = []
    for i, cell in enumerate(CELLS):
        y, wide = 8 + 30 * i, 300 * flow[cell] / most
        bars += [
            _tag("text", ERRORS.cells[cell], x=0, y=y + 15),
            _tag("rect", x=120, y=y, width=f"{wide:.1f}", height=20, fill=f"var(--{fills[cell]})"),
            _tag("text", whole(flow[cell]), x=f"{128 + wide:.1f}", y=y + 15),
        ]
    alt = ", ".join(f"{ERRORS.cells[cell]}: {whole(flow[cell])}" for cell in CELLS)
    return _tag("svg", *bars, viewBox="0 0 500 132", role="img", aria_label=alt)


def _cases(export: Export, cell: str) -> list[_Html]:
    shown = export.pictured[cell]
    if not shown:
        return []
    request = export.request
    total = export.sides[request.direction].flows[request.within][cell]
    title = ERRORS.report_cases.format(
        cell=ERRORS.cells[cell],
        n=len(shown),
        total=whole(total),
        queries=ERRORS.queries[request.direction],
    )
    cards = [_case(export, one, cell) for one in shown]
    return [_tag("h2", title), _tag("ul", *cards, class_="cases")]


def _case(export: Export, one: PicturedCase, cell: str) -> _Html:
    request, case = export.request, one.case
    by_text = request.direction == "t2i"
    side = 0 if cell == "fixed" else 1
    stage = stage_title((request.before, request.after)[side])
    hit = ERRORS.report_hit.format(stage=stage)
    pictures = [(one.truth, "✓ " + (ERRORS.truth if by_text else ERRORS.query_scene))]
    if one.hit:
        pictures.append((one.hit, f"× {hit}"))
    ranks = {"before": rank(case.before), "after": rank(case.after)}
    said = [] if by_text else [_tag("p", f"× {case.captions[side]}", class_="down")]
    return _tag(
        "li",
        _tag(
            "div",
            *(
                _tag("figure", _empty("img", src=src, alt=""), _tag("figcaption", text))
                for src, text in pictures
                if src
            ),
            class_="pictures",
        ),
        _tag("p", case.text if by_text else case.scene.title),
        *said,
        _tag("p", ERRORS.report_rank.format(**ranks), class_="rank"),
        _tag("p", case.scene.class_name or "", class_="quiet"),
    )


def _classes(export: Export) -> list[_Html]:
    request = export.request
    side: Side = export.sides[request.direction]
    columns = ERRORS.report_columns
    parts = []
    if side.classes:
        rows = [
            [
                row.name,
                whole(row.n),
                decimal(row.before),
                decimal(row.after),
                signed(row.after - row.before),
                whole(row.fixed),
                whole(row.broken),
            ]
            for row in side.classes
        ]
        kind = ERRORS.queries[request.direction]
        parts += [_tag("h2", f"{ERRORS.by_class}: {kind}")]
        parts += [_tag("p", ERRORS.recall_at.format(k=request.within))]
        parts += [_table(columns["class"], rows)]
        pairs = [[a, b, whole(x), whole(y)] for a, b, x, y in side.confused[:MOST_ROWS]]
        parts += [_tag("h2", ERRORS.confusion_table), _table(columns["confusion"], pairs, 2)]
    hubs = side.hubs
    rows = [
        [name, decimal(hub.before), decimal(hub.after)]
        for name, hub in zip(side.hub_names, hubs.items, strict=True)
    ]
    told = ERRORS.skewness.format(
        before=decimal(hubs.skewness[0], 2), after=decimal(hubs.skewness[1], 2)
    )
    return [*parts, _tag("h2", ERRORS.hubs), _tag("p", told), _table(columns["hubs"], rows)]


def _reviewed(export: Export) -> list[_Html]:
    rows = []
    for direction, side in export.sides.items():
        for query in side.reviewed:
            case = side.cases[query]
            said = export.verdicts.get(case.key)
            if said is None:
                continue
            by_text = direction == "t2i"
            rows.append(
                [
                    case.text if by_text else case.scene.image_id,
                    case.hits[1].image_id,
                    case.nearest,
                    decimal(case.cosine, 2),
                    ERRORS.verdicts[said],
                ]
            )
    if not rows:
        return []
    head = ERRORS.report_columns["reviewed"]
    return [_tag("h2", ERRORS.report_reviewed), _table(head, rows, 3)]
