"""Queries of a request, encoded: words, a picture, both; kept for a while, so sliders are quick."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from app.explorer.explorer import Explorer, Opened
from app.explorer.gpu import query_picture
from app.explorer.scenes import Scene, find_scene, scene
from app.query.request import SearchRequest
from app.words.search import SEARCH
from cmpagl.errors import QueryError
from cmpagl.rank.stage import SECOND

if TYPE_CHECKING:
    from cmpagl.search.query import Query
    from cmpagl.search.ranking import WordEffect
    from cmpagl.search.retriever import Retriever

__all__ = ["EncodedQuery", "find_query", "word_effects"]

MOST_STRUCK = 16
"""Words of a query of which each is struck out; more would take too long."""


@dataclass(frozen=True)
class EncodedQuery:
    """A request's query, encoded: ready to rank with."""

    query: Query
    struck: Query | None  # the same without the words that are struck out
    unwanted: Query | None  # the words of which nothing should show
    words: tuple[str, ...]
    like: Scene | None
    preview: str | None  # of an uploaded picture, as a data URL
    model: str = ""  # that encoded it: the first's, or `SECOND`
    second: EncodedQuery | None = None  # by the second model, where a column asks for it

    def by(self, model: str) -> EncodedQuery:
        """The query as a stage's model encoded it; for both at once, as the first did."""
        return self.second if model == SECOND and self.second is not None else self


def find_query(explorer: Explorer, request: SearchRequest) -> EncodedQuery | None:
    """Encode what is asked for; None where nothing is.

    Raises:
        QueryError: the scene or the upload that the request names is not there.
    """
    if request.empty:
        return None
    opened = explorer.opened()
    like, path, preview = None, None, None
    if request.upload:
        upload = explorer.uploads.find(request.upload)
        if upload is None:
            raise QueryError(SEARCH.no_upload)
        path, preview = upload.path, upload.preview
    elif request.like:
        number = find_scene(opened.gallery, request.like)
        if number is None:
            raise QueryError(SEARCH.no_scene.format(name=request.like[:80]))
        like = scene(opened.gallery, number)
    picture = like.number if like else path
    models = {request.before.model, request.after.model}
    # Only by models that are asked: another may not read words at all.
    found = None if models == {SECOND} else _encoded(opened, request, picture)
    second = None if models == {""} else _encoded(opened.by(SECOND), request, picture)
    if second is not None:
        second = replace(second, like=like, preview=preview, model=SECOND)
    found = second if found is None else found
    assert found is not None
    return replace(found, like=like, preview=preview, second=second)


def _encoded(opened: Opened, request: SearchRequest, picture: int | Path | None) -> EncodedQuery:
    """The query by one model, with a scene of the gallery or a file."""
    words = tuple(request.wanted.split())
    left = " ".join(word for i, word in enumerate(words) if i not in request.drop)

    def encode(text: str) -> Query:
        return _encode(opened.retriever, text, picture, request.weight)

    struck = encode(left) if left and left != " ".join(words) else None
    unwanted = None
    if request.unwanted and request.find == "scenes":
        unwanted = _encode(opened.retriever, request.unwanted, None, 0.5)
    return EncodedQuery(encode(request.wanted), struck, unwanted, words, None, None)


@lru_cache(maxsize=128)
def _encode(retriever: Retriever, text: str, picture: int | Path | None, weight: float) -> Query:
    if picture is None:
        return retriever.query_text(text, strike=MOST_STRUCK)
    if isinstance(picture, Path):
        seen = query_picture(retriever, picture)
    else:
        seen = retriever.query_scene(picture)
    return retriever.query_mixed(retriever.query_text(text), seen, weight) if text else seen


@lru_cache(maxsize=128)
def word_effects(
    retriever: Retriever, query: Query, words: tuple[str, ...]
) -> dict[int, WordEffect]:
    """What striking out each word of a text query does; nothing for a long query or other kinds."""
    from cmpagl.search.explain import strike_words  # with PyTorch, which the page imports late

    text = query.text
    if query.kind != "text" or text is None or not 2 <= len(words) <= MOST_STRUCK:
        return {}
    if len(text.words) != len(words):  # the model's words are not the person's
        return {}
    return {effect.index: effect for effect in strike_words(retriever, query)}
