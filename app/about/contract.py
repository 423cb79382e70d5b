"""What About hands to ``about.js``."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from app.kit.contract import Table

__all__ = ["About", "Block", "Fact", "Measured", "ModelShown", "Run"]


class Fact(TypedDict):
    """One line of what is open."""

    term: str
    text: str


class Run(TypedDict):
    """A piece of a card's text. Untrusted, as all of a card."""

    text: str
    mark: NotRequired[str]  # "strong", "em" or "code"
    link: NotRequired[str]  # where it leads, http(s) only


class Block(TypedDict):
    """A block of a card; which fields it has depends on its kind."""

    kind: str  # "heading", "paragraph", "quote", "list", "code" or "table"
    runs: NotRequired[list[Run]]  # of a heading, a paragraph, a quote
    level: NotRequired[int]  # of a heading, from 1
    ordered: NotRequired[bool]  # a list's
    items: NotRequired[list[list[Run]]]  # a list's
    text: NotRequired[str]  # of code
    head: NotRequired[list[list[Run]]]  # a table's
    rows: NotRequired[list[list[list[Run]]]]  # a table's


class Measured(TypedDict):
    """What was measured, and how."""

    intro: str
    tables: list[Table]


class ModelShown(TypedDict):
    """What there is to say of a model that is open."""

    title: str | None  # which of two it is
    facts: list[Fact]  # its own, where two are told apart
    bank: str  # what the rerankers' statistics were made from
    limits: str  # of what the model reads
    card: list[Block]  # the model card
    card_missing: str | None  # said in its place
    diagnosis: Measured | None
    diagnosis_missing: str | None  # said in its place


class About(TypedDict):
    """The value of ``about.js``; what is not there is None or empty."""

    problem: str | None  # why nothing of a gallery is told
    facts: list[Fact] | None  # what is open, in numbers
    drawn: bool  # the scenes are drawn, not photographed
    both: str | None  # said where two models are open
    models: list[ModelShown]
    feedback: Measured | None  # what marks and unwanted words do
    paper: str  # its address
    citation: str
    notice: str
