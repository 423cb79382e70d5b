"""What the server says when it refuses or makes wait, before any tab is asked."""

from __future__ import annotations

from app.words.translation import translated

__all__ = ["SERVING"]

SERVING = {
    "host": "This page does not answer to the name '{name}': its operator allows one with "
    "--allow-host NAME.",
    "origin": "Requests from pages of '{name}' are refused: its operator allows one with "
    "--allow-host NAME.",
    "route": "There is nothing at this address.",
    "sign_in": "Sign in first.",
}
SERVING = translated("serving.SERVING", SERVING)
