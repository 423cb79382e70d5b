"""Prompt templates: sentences that a model was trained to read around what is asked for.

    templates.json    ["a satellite image of {}.", "an aerial photo of {}."]

They lie in a published model's own folder, or one is given behind its name
(``#template=a satellite image of {}.``). Every text is then read in each, and stands for their
mean. ``{}`` is where the text goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cmpagl.errors import CheckpointError
from cmpagl.model.settings_file import read_settings

__all__ = ["FILE", "PROMPTS", "filled", "read_templates", "require_templates"]

FILE = "templates.json"
PROMPTS = "config_sentence_transformers.json"  # whose prompt for a query is a template's beginning
MOST, LONGEST = 100, 300


def read_templates(folder: Path) -> tuple[str, ...]:
    """The templates in a model's folder; none where it says none.

    Raises:
        CheckpointError: they are damaged, or one has not exactly one place for the text.
    """
    if (folder / FILE).is_file():
        found = read_settings(folder / FILE)
        return require_templates(found, str(folder / FILE))
    if (folder / PROMPTS).is_file():
        said = read_settings(folder / PROMPTS)
        prompts = said.get("prompts") if isinstance(said, dict) else None
        query = prompts.get("query") if isinstance(prompts, dict) else None
        if isinstance(query, str) and query:
            return require_templates([query + "{}"], str(folder / PROMPTS))
    return ()


def require_templates(found: object, source: str) -> tuple[str, ...]:
    """Templates that hold one place for the text each.

    Raises:
        CheckpointError: they do not.
    """
    said = found if isinstance(found, list) else [found]
    sound = all(isinstance(t, str) and t.count("{}") == 1 and len(t) <= LONGEST for t in said)
    if not said or len(said) > MOST or not sound:
        raise CheckpointError(
            f"{source} must name 1 to {MOST} templates, each a text of at most {LONGEST} "
            'characters with one {} where the words go, such as "a satellite image of {}.".'
        )
    return tuple(said)


def filled(template: str, texts: Sequence[str]) -> list[str]:
    """Texts in a template; nothing of a text is read as another place."""
    before, _, after = template.partition("{}")
    return [before + text + after for text in texts]
