"""What Search says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.words.numbers import percent, whole
from app.words.translation import Forms, Words, each, translated

if TYPE_CHECKING:
    from cmpagl.search.fit import Fit
    from cmpagl.store.engine import Reach

__all__ = ["EXAMPLES", "MOVED", "SEARCH", "SearchWords", "fit_said", "reach_said"]


@dataclass(frozen=True)
class SearchWords(Words):
    """Search's sentences."""

    # The form
    query: str = "Describe a scene"
    placeholder: str = "Describe an aerial scene in English"
    hint: str = "Press Enter to search. Press / to come back to this box."
    go: str = "Search"
    picture: str = "Use a picture"
    uploading: str = "Uploading the picture…"
    upload_failed: str = "The upload failed. Please try again."
    not_a_picture: str = "That file is not a picture. Choose a JPEG, PNG, WebP or TIFF file."
    too_large: str = "The picture is larger than 10 MB. Choose a smaller one."
    own_picture: str = "Your picture"
    like: str = "Scenes like {name}"
    remove_picture: str = "Remove the picture"
    weight: str = "Picture or words"
    examples: str = "Try"
    own_captions: str = "A caption from this gallery"
    strike: str = "Leave out a word"
    effect: Forms = each(
        {
            "one": (
                "Without this word, the current first result would be number {rank}, and {n} "
                "result would be new"
            ),
            "other": (
                "Without this word, the current first result would be number {rank}, and {n} "
                "results would be new"
            ),
        }
    )
    effect_same: Forms = each(
        {
            "one": (
                "Without this word, the first result would stay first, and {n} result would be new"
            ),
            "other": (
                "Without this word, the first result would stay first, and {n} results would be new"
            ),
        }
    )
    no_words: str = "This model does not read words; choose a scene to search with"
    no_pictures: str = "This gallery came without its model, so your own pictures cannot be used"
    by_model: Mapping[str, str] = each(
        {"2": "Second model: {title}", "both": "Both models: {title}"}
    )
    no_bank: str = "Reranking needs a query bank, which this model does not have yet"
    smr_off: str = "Reranking is off: it did not help on validation data"
    strike_title: str = "Compare the results with and without this word"
    options: str = "Filters and ranking options"
    # Options
    k: str = "Show"
    class_: str = "Class"
    all_classes: str = "All classes"
    set: str = "Data set"
    all_sets: str = "All data sets"
    min: str = "Minimum score"
    any: str = "any score"
    min_title: str = "Show only scenes with at least this similarity score"
    find: str = "Find"
    find_scenes: str = "Scenes"
    find_captions: str = "Captions"
    tuning: str = "Reranking"
    changed: str = "changed"
    defaults: str = "Reset to the tuned settings"
    form: str = "Form"
    forms: Mapping[str, str] = each(
        {
            "none": "None",
            "ratio": "Ratio: reorder the top K",
            "soft": "Soft: lower scenes that match every query",
            "combined": "Combined: soft, then ratio",
        }
    )
    top: str = "Top K"
    xi: str = "Rank decay (xi)"
    alpha: str = "Strength (alpha)"
    lf: str = "Forward rank"
    lb: str = "Backward rank"
    le: str = "Score range"
    bank: str = (
        "Reranking compares your query with {size} stored queries from the model's training data. "
        "A scene that scores high for most of them is moved down. Your query is not stored."
    )
    here: Mapping[str, str] = each(
        {  # what reranking is worth by the gallery's own captions, in points of recall
            "on": (
                "On this gallery's captions, reranking changes recall by {gain} points "
                "({low} to {high})."
            ),
            "off": (
                "Reranking is off: on this gallery's captions it changes recall by {gain} points "
                "({low} to {high})."
            ),
            "tuned": (
                "Tuned on this gallery's captions: {gain} points of recall on captions that were "
                "not used for tuning ({low} to {high})."
            ),
            "tuned_off": (
                "Tuned on this gallery's captions; off for this kind of query, because it gained "
                "nothing."
            ),
        }
    )
    judged: Mapping[str, str] = each(
        {  # the same by what a person judged: how often a right scene is among the first
            "on": (
                "On {n} judged queries, reranking changes how often a right scene is among the "
                "first 1, 5 and 10 by {gain} points on average ({low} to {high})."
            ),
            "off": (
                "Reranking is off: on {n} judged queries it changes how often a right scene is "
                "among the first 1, 5 and 10 by {gain} points on average ({low} to {high})."
            ),
            "tuned": (
                "Tuned on {n} judged queries: on those not used for tuning, it changes how often a "
                "right scene is among the first 1, 5 and 10 by {gain} points on average ({low} to "
                "{high})."
            ),
            "tuned_off": "Tuned on {n} judged queries; off, because it gained nothing.",
        }
    )
    tune: str = "Tune reranking for this gallery"
    tune_title: str = (
        "Looks for better settings with this gallery's captions, or with what you judged; takes a "
        "few minutes"
    )
    reach: str = "Only the {found} most similar of {rows} scenes were ranked."
    reach_measured: str = (
        "Only the {found} most similar of {rows} scenes were ranked. In a test on this index, they "
        "included {share} of the first {top} that a search of every scene finds."
    )
    # Rankings
    before: str = "Before"
    after: str = "After"
    examples_before: str = "Without your examples"
    examples_after: str = "With your examples"
    exclusion_before: str = "Nothing excluded"
    exclusion_after: str = "Without what you excluded"
    all_words: str = "With every word"
    without: str = "Without"
    truth: str = "true scene"
    truth_caption: str = "true caption"
    up: str = "up {n}"
    down: str = "down {n}"
    same: str = "same place"
    new: str = "new, was {rank}"
    dropped: str = "dropped out, now {rank}"
    card: str = "Rank {rank}, {title}"
    summary: Forms = each(
        {
            "one": "{n} result: {up} moved up, {down} moved down, {new} new.",
            "other": "{n} results: {up} moved up, {down} moved down, {new} new.",
        }
    )
    nothing_left: str = (
        "No scene passes the filters. Lower the minimum score or choose another class."
    )
    only: Forms = each(
        {
            "one": "Searching only the {n} scene selected in Space.",
            "other": "Searching only the {n} scenes selected in Space.",
        }
    )
    only_remove: str = "Search all scenes"
    area_none: str = "No scene lies in the area drawn on Earth. Draw another one, or remove it."
    only_none: str = (
        "None of the scenes selected in Space can be shown here. Search all scenes instead."
    )
    # All galleries
    across: Forms = each(
        {
            "one": (
                "Searched {n} scene of {galleries} as one. Filters, examples and excluded words "
                "belong to one gallery and are not used here."
            ),
            "other": (
                "Searched {n} scenes of {galleries} as one. Filters, examples and excluded words "
                "belong to one gallery and are not used here."
            ),
        }
    )
    across_stage: str = (
        "Ranked by {stage}, because scores of {asked} from different galleries do not compare."
    )
    across_waiting: str = "Not searched, because not open: {galleries}."
    across_one: str = "Only one gallery is open here, so this one is searched."
    across_start: str = "Your search covers every open gallery: {galleries}."
    across_label: str = "Results from all galleries"
    across_open: str = "Rank {rank}, {title}, in {gallery}: open it there"
    start: str = "Type a search above, or choose a scene to find similar ones."
    start_with: str = "Find scenes like {name}"
    csv: str = "Save as CSV"
    strength: str = "How far above an average scene, compared with the best result in this column"
    # Layout, marks and keys
    layout: str = "Layout"
    collections: str = "Collections"
    judge: str = "Judge"
    alike: str = "{n} alike"
    unfold: str = "Show the {n} results that look alike"
    fold: str = "Show one of the {n} results that look alike"
    tag: str = "Tag"
    compare: str = "Compare"
    grid: str = "Grid"
    size: str = "Picture size"
    not_: str = "Not"
    not_placeholder: str = "words to exclude"
    marks: str = "Your examples"
    mark_hint: str = "Mark scenes with + and − to get more or fewer like them."
    mark_good: str = "More like this: {name}"
    mark_bad: str = "Fewer like this: {name}"
    unmark: str = "Remove the mark from {name}"
    undo: str = "Undo"
    clear: str = "Clear"
    keys: str = "Keys"
    keys_title: str = "Keyboard shortcuts"
    keys_on: str = "Use these keys"
    keys_head: Sequence[str] = each(["Key", "What it does"])
    keys_list: Sequence[Sequence[str]] = each(
        [
            ["/", "Go to the search box"],
            ["j, k", "Next and previous result"],
            ["← →", "The same scene in the other column, or the next picture"],
            ["Enter", "Show a result in detail"],
            ["+", "More like this result"],
            ["−", "Fewer like this result"],
            ["u", "Undo the last mark"],
            ["t", "Put a tag on this result"],
            ["g", "Switch between Compare and Grid"],
            ["z", "Show the chosen picture full size"],
            ["e", "Judge the results"],
            ["c", "Open the collections"],
            ["Esc", "Close"],
            ["?", "Show this list"],
        ]
    )
    limits: str = (
        "Scores rank the results of one query within one column; they are not probabilities. Ranks "
        "count only scenes that pass the filters. The first result is often wrong."
    )
    stages: Mapping[str, tuple[str, str]] = each(
        {
            "aligned": ("Aligned", "Similarity of text and picture"),
            "aligned_smr": ("Aligned + SMR", "Scenes that match every query are moved down"),
            "fused": ("Aligned + fusion", "Words are compared with picture regions in the top 32"),
            "smr": ("Final", "Similarity, SMR, and fusion where it helps"),
            "galr": ("GaLR's rerank", "Published baseline"),
            "mtfn": ("MTFN's rerank", "Published baseline"),
            "dual_softmax": ("Dual softmax", "Published baseline"),
            "csls": ("CSLS", "Published baseline"),
            "qb_norm": ("QB-Norm", "Published baseline"),
        }
    )
    # Notes
    fusion_off: str = (
        "Fusion is off in this model, so “{stage}” is the same as “{same}”, shown here."
    )
    english: str = "The model understands English; other languages will not work well."
    cut: str = "The query is too long: the model reads only its first {limit} tokens."
    unknown: str = "The model does not know any word of this query, so the ranking is meaningless."
    unknown_some: str = "Unknown words: {words}."
    bad_param: str = "The setting {name}={value} is not allowed; the default is used instead."
    no_scene: str = "The scene {name} is not in this gallery."
    no_set: str = "The data set {name} is not in this gallery. Available: {names}."
    no_upload: str = (
        "This picture is no longer available, or it was added in another browser. Please add it "
        "again."
    )
    under_1: str = "under {share}"
    fit: Mapping[str, str] = each(
        {  # of the best scene of the whole gallery, whatever the filters
            "good": "A good match: better than the best match of {share} of other queries.",
            "usual": "A usual match: better than the best match of {share} of other queries.",
            "so-so": ("A fair match: {share} of other queries find a better one in this gallery."),
            "unusual": (
                "An unusual query: only {share} of the sentences the model was trained on are this "
                "different from the rest. Be careful with the ranking."
            ),
            "unfamiliar": (
                "The model was not trained on anything like this ({share} of its training "
                "sentences are this different), so the ranking may be meaningless."
            ),
            "nothing": (
                "Nothing here looks like this: {share} of other queries find a better match in "
                "this gallery, so the ranking means little."
            ),
        }
    )
    failed: str = "Something went wrong ({kind}). The server log has the details."
    # The chosen scene
    facts: Mapping[str, str] = each(
        {
            "file": "File",
            "set": "Data set",
            "place": "Place",
            "rank_before": "Rank before",
            "rank_after": "Rank after",
            "score": "Score after",
        }
    )
    enlarge: str = "Show the picture full size"
    more_like: str = "More like this"
    fewer_like: str = "Fewer like this"
    like_this: str = "Search with this scene"
    open_look: str = "Open in Look"
    open_map: str = "Show in Space"
    open_picture: str = "Open the picture"
    close: str = "Close"
    captions: str = "Captions"
    search_caption: str = "Search with this caption"
    as_table: str = "As a table"
    missing: str = "The picture file is missing; only this thumbnail is left."
    changed_file: str = (
        "The picture file has changed since the gallery was prepared. This is the new picture, but "
        "its rank is that of the old one."
    )
    unreadable: str = (
        "The picture file has changed since the gallery was prepared and can no longer be read; "
        "only this thumbnail of the old picture is left."
    )
    why: str = "Why it moved"
    headline_up: str = "Up {n}, from rank {before} to {after}"
    headline_down: str = "Down {n}, from rank {before} to {after}"
    headline_same: str = "Rank {after}, before and after"
    headline_out: str = "Not among the filtered results"
    overtook: str = "It overtook “{title}”, which went from {before} to {after}."
    lost_to: str = "It lost to “{title}”, which went from {before} to {after}."
    spread: str = (
        "With a different set of stored queries, its rank would be between {low} and {high} "
        "(95 % interval)."
    )
    no_spread: str = "Its rank does not depend on which queries are stored (95 % interval)."
    spread_waits: str = "Checking how much this depends on the stored queries…"
    no_terms: str = (
        "The right column uses a published baseline, whose score is not broken down here. Choose "
        "{smr} to see what a score is made of."
    )
    outside_top: str = "It is not in the top {k}, so the ratio form did not move it."
    this_scene: str = "This scene"
    this_caption: str = "This caption"
    term: str = "Term"
    chart: str = "From similarity to the score in the right column"
    chart_ratio: str = "Position within the query's scores, adjusted by ranks and score range"
    chart_alt: str = "The parts of the score; the same figures are in the table below"
    terms: Mapping[str, str] = each(
        {
            "score": "Similarity",
            "text": "Words",
            "image": "Picture",
            "soft_extreme": "Matches every query",
            "reranking": "Reranking",
            "examples": "Your examples",
            "unwanted": "Excluded words",
            "fusion": "Fusion",
            "below_the_top": "Below the top K",
            "first_model": "First model",
            "second_model": "Second model",
            "sum": "Total",
            "liked": "Match with other queries",
            "softened": "Similarity minus that",
            "a": "Position for this query",
            "e": "Position for this scene",
            "f": "Forward rank",
            "b": "Backward rank",
            "rank_backward": "Rank among queries for this scene",
            "match": "Match",
            "final": "Score",
            "rank_before": "Rank by similarity",
            "rank_after": "Final rank",
        }
    )


SEARCH = translated("search.SEARCH", SearchWords())

MOVED = {
    "up": SEARCH.up,
    "down": SEARCH.down,
    "same": SEARCH.same,
    "new": SEARCH.new,
    "dropped": SEARCH.dropped,
}
"""How a result moved, by the kinds of a move."""


EXAMPLES = (
    "many white planes beside a long terminal",
    "a bridge over a wide river",
    "boats in rows at the piers of a harbor",
    "houses with red roofs around a pond",
    "a football field inside a running track",
)
"""Queries to try first, in the model's language whatever the page's."""


def fit_said(name: Fit, share: float) -> str:
    """How well the best result fits: `cmpagl.search.fit.fit` in words."""
    shown = 100 * (1 - share if name == "good" else share)
    kind = "usual" if name == "good" and shown < 50 else name
    said = SEARCH.under_1.format(share=percent(1)) if 0 <= shown < 1 else percent(shown)
    return SEARCH.fit[kind].format(share=said)


def reach_said(reach: Reach) -> str:
    """Which scenes an answer was made of, where not all were compared."""
    words = {"found": whole(reach.found), "rows": whole(reach.rows)}
    if reach.recall is None:
        return str(SEARCH.reach.format(**words))
    share = percent(100 * reach.recall, 1)
    return str(SEARCH.reach_measured.format(**words, share=share, top=whole(reach.top)))
