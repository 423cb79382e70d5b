"""What Search says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.words.numbers import percent, whole
from app.words.translation import translated

if TYPE_CHECKING:
    from cmpagl.store.engine import Reach

__all__ = ["EXAMPLES", "SEARCH", "reach_said"]


SEARCH: dict[str, Any] = {
    # The form
    "query": "Describe a scene",
    "placeholder": "Describe an aerial scene in English",
    "hint": "Press Enter to search. Press / to come back to this box.",
    "go": "Search",
    "picture": "Use a picture",
    "uploading": "Uploading the picture…",
    "upload_failed": "The upload failed. Please try again.",
    "not_a_picture": "That file is not a picture. Choose a JPEG, PNG, WebP or TIFF file.",
    "too_large": "The picture is larger than 10 MB. Choose a smaller one.",
    "own_picture": "Your picture",
    "like": "Scenes like {name}",
    "remove_picture": "Remove the picture",
    "weight": "Picture or words",
    "examples": "Try",
    "own_captions": "A caption from this gallery",
    "strike": "Leave out a word",
    "effect": {
        "one": (
            "Without this word, the current first result would be number {rank}, and {n} result "
            "would be new"
        ),
        "other": (
            "Without this word, the current first result would be number {rank}, and {n} results "
            "would be new"
        ),
    },
    "effect_same": {
        "one": "Without this word, the first result would stay first, and {n} result would be new",
        "other": (
            "Without this word, the first result would stay first, and {n} results would be new"
        ),
    },
    "no_words": "This model does not read words; choose a scene to search with",
    "no_pictures": "This gallery came without its model, so your own pictures cannot be used",
    "by_model": {"2": "Second model: {title}", "both": "Both models: {title}"},
    "no_bank": "Reranking needs a query bank, which this model does not have yet",
    "smr_off": "Reranking is off: it did not help on validation data",
    "strike_title": "Compare the results with and without this word",
    "options": "Filters and ranking options",
    # Options
    "k": "Show",
    "class": "Class",
    "all_classes": "All classes",
    "set": "Data set",
    "all_sets": "All data sets",
    "min": "Minimum score",
    "any": "any score",
    "min_title": "Show only scenes with at least this similarity score",
    "find": "Find",
    "find_scenes": "Scenes",
    "find_captions": "Captions",
    "tuning": "Reranking",
    "changed": "changed",
    "defaults": "Reset to the tuned settings",
    "form": "Form",
    "forms": {
        "none": "None",
        "ratio": "Ratio: reorder the top K",
        "soft": "Soft: lower scenes that match every query",
        "combined": "Combined: soft, then ratio",
    },
    "top": "Top K",
    "xi": "Rank decay (xi)",
    "alpha": "Strength (alpha)",
    "lf": "Forward rank",
    "lb": "Backward rank",
    "le": "Score range",
    "bank": (
        "Reranking compares your query with {size} stored queries from the model's training data. "
        "A scene that scores high for most of them is moved down. Your query is not stored."
    ),
    "here": {  # what reranking is worth by the gallery's own captions, in points of recall
        "on": (
            "On this gallery's captions, reranking changes recall by {gain} points "
            "({low} to {high})."
        ),
        "off": (
            "Reranking is off: on this gallery's captions it changes recall by {gain} points "
            "({low} to {high})."
        ),
        "tuned": (
            "Tuned on this gallery's captions: {gain} points of recall where it was not tuned "
            "({low} to {high})."
        ),
        "tuned_off": (
            "Tuned on this gallery's captions, and off for this kind of query: nothing gained."
        ),
    },
    "tune": "Tune reranking for this gallery",
    "tune_operator": "Only who runs this page can tune it.",
    "tune_title": "Searches for settings on this gallery's captions; takes minutes",
    "reach": "Looking among the best {found} of {rows} scenes.",
    "reach_measured": (
        "Looking among the best {found} of {rows} scenes; on this index, this found {share} of the "
        "first {top} that comparing every scene finds."
    ),
    # Rankings
    "before": "Before",
    "after": "After",
    "examples_before": "Without your examples",
    "examples_after": "With your examples",
    "exclusion_before": "Nothing excluded",
    "exclusion_after": "Without what you excluded",
    "all_words": "With every word",
    "without": "Without",
    "truth": "true scene",
    "truth_caption": "true caption",
    "up": "up {n}",
    "down": "down {n}",
    "same": "same place",
    "new": "new, was {rank}",
    "dropped": "dropped out, now {rank}",
    "card": "Rank {rank}, {title}",
    "summary": {
        "one": "{n} result: {up} moved up, {down} moved down, {new} new.",
        "other": "{n} results: {up} moved up, {down} moved down, {new} new.",
    },
    "nothing_left": "No scene passes the filters. Lower the minimum score or choose another class.",
    "only": {
        "one": "Searching only the {n} scene selected in Space.",
        "other": "Searching only the {n} scenes selected in Space.",
    },
    "only_remove": "Search all scenes",
    "area_none": "No scene lies in the area that was drawn on Earth; draw another, or take it off.",
    "only_none": (
        "None of the scenes selected in Space can be shown here. Search all scenes instead."
    ),
    "start": "Type a search above, or choose a scene to find similar ones.",
    "start_with": "Find scenes like {name}",
    "csv": "Save as CSV",
    "strength": "How far above an average scene, compared with the best result in this column",
    # Layout, marks and keys
    "layout": "Layout",
    "collections": "Collections",
    "judge": "Judge",
    "alike": "{n} alike",
    "unfold": "Show the {n} results that look alike",
    "fold": "Show one of the {n} results that look alike",
    "tag": "Tag",
    "compare": "Compare",
    "grid": "Grid",
    "size": "Picture size",
    "not": "Not",
    "not_placeholder": "words to exclude",
    "marks": "Your examples",
    "mark_hint": "Mark scenes with + and − to get more or fewer like them.",
    "mark_good": "More like this: {name}",
    "mark_bad": "Fewer like this: {name}",
    "unmark": "Remove the mark from {name}",
    "undo": "Undo",
    "clear": "Clear",
    "keys": "Keys",
    "keys_title": "Keyboard shortcuts",
    "keys_on": "Use these keys",
    "keys_head": ["Key", "What it does"],
    "keys_list": [
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
        ["Esc", "Close"],
        ["?", "Show this list"],
    ],
    "limits": (
        "Scores rank the results of one query within one column; they are not probabilities. Ranks "
        "count only scenes that pass the filters. The first result is often wrong."
    ),
    "stages": {
        "aligned": ("Aligned", "Similarity of text and picture"),
        "aligned_smr": ("Aligned + SMR", "Scenes that match every query are moved down"),
        "fused": ("Aligned + fusion", "Words are compared with picture regions in the top 32"),
        "smr": ("Final", "Similarity, SMR, and fusion where it helps"),
        "galr": ("GaLR's rerank", "Published baseline"),
        "mtfn": ("MTFN's rerank", "Published baseline"),
        "dual_softmax": ("Dual softmax", "Published baseline"),
        "csls": ("CSLS", "Published baseline"),
        "qb_norm": ("QB-Norm", "Published baseline"),
    },
    # Notes
    "fusion_off": "Fusion is off in this model, so “{stage}” is the same as “{same}”, shown here.",
    "english": "The model understands English; other languages will not work well.",
    "cut": "The query is too long: the model reads only its first {limit} tokens.",
    "unknown": "The model does not know any word of this query, so the ranking is meaningless.",
    "unknown_some": "Unknown words: {words}.",
    "bad_param": "The setting {name}={value} is not allowed; the default is used instead.",
    "no_scene": "The scene {name} is not in this gallery.",
    "no_set": "The data set {name} is not in this gallery. Available: {names}.",
    "no_upload": (
        "This picture is no longer available, or it was added in another browser. Please add it "
        "again."
    ),
    "no_captions": "This gallery has no captions to describe a picture with.",
    "under_1": "under {share}",
    "fit": {  # of the best scene of the whole gallery, whatever the filters
        "good": "A good match: better than the best match of {share} of other queries.",
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
            "Nothing here looks like this: {share} of other queries find a better match in this "
            "gallery, so the ranking means little."
        ),
    },
    "failed": "Something went wrong ({kind}). The server log has the details.",
    # The chosen scene
    "facts": {
        "file": "File",
        "set": "Data set",
        "rank_before": "Rank before",
        "rank_after": "Rank after",
        "score": "Score after",
    },
    "enlarge": "Show the picture full size",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "more_like": "More like this",
    "fewer_like": "Fewer like this",
    "like_this": "Search with this scene",
    "open_look": "Open in Look",
    "open_map": "Show in Space",
    "open_picture": "Open the picture",
    "close": "Close",
    "captions": "Captions",
    "search_caption": "Search with this caption",
    "as_table": "As a table",
    "missing": ("The picture file is missing; only this thumbnail is left."),
    "changed_file": (
        "The picture file has changed since the gallery was prepared. This is the new picture, but "
        "its rank is that of the old one."
    ),
    "unreadable": (
        "The picture file has changed since the gallery was prepared and can no longer be read; "
        "only this thumbnail of the old picture is left."
    ),
    "why": "Why it moved",
    "headline_up": "Up {n}, from rank {before} to {after}",
    "headline_down": "Down {n}, from rank {before} to {after}",
    "headline_same": "Rank {after}, before and after",
    "headline_out": "Not among the filtered results",
    "overtook": "It overtook {title}, which went from {before} to {after}.",
    "lost_to": "It lost to {title}, which went from {before} to {after}.",
    "spread": (
        "With a different set of stored queries, its rank would be between {low} and {high} "
        "(95 % interval)."
    ),
    "no_spread": "Its rank does not depend on which queries are stored (95 % interval).",
    "spread_waits": "Checking how much this depends on the stored queries…",
    "no_terms": (
        "The right column uses a published baseline, whose score is not broken down here. Choose "
        "{smr} to see what a score is made of."
    ),
    "outside_top": "It is not in the top {k}, so the ratio form did not move it.",
    "this_scene": "This scene",
    "this_caption": "This caption",
    "term": "Term",
    "chart": "From similarity to the score in the right column",
    "chart_ratio": "Position within the query's scores, adjusted by ranks and score range",
    "chart_alt": "The parts of the score; the same figures are in the table below",
    "terms": {
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
    },
}
SEARCH = translated("search.SEARCH", SEARCH)


EXAMPLES = (
    "many white planes beside a long terminal",
    "a bridge over a wide river",
    "boats in rows at the piers of a harbor",
    "houses with red roofs around a pond",
    "a football field inside a running track",
)
"""Queries to try first, in the model's language whatever the page's."""


def reach_said(reach: Reach) -> str:
    """Which scenes an answer was made of, where not all were compared."""
    words = {"found": whole(reach.found), "rows": whole(reach.rows)}
    if reach.recall is None:
        return str(SEARCH["reach"].format(**words))
    share = percent(100 * reach.recall, 1)
    return str(SEARCH["reach_measured"].format(**words, share=share, top=whole(reach.top)))
