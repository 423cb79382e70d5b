"""What Search says."""

from __future__ import annotations

from typing import Any

from app.words.translation import translated

__all__ = ["EXAMPLES", "SEARCH"]


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
    "smr_off": "Reranking is off: it did not help on validation data",
    "fusion_off": "Reranked. Fusion is off: it did not help on validation data",
    "no_match": "Reranked. Fusion needs a text query",
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
    # Rankings
    "before": "Before",
    "after": "After",
    "all_words": "With every word",
    "without": "Without",
    "truth": "true scene",
    "truth_caption": "true caption",
    "up": "up {n}",
    "down": "down {n}",
    "same": "same place",
    "new": "new, was {rank}",
    "dropped": "dropped out, now {rank}",
    "score_unit": "Score in this column. The two columns use different scales.",
    "card": "Rank {rank}, {title}, score {score}",
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
    "only_none": (
        "None of the scenes selected in Space can be shown here. Search all scenes instead."
    ),
    "start": "Type a search above, or choose a scene to find similar ones.",
    "start_with": "Find scenes like {name}",
    "csv": "Save as CSV",
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
    "from_set": "Data set {name}",
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
        "{smr} or {final} to see what a score is made of."
    ),
    "outside_top": "It is not in the top {k}, so the ratio form did not move it.",
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
        "fusion": "Fusion",
        "below_the_top": "Below the top K",
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
