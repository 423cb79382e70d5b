"""What a reviewer's verdicts make of recall: counted here, kept in the reviewer's browser."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from app.errors.contract import TallyShown
from app.errors.export import VERDICTS, WAIT, read_verdicts
from app.errors.measuring import Measuring
from app.errors.one_case import case_key
from app.errors.request import read_request
from app.errors.service import find_pair, offered_request
from app.explorer.explorer import Explorer
from app.words.errors import ERRORS
from app.words.numbers import percent, whole
from cmpagl.errors import CmpaglError

__all__ = ["tally_shown"]


def tally_shown(
    explorer: Explorer, params: Mapping[str, str], verdicts: object, count: int
) -> TallyShown:
    """The value of ``errors-tally.js``; whatever is wrong is said, nothing is raised.

    Args:
        explorer: what is open.
        params: of the link, untrusted.
        verdicts: untrusted; see `read_verdicts`.
        count: of the question that this answers.
    """
    request = read_request(params)
    try:
        opened = explorer.opened()
        request = offered_request(opened, request)
        pair = find_pair(opened, request, WAIT)
    except CmpaglError as error:
        return {"text": str(error), "count": count}
    if isinstance(pair, Measuring):
        return {"text": "", "count": count}
    way, said = request.direction, read_verdicts(verdicts)
    numbers = pair.review(way, request.fit)
    given = [said.get(case_key(pair, way, int(number)), "") for number in numbers]
    counts = {name: whole(given.count(name)) for name in VERDICTS}
    judged = whole(len(given) - given.count(""))
    text = ERRORS.reviewed.format(n=judged, total=whole(len(given)), **counts)
    right = numbers[np.array([name == "right" for name in given], np.bool_)]
    if len(right):
        before, after = pair.recall_if_right(way, right)
        text += " " + ERRORS.adjusted.format(before=percent(before, 1), after=percent(after, 1))
    return {"text": text, "count": count}
