"""What the server says when it refuses or makes wait, before any tab is asked."""

from __future__ import annotations

from dataclasses import dataclass

from app.words.translation import Words, translated

__all__ = ["LINE", "SERVING", "LineWords", "ServingWords"]


@dataclass(frozen=True)
class LineWords(Words):
    """What is said to who waits in line."""

    busy: str = "The page is busy: place {n} in line."
    give_up: str = "Give up waiting"


LINE = translated("serving.LINE", LineWords())


@dataclass(frozen=True)
class ServingWords(Words):
    """What a request is refused with."""

    host: str = (
        "This page does not answer to the name '{name}'; whoever runs it can allow one with "
        "--allow-host NAME."
    )
    origin: str = (
        "Requests from pages of '{name}' are refused; whoever runs it can allow one with "
        "--allow-host NAME."
    )
    long_link: str = "This link is too long to be opened: shorten the query or its filters."
    route: str = "There is nothing at this address."
    no_gallery: str = "This gallery is not open here, or is another visitor's."
    sign_in: str = "Sign in first."
    attempts: str = "Too many attempts to sign in from your address: wait {n} s, then try again."
    door: str = (
        "After {n} wrong attempts, wait a while before the next one, at most {most} minutes: "
        "until then, nothing happens when you press Login."
    )
    busy: str = "The page is busy: too many visitors are waiting. Try again in a while."
    busy_title: str = "Busy"
    left: str = "You gave up waiting."
    too_large: str = "That is more than {most:,} kB; send less."
    call_too_large: str = (
        "A call of a tool has at most {most:,} kB; give a link to the picture, or a smaller one."
    )
    no_body: str = "The request cannot be read."
    no_call: str = "There is no such call, or its answer has been read already."
    no_http: str = "The request is no HTTP that is understood here."
    failed: str = "This did not work; what was done before is still there. Load the page again."
    failed_title: str = "Not done"
    slow: str = "The request took too long to arrive."
    one_file: str = "Give one picture at a time."
    disk_full: str = (
        "The server's disk is full, so you cannot search with a picture now; words still work."
    )
    quota: str = "Too many pictures were uploaded within the hour. Try again later."


SERVING = translated("serving.SERVING", ServingWords())
