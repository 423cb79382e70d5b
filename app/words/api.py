"""What the endpoints say of themselves."""

from __future__ import annotations

__all__ = ["API"]


API = {
    "nothing_asked": "Nothing was asked for; give a sentence, a picture or a scene.",
    "too_long": "The text has {n:,} characters; shorten it to {most:,} or fewer.",
    "too_large": "The picture is larger than {megabytes} MB; give a smaller one.",
    # Stands in the description of each endpoint
    "rules": (
        "Rate: {at_once} calls of each endpoint run at once, and {waiting} more wait, of all "
        "endpoints together; a further one is refused. Size: a text has at most {characters:,} "
        "characters, of which the shipped model reads the first {pieces} word pieces; a picture "
        "has at most {megabytes} MB; a list has at most {scenes} scenes."
    ),
    # Stands in each result
    "limits": (
        "What comes first is often wrong, scores compare within one list only, and the model reads "
        "English, the first {pieces} word pieces of a text."
    ),
}
