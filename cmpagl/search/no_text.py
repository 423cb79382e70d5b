"""What stands where a text tower and its tokenizer would, in a model that has none."""

from __future__ import annotations

from typing import NoReturn

from cmpagl.errors import QueryError

__all__ = ["NoText"]


class NoText:
    """Whoever reads a text with it hears that the model reads none."""

    def __init__(self, model: str) -> None:
        """Of a model by its name."""
        self._model = model

    def encode(self, text: str) -> NoReturn:
        """Refuse.

        Raises:
            QueryError: always.
        """
        raise QueryError(f"The model {self._model} reads no text; leave the words out.")
