"""What judging says."""

from __future__ import annotations

from dataclasses import dataclass

from app.words.translation import Forms, Words, each, translated

__all__ = ["JUDGING", "JudgingWords"]


@dataclass(frozen=True)
class JudgingWords(Words):
    """Judging's sentences."""

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
    judge_dropped: str = "The judgments of {query} are deleted."
    undo: str = "Undo"
    judge_nothing: str = (
        "No judged scene shows what was asked for, so there is nothing to measure yet."
    )
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
    judge_one: str = "By one judged query, in percent; one query is too few for an interval."
    judge_too_few: str = "One query is too few for an interval."
    judge_share: str = (
        "Of the first ten on both sides, {share} % are judged; the rest count as wrong."
    )
    judge_change: str = "Change"
    judge_interval: str = "{value} ({low} – {high})"
    judge_large: str = "These are too many judgments for the page; save them and use cmpagl judge."


JUDGING = translated("judging.JUDGING", JudgingWords())
