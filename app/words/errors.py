"""What Errors says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.words.translation import Forms, Words, each, translated

__all__ = ["ERRORS", "ErrorsWords"]


@dataclass(frozen=True)
class ErrorsWords(Words):
    """Errors' sentences."""

    # The bar
    before: str = "Before"
    after: str = "After"
    direction: str = "Search with"
    ways: Mapping[str, str] = each({"t2i": "Captions", "i2t": "Scenes"})
    within: str = "Right within the top"
    swap: str = "Swap the two rankings"
    queries: Mapping[str, str] = each({"t2i": "captions", "i2t": "scenes"})
    parts_label: str = "What is listed"
    parts: Mapping[str, str] = each(
        {
            "cases": "Cases",
            "classes": "Classes",
            "hubs": "Hubs",
            "review": "Also right?",
        }
    )
    save: str = "Save"
    formats: Mapping[str, str] = each({"csv": "CSV", "json": "JSON", "html": "Report"})
    save_spoken: Mapping[str, str] = each(
        {
            "csv": "Save every query as CSV",
            "json": "Save everything as JSON",
            "html": "Save a report to read and print, one HTML file",
        }
    )
    saving: str = "Creating the file…"
    saved: str = "Saved."
    # The table
    table: str = "Recall"
    table_help: str = (
        "How often the right answer is in the top 1, 5 or 10, in percent. mR is the mean of all "
        "six. Next to each figure: its 95 % interval."
    )
    metric: str = "Measure"
    gain: str = "Gain"
    gain_alt: str = "Gains with 95 % intervals; the table has the same figures"
    equal: str = "Identical captions count as right"
    equal_help: str = "A caption that reads the same as one of the scene's own also counts as right"
    metrics: Mapping[str, str] = each(
        {
            "t2i_r1": "Captions → scenes, R@1",
            "t2i_r5": "Captions → scenes, R@5",
            "t2i_r10": "Captions → scenes, R@10",
            "i2t_r1": "Scenes → captions, R@1",
            "i2t_r5": "Scenes → captions, R@5",
            "i2t_r10": "Scenes → captions, R@10",
            "mR": "Mean of the six, mR",
        }
    )
    spread: str = "{low} to {high}"
    too_few: str = "too few for an interval"
    gain_said: Mapping[str, str] = each({"up": "better", "down": "worse", "same": "not sure"})
    gain_said_help: str = (
        "Better or worse only if the 95 % interval of the gain does not include 0."
    )
    sizes: str = "{scenes}, {captions} ({distinct} different)"
    limits: str = (
        "Queries are this gallery's own captions or scenes; the right answer is the matching scene "
        "or caption. Reranking uses stored training queries. Ties count as their average rank. "
        "95 % intervals come from resampling the scenes 2,000 times."
    )
    drawn: str = "The scenes in this gallery are computer drawings, not photographs."
    # The ledger
    flow: str = "{n} {queries}, right within the top {k}"
    flow_alt: str = "How many queries were right or wrong before and after"
    flow_right: str = "right"
    flow_wrong: str = "wrong"
    cells: Mapping[str, str] = each(
        {
            "fixed": "Fixed",
            "broken": "Broken",
            "right": "Right in both",
            "wrong": "Wrong in both",
        }
    )
    cells_by_model: Mapping[str, str] = each(
        {
            "fixed": "Found only by {after}",
            "broken": "Found only by {before}",
            "right": "Found on both sides",
            "wrong": "Found on neither side",
        }
    )
    both: str = "both models at once"
    cell_signs: Mapping[str, str] = each({"fixed": "▲", "broken": "▼", "right": "✓", "wrong": "×"})
    cell_help: Mapping[str, str] = each(
        {
            "fixed": "The right answer is in the top {k} only after",
            "broken": "The right answer is in the top {k} only before",
            "right": "The right answer is in the top {k} both before and after",
            "wrong": "The right answer is not in the top {k} before or after",
        }
    )
    net: str = "Net {n} {queries}: {gain} points (95 % interval {low} to {high})."
    net_one: str = "Net {n} {queries}: {gain} points; one scene is too few for an interval."
    # Cases
    range: str = "{from} to {to} of {n}, largest moves first"
    range_review: str = "{from} to {to} of {n}, most similar first"
    none: str = "There are none."
    of: str = "Class"
    hit: str = "Class of first result"
    all_classes: str = "All classes"
    truth: str = "true scene"
    query_scene: str = "the query"
    first: str = "first by {stage}"
    rank: str = "Rank of the right answer"
    case_spoken: str = "The right answer went from rank {before} to {after}"
    open_case: str = "Open in Search"
    open_case_spoken: str = "Open in Search: {text}"
    open_look: str = "Look at {name}"
    identical: str = "The first result has exactly this caption"
    alike: str = "The first result's caption is very similar ({cosine})"
    review_identical: str = "Identical"
    review_alike: str = "Cosine {cosine}"
    earlier: str = "Earlier"
    later: str = "Later"
    # Classes
    no_classes: str = "This gallery has no classes, so there is nothing to compare by class."
    by_class: str = "Recall by class"
    class_: str = "Class"
    n: str = "Queries"
    change: str = "Change"
    recall_at: str = "Recall at {k}, in percent"
    sort_by: str = "Sort by {column}"
    show_cases: str = "Show the cases of {name}"
    confusion: str = "Class of the first result"
    confusion_help: str = (
        "Rows: the class of the query's scene. Columns: the class of the first result. Darker "
        "means a larger share of the row; right answers are on the diagonal."
    )
    confusion_alt: str = "Query class against class of the first result; the table has the figures"
    confusion_cell: str = "{of}, first result {hit}: {n} of {total}"
    confusion_table: str = "Most confused"
    confusion_columns: Sequence[str] = each(["Class", "First result", "Before", "After"])
    sides: Mapping[str, str] = each({"before": "Before", "after": "After"})
    side_label: str = "Ranking shown"
    as_table: str = "As a table"
    # Hubs
    hubs: str = "Hubs"
    hub_items: Mapping[str, str] = each({"t2i": "scenes", "i2t": "captions"})
    hubs_help: str = (
        "A hub is in the top {k} of many {queries}, whatever they ask for. The average over {n} "
        "{items} is {mean}; these are the ones found most often by either ranking."
    )
    skewness: str = "Skewness: {before} before, {after} after (lower is more even)."
    never: str = "Never found: {never_before} before, {never_after} after."
    skewness_by_model: str = (
        "Skewness: {before} by {first}, {after} by {second} (lower is more even)."
    )
    never_by_model: str = "Never found: {never_before} by {first}, {never_after} by {second}."
    hubs_alt: str = "How often each hub is found, before and after; the table has the figures"
    hub_change: Mapping[str, str] = each(
        {"up": "found {n} more", "down": "found {n} less", "same": "unchanged"}
    )
    hub_columns: Sequence[str] = each(["", "Hub", "Before", "After", "Change"])
    # Fits as well
    fit: str = "Similar from"
    review_help: str = (
        "Errors of the second ranking that may not be errors: a caption of the first result says "
        "the same as the query, or nearly so (text cosine). A cosine can miss a count or a colour, "
        "so read both."
    )
    fit_usual: str = "Two captions of the same scene have a median cosine of {c}."
    review_count: str = "{n} to review, {identical} of them identical."
    asked: str = "Asked"
    found: str = "Found"
    verdict: str = "Verdict"
    verdicts: Mapping[str, str] = each(
        {"right": "Also right", "wrong": "Wrong", "unsure": "Unsure"}
    )
    reviewed: str = "{n} of {total} reviewed: {right} also right, {wrong} wrong, {unsure} unsure."
    adjusted: str = "With your verdicts, R@1 would be {after} instead of {before}."
    kept_here: str = (
        "Your verdicts are kept in this browser alone and are included in the files you save."
    )
    forget: str = "Delete my verdicts"
    # What is said
    bad_param: str = "The setting {name}={value} is not allowed; the default is used instead."
    silent: Forms = each(
        {
            "one": (
                "{n} scene has no caption and is left out here, so ranks can differ from Search."
            ),
            "other": (
                "{n} scenes have no caption and are left out here, so ranks can differ from Search."
            ),
        }
    )
    no_bank: str = (
        "The model {model} has no query bank yet, so reranking changes nothing. "
        "The command python -m cmpagl bank makes one."
    )
    same_stage: str = "Both sides show the same ranking. Choose a different one to compare."
    off_smr: str = "{stage}: SMR is off {where}, because it did not help on validation data."
    off_fusion: str = "{stage}: fusion is off {where}, because it did not help on validation data."
    off_where: Mapping[str, str] = each(
        {
            "t2i": "for captions → scenes",
            "i2t": "for scenes → captions",
            "both": "in both directions",
        }
    )
    progress: Mapping[str, str] = each(
        {
            "start": "Measuring {stage}.",
            "captions": "Measuring {stage}: {done} of {total} captions read.",
            "matches": "Measuring {stage}: {done} of {total} scenes matched.",
        }
    )
    stop: str = "Stop"
    stopped: str = "Stopped. Results so far are kept; continue whenever you like."
    go_on: str = "Continue"
    failed: str = "Something went wrong ({kind}). The server log has the details."
    export_failed: str = "The file could not be created. Please try again."
    # The report
    report: str = "Errors, and what reranking changed"
    report_pair: str = "{before} against {after}"
    report_cases: str = "{cell}: the {n} largest moves of {total} {queries}"
    report_rank: str = "rank {before} → {after}"
    report_hit: str = "first by {stage}"
    report_reviewed: str = "Reviewed"
    report_columns: Mapping[str, Sequence[str]] = each(
        {
            "class": ["Class", "Queries", "Before", "After", "Change", "Fixed", "Broken"],
            "confusion": ["Class", "First result", "Before", "After"],
            "hubs": ["Hub", "Before", "After"],
            "reviewed": ["Query", "First result", "Its caption", "Cosine", "Verdict"],
        }
    )
    report_cite: str = (
        "Method: Sun, Zhao, Liu and Kaup (IEEE TGRS 62, 2024, art. 4709118), as we read its "
        "abstract. None of these figures reproduces a result of the paper."
    )


ERRORS = translated("errors.ERRORS", ErrorsWords())
