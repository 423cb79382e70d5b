"""What a person asks Errors for: from and to the parameters of a link, each checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.query.request import Number
from app.words.errors import ERRORS
from cmpagl.measure.gallery import WITHIN
from cmpagl.measure.ledger import CELLS, DIRECTIONS
from cmpagl.rank.stage import ALIGNED, FINAL, Stage, stage_named

__all__ = [
    "FIT",
    "PARAMS",
    "PARTS",
    "ErrorsRequest",
    "initial_params",
    "read_request",
    "request_params",
]

PARTS = ("cases", "classes", "hubs", "review")

MAX_NAME = 300  # characters of a class
MAX_FROM = 1_000_000
FIT = Number("fit", 0.5, 1.0, 0.01)


@dataclass(frozen=True)
class ErrorsRequest:
    """One view of the errors; equal requests have equal answers."""

    before: Stage = ALIGNED  # the rankings that are compared: those of Search
    after: Stage = FINAL
    direction: str = "t2i"
    within: int = 1
    part: str = "cases"
    cell: str = "fixed"
    of: str = ""  # only queries of this class; all where empty
    hit: str = ""  # only queries whose first hit after is of this class
    start: int = 0  # of the list, from 0
    fit: float = 0.9  # text cosine from which on a first hit's caption fits as well
    problems: tuple[str, ...] = ()  # what of the link could not be read, in sentences


CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "dir": ("direction", DIRECTIONS),
    "part": ("part", PARTS),
    "cell": ("cell", CELLS),
}
PARAMS = ("before", "after", *CHOICES, "within", "of", "hit", "from", "fit")
"""Every parameter that Errors reads."""


def read_request(params: Mapping[str, str]) -> ErrorsRequest:
    """Read the parameters of a link; unknown names are ignored, wrong values are told."""
    values: dict[str, object] = {}
    problems = []

    def take(name: str, field: str, value: object | None) -> None:
        if value is None:
            problems.append(ERRORS.bad_param.format(name=name, value=params[name][:40]))
        else:
            values[field] = value

    for name in ("before", "after"):
        if name in params:
            take(name, name, stage_named(params[name], of_two=True))
    for name, (field, allowed) in CHOICES.items():
        if name in params:
            take(name, field, params[name] if params[name] in allowed else None)
    if "within" in params:
        found = [k for k in WITHIN if params["within"] == str(k)]
        take("within", "within", found[0] if found else None)
    if "from" in params:
        text = params["from"]
        fits = text.isascii() and text.isdigit() and int(text[:8]) <= MAX_FROM
        take("from", "start", int(text) if fits and len(text) <= 7 else None)
    if "fit" in params:
        take("fit", "fit", FIT.read(params["fit"]))
    for name in ("of", "hit"):
        values[name] = params.get(name, "")[:MAX_NAME]
    return ErrorsRequest(**values, problems=tuple(problems))  # type: ignore[arg-type]


def request_params(request: ErrorsRequest) -> dict[str, str | None]:
    """The link's parameters for a request; None for what is as if left out."""
    initial = initial_params()
    return {name: None if text == initial[name] else text for name, text in _texts(request).items()}


def initial_params() -> dict[str, str]:
    """What every parameter is as if it were, where a link leaves it out."""
    return _texts(ErrorsRequest())


def _texts(request: ErrorsRequest) -> dict[str, str]:
    fields = {"before": "before", "after": "after"}
    fields |= {name: field for name, (field, _) in CHOICES.items()}
    fields |= {"within": "within", "of": "of", "hit": "hit", "from": "start", "fit": "fit"}
    values = {name: getattr(request, field) for name, field in fields.items()}
    return {name: _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    if isinstance(value, Stage):
        return value.name
    return f"{value:g}" if isinstance(value, float) else str(value)
