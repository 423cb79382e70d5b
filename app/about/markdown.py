"""Markdown as blocks of plain text with marks, which a script sets as textContent. Pure.

The text is untrusted: markup in it stays text, pictures become their descriptions, and only links
to http(s) can be followed. Headings, paragraphs, lists, tables, quotes and code are read; the rest
is a paragraph.
"""

from __future__ import annotations

import re

from app.about.contract import Block, Run

__all__ = ["markdown_blocks", "without_front_matter"]

MOST_LINE = 2000  # of a line; and of a paragraph whose marks are read (patterns take their time)


def without_front_matter(text: str) -> str:
    """A card without the metadata between its first two lines of ``---``."""
    match = re.match(r"\ufeff?---[ \t]*\n.*?\n---[ \t]*(?:\n|$)", text, re.DOTALL)
    return text[match.end() :] if match else text


HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t#]*$")
ITEM = re.compile(r"[ \t]*(?:[-*+]|(\d{1,9})[.)])[ \t]+(.*)$")
FENCE = re.compile(r"[ \t]*(```+|~~~+)(.*)$")
RULE = re.compile(r"[ \t]*([-*_])(?:[ \t]*\1){2,}[ \t]*$")
DASHES = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")


def markdown_blocks(text: str) -> list[Block]:
    """Markdown as blocks: ``{kind, ...}`` with runs of text, as `about.js` draws them."""
    lines = [line[:MOST_LINE] for line in text.replace("\r\n", "\n").split("\n")]
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif fence := FENCE.match(line):
            at, block = _code(lines, at, fence.group(1))
            blocks.append(block)
        elif heading := HEADING.match(line):
            level = len(heading.group(1))
            blocks.append({"kind": "heading", "level": level, "runs": _runs(heading.group(2))})
            at += 1
        elif RULE.match(line):
            at += 1
        elif "|" in line and at + 1 < len(lines) and DASHES.match(lines[at + 1]):
            at, block = _rows(lines, at)
            blocks.append(block)
        elif ITEM.match(line):
            at, block = _items(lines, at)
            blocks.append(block)
        else:
            at, block = _paragraph(lines, at)
            blocks.append(block)
    return blocks


def _starts_block(line: str) -> bool:
    return not line.strip() or any(p.match(line) for p in (FENCE, HEADING, ITEM, RULE))


def _code(lines: list[str], at: int, fence: str) -> tuple[int, Block]:
    start = at = at + 1
    while at < len(lines) and not lines[at].strip().startswith(fence):
        at += 1
    return at + 1, {"kind": "code", "text": "\n".join(lines[start:at])}


def _items(lines: list[str], at: int) -> tuple[int, Block]:
    items: list[str] = []
    ordered = bool((first := ITEM.match(lines[at])) and first.group(1))
    while at < len(lines):
        if item := ITEM.match(lines[at]):
            items.append(item.group(2))
        elif items and not _starts_block(lines[at]):
            items[-1] += " " + lines[at].strip()  # an item goes on
        else:
            break
        at += 1
    return at, {"kind": "list", "ordered": ordered, "items": [_runs(item) for item in items]}


def _rows(lines: list[str], at: int) -> tuple[int, Block]:
    def cells(line: str) -> list[list[Run]]:
        inside = line.strip().removeprefix("|").removesuffix("|")
        return [_runs(cell.strip()) for cell in inside.split("|")]

    head = cells(lines[at])
    rows = []
    at += 2
    while at < len(lines) and "|" in lines[at]:
        rows.append((cells(lines[at]) + [[]] * len(head))[: len(head)])
        at += 1
    return at, {"kind": "table", "head": head, "rows": rows}


def _paragraph(lines: list[str], at: int) -> tuple[int, Block]:
    kept = [lines[at]]
    at += 1
    while at < len(lines) and not _starts_block(lines[at]):
        kept.append(lines[at])
        at += 1
    quoted = all(line.lstrip().startswith(">") for line in kept)
    text = " ".join(
        line.strip().removeprefix(">").strip() if quoted else line.strip() for line in kept
    )
    return at, {"kind": "quote" if quoted else "paragraph", "runs": _runs(text)}


INLINE = re.compile(
    r"(?P<code>`+)(?P<said>.+?)(?P=code)"
    r"|!\[(?P<alt>[^\]]*)\]\([^)\s]*\)"
    r"|\[(?P<label>[^\]]+)\]\((?P<link>[^)\s]*)\)"
    r"|<(?P<address>https?://[^>\s]+)>"
    r"|(?P<bold>\*\*|__)(?P<strong>\S.*?)(?P=bold)"
    r"|(?<!\w)(?P<mark>[*_])(?P<soft>\S.*?)(?P=mark)(?!\w)"
)


def _runs(text: str) -> list[Run]:
    """Text in pieces, each with a mark: "code", "strong", "em", or a link."""
    runs: list[Run] = []
    at = 0
    if len(text) > MOST_LINE:
        return [{"text": text}]
    for found in INLINE.finditer(text):
        if found.start() > at:
            runs.append({"text": text[at : found.start()]})
        part = found.groupdict()
        if part["said"] is not None:
            runs.append({"text": part["said"].strip(), "mark": "code"})
        elif part["alt"] is not None:
            runs.append({"text": part["alt"]})
        elif part["label"] is not None:
            run: Run = {"text": part["label"]}
            safe = re.match(r"https?://", part["link"])
            runs.append({**run, "link": part["link"]} if safe else run)
        elif part["address"] is not None:
            runs.append({"text": part["address"], "link": part["address"]})
        elif part["strong"] is not None:
            runs.append({"text": part["strong"], "mark": "strong"})
        else:
            runs.append({"text": part["soft"], "mark": "em"})
        at = found.end()
    if at < len(text):
        runs.append({"text": text[at:]})
    return runs
