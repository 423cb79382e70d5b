"""The three streams of a program: open, and able to take every character."""

from __future__ import annotations

import io
import os
import sys

__all__ = ["settle_streams"]


def settle_streams() -> None:
    """Let nothing that is printed be an error of its own.

    A stream that is closed from outside (``>&-``, some service managers) is let lead nowhere: else
    the next file that is opened takes its number, and a library's word would be written into it.
    A character that the terminal's encoding does not have is shown by its number.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            mode = "w" if number else "r"
            setattr(sys, name, open(_nowhere(number), mode, encoding="utf-8"))  # noqa: SIM115
        elif number and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nowhere(number: int) -> int:
    """The device that swallows everything, at this number where that is free."""
    opened = os.open(os.devnull, os.O_RDWR)
    if opened == number or _taken(number):
        return opened
    os.dup2(opened, number)
    os.close(opened)
    return number


def _taken(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
