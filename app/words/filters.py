"""What filters by a gallery's own columns say, in Search and on Earth."""

from __future__ import annotations

from dataclasses import dataclass

from app.words.translation import Forms, Words, each, translated

__all__ = ["FILTERS", "FilterWords"]


@dataclass(frozen=True)
class FilterWords(Words):
    """The sentences of the form of filters."""

    title: str = "Filters"
    columns: str = "Filters by column"
    loading: str = "Loading the columns."
    failed: str = "The columns could not be loaded. Close this and open it again."
    find: str = "Find a column"
    from_: str = "From"
    to: str = "To"
    no_values: Forms = each(
        {"one": "{n} scene without a value", "other": "{n} scenes without a value"}
    )
    most_frequent: str = "The {shown} most frequent of {all}."
    as_text_only: str = "Set by the text below."
    as_text: str = "As text"
    as_text_help: str = "One line, as --where takes it: year >= 2020 and sensor in (WV-2, WV-3)"
    apply: str = "Apply"
    clear: str = "Clear all filters"
    in_force: str = "Only scenes with:"
    remove: str = "Remove this filter: {text}"
    area: str = "area drawn on Earth"
    is_: str = "{words}"
    between: str = "{least} to {most}"
    least: str = "{end} or more"
    most: str = "{end} or less"
    no_value: str = "no value"
    any_value: str = "any value"
    or_no_value: str = "or no value"


FILTERS = translated("filters.FILTERS", FilterWords())
