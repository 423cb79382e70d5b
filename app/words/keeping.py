"""What collections say."""

from __future__ import annotations

from typing import Any

from app.words.translation import translated

__all__ = ["KEEPING"]

KEEPING: dict[str, Any] = {
    "title": "Collections",
    "open": "Collections",
    "empty": "Nothing is kept yet. Press t on a result to put a tag on it.",
    "where_file": "Kept in a file beside the index.",
    "where_browser": "Kept in this browser alone; nobody else can see it.",
    "count": {"one": "{n} scene", "other": "{n} scenes"},
    "note": "Note on {name}",
    "note_placeholder": "Write a note",
    "remove": "Take {name} out of {tag}",
    "show": "Show {name}",
    "drop_tag": "Delete the tag {name}",
    "csv": "Save {name} as CSV",
    "csv_short": "CSV",
    "searches": "Saved searches",
    "save_search": "Save this search",
    "search_name": "Name of this search",
    "new": "{n} new",
    "nothing_new": "nothing new",
    "drop_search": "Delete the search {name}",
    "history": "Last searches",
    "take": "Save all to a file",
    "bring": "Load a file",
    "bad_file": "The file holds no collections; choose one that was saved from here.",
    "tag": "Tag",
    "tag_title": "Tag this scene",
    "tag_name": "Name of the tag",
    "tag_add": "Add",
    "tag_hint": "Enter adds the tag. Press 1 to 9 for one that is there.",
    "before": "Before",
    "after": "After",
    "judge_title": "Judge the results",
    "judge_none": "Search for something first, or write queries below.",
    "judge_question": "{query}: does this picture show it? ({n} of {all})",
    "judge_yes": "1 Yes",
    "judge_no": "0 No",
    "judge_skip": "Space Skip",
    "judge_done": "{query}: judged.",
    "judge_queries": "More queries, one a line",
    "judge_placeholder": "a red roof beside a pond",
    "judge_start": "Judge these queries",
    "judge_csv": "Save judgments as CSV",
    "judge_qrels": "Save as TREC qrels",
    "judge_caption": {
        "one": "By {n} judged query, in percent, with 95 % intervals",
        "other": "By {n} judged queries, in percent, with 95 % intervals",
    },
    "judge_change": "Change",
    "like": "Scenes like {name}",
    "picture": "A picture",
}
KEEPING = translated("keeping.KEEPING", KEEPING)
