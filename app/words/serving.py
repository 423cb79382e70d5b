"""What the server says when it refuses or makes wait, before any tab is asked."""

from __future__ import annotations

from app.words.translation import translated

__all__ = ["LINE", "SERVING"]

LINE = {
    "busy": "The page is busy: place {n} in line.",
    "give_up": "Give up waiting",
}
LINE = translated("serving.LINE", LINE)

SERVING = {
    "host": "This page does not answer to the name '{name}': its operator allows one with "
    "--allow-host NAME.",
    "origin": "Requests from pages of '{name}' are refused: its operator allows one with "
    "--allow-host NAME.",
    "route": "There is nothing at this address.",
    "no_gallery": "This gallery is not open here, or is another visitor's.",
    "sign_in": "Sign in first.",
    "busy": "The page is busy: too many wait already. Try again in a while.",
    "busy_title": "Busy",
    "left": "You gave up waiting.",
    "too_large": "That is more than {most:,} kB; send less.",
    "no_body": "The request cannot be read.",
    "failed": "This did not work; what was done before is still there. Load the page again.",
    "failed_title": "Not done",
    "slow": "The request took too long to arrive.",
    "one_file": "Give one picture at a time.",
    "disk_full": "The disk of the server is full: pictures cannot be given now; searching goes on.",
    "quota": "Too many pictures were given within the hour; try again later.",
}
SERVING = translated("serving.SERVING", SERVING)
