"""How well anything here fits a query, and how far to trust it."""

from __future__ import annotations

from typing import Literal

from cmpagl.search.query import Query
from cmpagl.search.retriever import Retriever

__all__ = ["Fit", "calibration", "fit"]

SO_SO, NOTHING_FITS = 0.65, 0.9
"""Shares of other queries that find something better, from which on it is said so."""
UNUSUAL, UNFAMILIAR = 0.1, 0.015
"""Shares of training captions as unlike the others, below which it is said so.

The best score alone cannot tell: a model has to put "two dogs in the snow" somewhere, and what is
nearest is near. Measured with the fifth cmpagl-small on its gallery, in percent of the queries:

==========================================  ====  =====  =======  ==========  =======
queries                                     good  so-so  unusual  unfamiliar  nothing
==========================================  ====  =====  =======  ==========  =======
400 of the gallery's own captions             84      3       10           3        0
50 written by hand for it                     48     14       24          14        0
the page's 5 examples                         80     20        0           0        0
12 about other things, seen when choosing      0      0        8          75       17
20 about other things, not seen before         0      5       20          70        5
==========================================  ====  =====  =======  ==========  =======
"""


Fit = Literal["good", "so-so", "unusual", "unfamiliar", "nothing"]
"""From the best to the worst; the middle three differ in what speaks against the order."""


def fit(retriever: Retriever, query: Query) -> tuple[Fit, float] | None:
    """How well the best here fits the query, and the share that says so.

    The share is that of `calibration`, or for "unusual" and "unfamiliar" of
    `QueryEncoder.share_as_unlike`. None for a mixed query, and without a bank.
    """
    share = calibration(retriever, query)
    if share is None:
        return None
    if share >= NOTHING_FITS:
        return "nothing", share
    texts = query.text_embeds
    unlike = retriever.share_as_unlike(texts) if texts is not None else None
    if unlike is not None and unlike < UNFAMILIAR:
        return "unfamiliar", unlike
    if share >= SO_SO:
        return "so-so", share
    if unlike is not None and unlike < UNUSUAL:
        return "unusual", unlike
    return "good", share


def calibration(retriever: Retriever, query: Query) -> float | None:
    """The share of random queries whose best score here is at least this query's, 0 to 1.

    Near 1, nothing here fits the query: hardly any training query finds so little. None for a mixed
    query, whose score has no such scale, and without a bank, which would have the random queries.
    """
    if query.kind == "mixed" or not retriever.checkpoint.has_bank:
        return None
    best = float(query.scores[retriever.candidates(query)].max())
    return retriever.gallery.share_as_high(best, "t2i" if query.kind == "text" else "i2i")
