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
    judge_back: str = "⌫ Back"
    judge_from: str = "Before: rank {before}. After: rank {after}."
    judge_blind: str = "Do not show which column has it"
    judge_done: str = "{query}: judged."
    judge_running: Forms = each(
        {
            "one": "Searching for {query}, {n} query left.",
            "other": "Searching for {query}, {n} queries left.",
        }
    )
    judge_stop: str = "Stop"
    judge_queries: str = "More queries, one a line, or a table with the column query"
    judge_placeholder: str = "a red roof beside a pond"
    judge_start: str = "Judge these queries"
    judge_load: str = "Load a file"
    judge_load_title: str = "Queries or judgments as CSV, TREC qrels, or a TREC run to compare with"
    judge_save: str = "Save"
    judge_csv: str = "Judgments as CSV"
    judge_results: str = "Results as CSV"
    judge_qrels: str = "Judgments as TREC qrels"
    judge_run_before: str = "Before as TREC run"
    judge_run_after: str = "After as TREC run"
    judge_all: str = "Judged queries"
    judge_again: str = "Run all of them again"
    judge_counts: str = "{good} of {n} judged scenes show it"
    judge_drop: str = "Delete the judgments of {query}"
    judge_bad: str = "This file cannot be read; give queries, judgments or a run as text."
    judge_empty: str = "There is no query; write one a line."
    judge_many: str = "These are too many queries; the page takes {most} at once."
    judge_long: str = "A query is too long; one may have {most} characters."
    judge_no_text: str = "Row {row} has no query; give each row one."
    judge_grade: str = "Row {row} has no right grade; write a whole number from 0 to 10."
    judge_no_query: str = "No judged query has the id {id}; load the queries first."
    judge_caption: Forms = each(
        {
            "one": "By {n} judged query, in percent, with 95 % intervals.",
            "other": "By {n} judged queries, in percent, with 95 % intervals.",
        }
    )
    judge_share: str = (
        "Of the first ten on both sides, {share} % are judged; the rest count as wrong."
    )
    judge_change: str = "Change"
    like: str = "Scenes like {name}"
    picture: str = "A picture"


KEEPING = translated("keeping.KEEPING", KeepingWords())
