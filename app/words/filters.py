"""What filters by a gallery's own columns say, in Search and on Earth."""

from __future__ import annotations

from typing import Any

from app.words.translation import translated

__all__ = ["FILTERS"]

FILTERS: dict[str, Any] = {
    "title": "Filters",
    "columns": "Filters by column",
    "loading": "Loading the columns.",
    "failed": "The columns could not be loaded. Close this and open it again.",
    "find": "Find a column",
    "from": "From",
    "to": "To",
    "no_values": {"one": "{n} scene without a value", "other": "{n} scenes without a value"},
    "most_frequent": "The {shown} most frequent of {all}.",
    "as_text_only": "Set by the text below.",
    "as_text": "As text",
    "as_text_help": "One line, as --where takes it: year >= 2020 and sensor in (WV-2, WV-3)",
    "apply": "Apply",
    "clear": "Clear all filters",
    "in_force": "Only scenes with:",
    "remove": "Remove this filter: {text}",
    "area": "area drawn on Earth",
    "is": "{words}",
    "between": "{least} to {most}",
    "least": "{end} or more",
    "most": "{end} or less",
    "no_value": "no value",
    "any_value": "any value",
    "or_no_value": "or no value",
}
FILTERS = translated("filters.FILTERS", FILTERS)
