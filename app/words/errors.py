"""What Errors says."""

from __future__ import annotations

__all__ = ["ERRORS"]


ERRORS = {
    # The bar
    "before": "Before",
    "after": "After",
    "direction": "Ask with",
    "ways": {"t2i": "Captions", "i2t": "Scenes"},
    "within": "Right within the first",
    "swap": "Swap the two rankings",
    "queries": {"t2i": "captions", "i2t": "scenes"},
    "parts_label": "What is listed",
    "parts": {
        "cases": "Cases",
        "classes": "Classes",
        "hubs": "Hubs",
        "review": "Fits as well",
    },
    "save": "Save",
    "formats": {"csv": "CSV", "json": "JSON", "html": "Report"},
    "save_spoken": {
        "csv": "Save every query as CSV",
        "json": "Save everything as JSON",
        "html": "Save a report to read and print, one HTML file",
    },
    "saving": "Making the file.",
    "saved": "Saved.",
    # The table
    "table": "Recall",
    "table_help": (
        "How often the right answer is among the first, in percent; the mean of the six is mR. "
        "Beside each: its 95 % interval."
    ),
    "metric": "Measure",
    "gain": "Gain",
    "gain_alt": "Gains with their 95 % intervals; the table says them in figures",
    "equal": "Equal captions right too",
    "equal_help": "A caption that reads like one of the scene's own counts as right as well",
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
    "gain_said_help": (
        "Better or worse where the interval of the gain leaves out 0; else it is not sure."
    ),
    "sizes": "{scenes} scenes, {captions} captions ({distinct} differ)",
    "limits": (
        "Each query is one of this gallery's own captions or scenes, right is its own scene or one "
        "of its own captions, and the reranking bank is of training data. A tie counts as its mean "
        "place. Intervals: 95 %, scenes drawn again 2,000 times, the gallery as it is."
    ),
    "drawn": "The scenes of this gallery are drawn, not photographed.",
    # The ledger
    "flow": "{n} {queries}, right within the first {k}",
    "flow_alt": "How many queries went from right or wrong before to right or wrong after",
    "flow_right": "right",
    "flow_wrong": "wrong",
    "cells": {
        "fixed": "Fixed",
        "broken": "Broken",
        "right": "Right in both",
        "wrong": "Wrong in both",
    },
    "cell_signs": {"fixed": "▲", "broken": "▼", "right": "✓", "wrong": "×"},
    "cell_help": {
        "fixed": "Only after is the right answer within the first {k}",
        "broken": "Only before is the right answer within the first {k}",
        "right": "Before and after, the right answer is within the first {k}",
        "wrong": "Neither before nor after is the right answer within the first {k}",
    },
    "net": "Net {n} {queries}: {gain} points (95 % interval {low} to {high}).",
    # Cases
    "range": "{from} to {to} of {n}, those first whose right answer moved furthest",
    "range_review": "{from} to {to} of {n}, the most alike first",
    "none": "There are none.",
    "of": "Class",
    "hit": "First hit's class",
    "all_classes": "All classes",
    "truth": "true scene",
    "query_scene": "the query",
    "first": "first by {stage}",
    "rank": "Rank of the right answer",
    "case_spoken": "The right answer went from rank {before} to {after}",
    "open_case": "Open in Search",
    "open_case_spoken": "Open in Search: {text}",
    "open_look": "Look at {name}",
    "identical": "The first hit has this very caption",
    "alike": "The first hit's caption is much alike ({cosine})",
    "review_identical": "Word for word",
    "review_alike": "Cosine {cosine}",
    "earlier": "Earlier",
    "later": "Later",
    # Classes
    "no_classes": "This gallery names no classes, so nothing can be told by class.",
    "by_class": "Recall by class",
    "class": "Class",
    "n": "Queries",
    "change": "Change",
    "recall_at": "Recall within {k}, in percent",
    "sort_by": "Sort by {column}",
    "show_cases": "Show the cases of {name}",
    "confusion": "Which class the first hit has",
    "confusion_help": (
        "Rows: the class of the query's scene; columns: the class of the first hit. The darker, "
        "the larger its share of the row; what is right lies on the diagonal."
    ),
    "confusion_alt": "Classes against classes of first hits; the table has the figures",
    "confusion_cell": "{of}, first hit {hit}: {n} of {total}",
    "confusion_table": "Most confused",
    "confusion_columns": ["Class", "First hit", "Before", "After"],
    "sides": {"before": "Before", "after": "After"},
    "side_label": "Ranking that is shown",
    "as_table": "As a table",
    # Hubs
    "hubs": "Hubs",
    "hub_items": {"t2i": "scenes", "i2t": "captions"},
    "hubs_help": (
        "A hub is among the first {k} of many {queries}, whatever they ask. The mean of the {n} "
        "{items} is {mean}; these are the most found of either ranking."
    ),
    "skewness": "Skewness {before} before, {after} after; the lower, the more evenly.",
    "never": "Never found: {never_before} before, {never_after} after.",
    "hubs_alt": "How often each hub is found, before and after; the table has the figures",
    "hub_change": {"up": "promoted by {n}", "down": "demoted by {n}", "same": "as before"},
    "hub_columns": ["", "Hub", "Before", "After", "Change"],
    "mean": "mean",
    "open_hub": "Look at {name}",
    # Fits as well
    "fit": "Alike from",
    "review_help": (
        "Errors of the second ranking that may be none: a caption of the first hit says the same "
        "as the query, word for word or nearly (cosine of the two texts). A cosine can miss a "
        "count or a colour, so read both."
    ),
    "fit_usual": "Two captions of one scene reach {c} in the median.",
    "review_count": "{n} to review, {identical} of them word for word.",
    "asked": "Asked",
    "found": "Found",
    "verdict": "Verdict",
    "verdicts": {"right": "Right too", "wrong": "Really wrong", "unsure": "Unsure"},
    "reviewed": (
        "{n} of {total} reviewed: {right} right too, {wrong} really wrong, {unsure} unsure."
    ),
    "adjusted": "With your verdicts, R@1 would be {after} instead of {before}.",
    "kept_here": "Verdicts stay in this browser, and go into the files that you save.",
    "forget": "Forget my verdicts",
    # What is said
    "bad_param": "The link's {name}={value} is not allowed; the usual value is shown.",
    "silent": "{n} scenes have no caption and are left out, so ranks can differ from Search's.",
    "same_stage": "Both sides are the same ranking, so nothing moves; choose another one.",
    "off_smr": "{stage}: SMR gained nothing on validation data {where}, so it is off.",
    "off_fusion": "{stage}: fusion gained nothing on validation data {where}, so it is off.",
    "off_where": {
        "t2i": "for captions → scenes",
        "i2t": "for scenes → captions",
        "both": "either way",
    },
    "progress": {
        "start": "Measuring {stage}.",
        "captions": "Measuring {stage}: {done} of {total} captions read.",
        "matches": "Measuring {stage}: {done} of {total} scenes matched.",
    },
    "stop": "Stop",
    "stopped": "Stopped. What is measured is kept: go on when you like.",
    "go_on": "Go on",
    "failed": "Something unexpected went wrong ({kind}); the terminal has the details.",
    "export_failed": "The file could not be made; try again.",
    # The report
    "report": "What went wrong, and what reranking changed",
    "report_pair": "{before} against {after}",
    "report_cases": "{cell}, the {n} furthest moved of {total} {queries}",
    "report_rank": "rank {before} → {after}",
    "report_hit": "first by {stage}",
    "report_reviewed": "Reviewed",
    "report_columns": {
        "class": ["Class", "Queries", "Before", "After", "Change", "Fixed", "Broken"],
        "confusion": ["Class", "First hit", "Before", "After"],
        "hubs": ["Hub", "Before", "After"],
        "reviewed": ["Query", "First hit", "Its caption", "Cosine", "Verdict"],
    },
    "report_cite": (
        "The method is that of Sun, Zhao, Liu and Kaup (IEEE TGRS 62, 2024, art. 4709118), as we "
        "read its abstract; no number here is a reproduction of the paper's."
    ),
}
