"""What is shown as places are hidden to check a map of a score. Pure."""

from __future__ import annotations

from app.look.answer import LookAnswer
from app.look.contract import CheckShown
from app.look.figure import deletion
from app.look.said import percent
from app.words.look import LOOK
from app.words.numbers import decimal

__all__ = ["check_shown"]

SAID = 20.0  # percent of the places that are hidden in the sentence


def check_shown(found: LookAnswer) -> CheckShown:
    """The score as places are hidden: a figure as far as it is known, and a sentence."""
    check = found.check
    assert check is not None
    done = len(check.hidden)
    lines = [LOOK.hide_strongest, LOOK.hide_others]
    shown: CheckShown = {
        "button": None if done else LOOK.hide,
        "next": done + 1 if done and done < check.steps else None,
        "status": LOOK.hide_progress.format(done=done, total=check.steps) if done else "",
        "figure": None,
        "alt": LOOK.hide_alt,
        "lines": lines,
        "table": None,
    }
    if done < 2:
        return shown
    shares = [100 * n / check.places for n in check.hidden]
    named = list(zip(lines, (check.strongest, check.others), strict=True))
    shown["figure"] = deletion(shares, named, most=50)
    columns = zip(shares, check.strongest, check.others, strict=True)
    shown["table"] = {
        "caption": LOOK.hide_alt,
        "head": [LOOK.hide_share, *lines],
        "rows": [[percent(n / 100), *(decimal(x, 3) for x in scores)] for n, *scores in columns],
    }
    if done == check.steps:
        at = min(range(done), key=lambda i: abs(shares[i] - SAID))
        shown["status"] = LOOK.hide_said.format(
            share=percent(shares[at] / 100),
            before=decimal(check.strongest[0], 2),
            strongest=decimal(check.strongest[at], 2),
            others=decimal(check.others[at], 2),
        )
    return shown
