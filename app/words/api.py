"""What the endpoints say of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from app.words.translation import Words, translated

__all__ = ["API", "ApiWords"]


@dataclass(frozen=True)
class ApiWords(Words):
    """The endpoints' sentences."""

    nothing_asked: str = "The query is empty: give a sentence, a picture or a scene."
    too_long: str = "The text has {n:,} characters; shorten it to {most:,} or fewer."
    too_large: str = "The picture is larger than {megabytes} MB; give a smaller one."
    too_slow: str = "The picture did not arrive in time from its address; try again, or another."
    # Stands in the description of each endpoint
    rules: str = (
        "Rate: {at_once} calls of each endpoint run at once and {waiting} more can wait, over all "
        "endpoints; further calls are refused. Size: a text has at most {characters:,} characters, "
        "of which the included model reads the first {pieces} tokens; a picture has at most "
        "{megabytes} MB; a list has at most {scenes} scenes."
    )
    # Stands in each result
    limits: str = (
        "The first result is often wrong, scores can be compared only within one list, and the "
        "model understands English and reads the first {pieces} tokens of a text."
    )


API = translated("api.API", ApiWords())
