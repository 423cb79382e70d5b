"""What collections say."""

from __future__ import annotations

from dataclasses import dataclass

from app.words.translation import Forms, Words, each, translated

__all__ = ["KEEPING", "KeepingWords"]


@dataclass(frozen=True)
class KeepingWords(Words):
    """Collections' sentences."""

    title: str = "Collections"
    open: str = "Collections"
    empty: str = "Nothing is kept yet. Press t on a result to put a tag on it."
    where_file: str = "Kept in a file beside the index."
    where_browser: str = "Kept in this browser alone; nobody else can see it."
    count: Forms = each({"one": "{n} scene", "other": "{n} scenes"})
    note: str = "Note on {name}"
    note_placeholder: str = "Write a note"
    remove: str = "Take {name} out of {tag}"
    show: str = "Show {name}"
    drop_tag: str = "Delete the tag {name}"
    csv: str = "Save {name} as CSV"
    csv_short: str = "CSV"
    searches: str = "Saved searches"
    save_search: str = "Save this search"
    search_name: str = "Name of this search"
    new: str = "{n} new"
    nothing_new: str = "nothing new"
    drop_search: str = "Delete the search {name}"
    history: str = "Last searches"
    take: str = "Save all to a file"
    bring: str = "Load a file"
    bad_file: str = "The file holds no collections; choose one that was saved from here."
    tag: str = "Tag"
    tag_title: str = "Tag this scene"
    tag_name: str = "Name of the tag"
    tag_add: str = "Add"
    tag_hint: str = "Enter adds the tag. Press 1 to 9 for one that is there."
    before: str = "Before"
    after: str = "After"
    judge_title: str = "Judge the results"
    judge_none: str = "Search for something first, or write queries below."
    judge_question: str = "{query}: does this picture show it? ({n} of {all})"
    judge_yes: str = "1 Yes"
    judge_no: str = "0 No"
    judge_skip: str = "Space Skip"
    judge_done: str = "{query}: judged."
    judge_queries: str = "More queries, one a line"
    judge_placeholder: str = "a red roof beside a pond"
    judge_start: str = "Judge these queries"
    judge_csv: str = "Save judgments as CSV"
    judge_qrels: str = "Save as TREC qrels"
    judge_caption: Forms = each(
        {
            "one": "By {n} judged query, in percent, with 95 % intervals",
            "other": "By {n} judged queries, in percent, with 95 % intervals",
        }
    )
    judge_change: str = "Change"
    like: str = "Scenes like {name}"
    picture: str = "A picture"


KEEPING = translated("keeping.KEEPING", KeepingWords())
