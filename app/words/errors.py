"""What Errors says."""

from __future__ import annotations

from typing import Any

from app.words.translation import translated

__all__ = ["ERRORS"]


ERRORS: dict[str, Any] = {
    # The bar
    "before": "Before",
    "after": "After",
    "direction": "Search with",
    "ways": {"t2i": "Captions", "i2t": "Scenes"},
    "within": "Counts as right within the top",
    "swap": "Swap the two rankings",
    "queries": {"t2i": "captions", "i2t": "scenes"},
    "parts_label": "What is listed",
    "parts": {
        "cases": "Cases",
        "classes": "Classes",
        "hubs": "Hubs",
        "review": "Also right?",
    },
    "save": "Save",
    "formats": {"csv": "CSV", "json": "JSON", "html": "Report"},
    "save_spoken": {
        "csv": "Save every query as CSV",
        "json": "Save everything as JSON",
        "html": "Save a report to read and print, one HTML file",
    },
    "saving": "Creating the file…",
    "saved": "Saved.",
    # The table
    "table": "Recall",
    "table_help": (
        "How often the right answer is in the top 1, 5 or 10, in percent. mR is the mean of all "
        "six. Next to each figure: its 95 % interval."
    ),
    "metric": "Measure",
    "gain": "Gain",
    "gain_alt": "Gains with 95 % intervals; the table has the same figures",
    "equal": "Identical captions count as right",
    "equal_help": "A caption that reads the same as one of the scene's own also counts as right",
    "metrics": {
        "t2i_r1": "Captions → scenes, R@1",
        "t2i_r5": "Captions → scenes, R@5",
        "t2i_r10": "Captions → scenes, R@10",
        "i2t_r1": "Scenes → captions, R@1",
        "i2t_r5": "Scenes → captions, R@5",
        "i2t_r10": "Scenes → captions, R@10",
        "mR": "Mean of the six, mR",
    },
    "spread": "{low} to {high}",
    "gain_said": {"up": "better", "down": "worse", "same": "not sure"},
    "gain_said_help": ("Better or worse only if the 95 % interval of the gain does not include 0."),
    "sizes": "{scenes}, {captions} ({distinct} different)",
    "limits": (
        "Queries are this gallery's own captions or scenes; the right answer is the matching scene "
        "or caption. Reranking uses stored training queries. Ties count as their average rank. "
        "95 % intervals come from resampling the scenes 2,000 times."
    ),
    "drawn": "The scenes in this gallery are computer drawings, not photographs.",
    # The ledger
    "flow": "{n} {queries}, right within the top {k}",
    "flow_alt": "How many queries were right or wrong before and after",
    "flow_right": "right",
    "flow_wrong": "wrong",
    "cells": {
        "fixed": "Fixed",
        "broken": "Broken",
        "right": "Right in both",
        "wrong": "Wrong in both",
    },
    "cells_by_model": {
        "fixed": "Found only by {after}",
        "broken": "Found only by {before}",
        "right": "Found on both sides",
        "wrong": "Found on neither side",
    },
    "both": "both models at once",
    "cell_signs": {"fixed": "▲", "broken": "▼", "right": "✓", "wrong": "×"},
    "cell_help": {
        "fixed": "The right answer is in the top {k} only after",
        "broken": "The right answer is in the top {k} only before",
        "right": "The right answer is in the top {k} both before and after",
        "wrong": "The right answer is not in the top {k} before or after",
    },
    "net": "Net {n} {queries}: {gain} points (95 % interval {low} to {high}).",
    # Cases
    "range": "{from} to {to} of {n}, largest moves first",
    "range_review": "{from} to {to} of {n}, most similar first",
    "none": "There are none.",
    "of": "Class",
    "hit": "Class of first result",
    "all_classes": "All classes",
    "truth": "true scene",
    "query_scene": "the query",
    "first": "first by {stage}",
    "rank": "Rank of the right answer",
    "case_spoken": "The right answer went from rank {before} to {after}",
    "open_case": "Open in Search",
    "open_case_spoken": "Open in Search: {text}",
    "open_look": "Look at {name}",
    "identical": "The first result has exactly this caption",
    "alike": "The first result's caption is very similar ({cosine})",
    "review_identical": "Identical",
    "review_alike": "Cosine {cosine}",
    "earlier": "Earlier",
    "later": "Later",
    # Classes
    "no_classes": "This gallery has no classes, so there is nothing to compare by class.",
    "by_class": "Recall by class",
    "class": "Class",
    "n": "Queries",
    "change": "Change",
    "recall_at": "Recall at {k}, in percent",
    "sort_by": "Sort by {column}",
    "show_cases": "Show the cases of {name}",
    "confusion": "Class of the first result",
    "confusion_help": (
        "Rows: the class of the query's scene. Columns: the class of the first result. Darker "
        "means a larger share of the row; right answers are on the diagonal."
    ),
    "confusion_alt": "Query class against class of the first result; the table has the figures",
    "confusion_cell": "{of}, first result {hit}: {n} of {total}",
    "confusion_table": "Most confused",
    "confusion_columns": ["Class", "First result", "Before", "After"],
    "sides": {"before": "Before", "after": "After"},
    "side_label": "Ranking shown",
    "as_table": "As a table",
    # Hubs
    "hubs": "Hubs",
    "hub_items": {"t2i": "scenes", "i2t": "captions"},
    "hubs_help": (
        "A hub is in the top {k} of many {queries}, whatever they ask for. The average over {n} "
        "{items} is {mean}; these are the ones found most often by either ranking."
    ),
    "skewness": "Skewness: {before} before, {after} after (lower is more even).",
    "never": "Never found: {never_before} before, {never_after} after.",
    "hubs_alt": "How often each hub is found, before and after; the table has the figures",
    "hub_change": {"up": "found {n} more", "down": "found {n} less", "same": "unchanged"},
    "hub_columns": ["", "Hub", "Before", "After", "Change"],
    "mean": "mean",
    "open_hub": "Look at {name}",
    # Fits as well
    "fit": "Similar from",
    "review_help": (
        "Errors of the second ranking that may not be errors: a caption of the first result says "
        "the same as the query, or nearly so (text cosine). A cosine can miss a count or a colour, "
        "so read both."
    ),
    "fit_usual": "Two captions of the same scene have a median cosine of {c}.",
    "review_count": "{n} to review, {identical} of them identical.",
    "asked": "Asked",
    "found": "Found",
    "verdict": "Verdict",
    "verdicts": {"right": "Also right", "wrong": "Wrong", "unsure": "Unsure"},
    "reviewed": ("{n} of {total} reviewed: {right} also right, {wrong} wrong, {unsure} unsure."),
    "adjusted": "With your verdicts, R@1 would be {after} instead of {before}.",
    "kept_here": "Your verdicts stay in this browser and are included in the files you save.",
    "forget": "Delete my verdicts",
    # What is said
    "bad_param": "The setting {name}={value} is not allowed; the default is used instead.",
    "silent": {
        "one": ("{n} scene has no caption and is left out here, so ranks can differ from Search."),
        "other": (
            "{n} scenes have no caption and are left out here, so ranks can differ from Search."
        ),
    },
    "no_bank": (
        "The model {model} has no query bank yet, so reranking changes nothing. "
        "The command python -m cmpagl bank makes one."
    ),
    "same_stage": "Both sides show the same ranking. Choose a different one to compare.",
    "off_smr": "{stage}: SMR is off {where}, because it did not help on validation data.",
    "off_fusion": "{stage}: fusion is off {where}, because it did not help on validation data.",
    "off_where": {
        "t2i": "for captions → scenes",
        "i2t": "for scenes → captions",
        "both": "in both directions",
    },
    "progress": {
        "start": "Measuring {stage}.",
        "captions": "Measuring {stage}: {done} of {total} captions read.",
        "matches": "Measuring {stage}: {done} of {total} scenes matched.",
    },
    "stop": "Stop",
    "stopped": "Stopped. Results so far are kept; continue whenever you like.",
    "go_on": "Continue",
    "failed": "Something went wrong ({kind}). The server log has the details.",
    "export_failed": "The file could not be created. Please try again.",
    # The report
    "report": "Errors, and what reranking changed",
    "report_pair": "{before} against {after}",
    "report_cases": "{cell}: the {n} largest moves of {total} {queries}",
    "report_rank": "rank {before} → {after}",
    "report_hit": "first by {stage}",
    "report_reviewed": "Reviewed",
    "report_columns": {
        "class": ["Class", "Queries", "Before", "After", "Change", "Fixed", "Broken"],
        "confusion": ["Class", "First result", "Before", "After"],
        "hubs": ["Hub", "Before", "After"],
        "reviewed": ["Query", "First result", "Its caption", "Cosine", "Verdict"],
    },
    "report_cite": (
        "Method: Sun, Zhao, Liu and Kaup (IEEE TGRS 62, 2024, art. 4709118), as we read its "
        "abstract. None of these figures reproduces a result of the paper."
    ),
}
ERRORS = translated("errors.ERRORS", ERRORS)
