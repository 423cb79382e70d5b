"""What Search says."""

from __future__ import annotations

__all__ = ["EXAMPLES", "SEARCH"]


SEARCH = {
    # The form
    "query": "Describe a scene",
    "placeholder": "Describe a scene from above, in English",
    "hint": "Press Enter to search. The key / brings you here from anywhere on this tab.",
    "go": "Search",
    "picture": "Use a picture",
    "uploading": "Sending the picture.",
    "upload_failed": "The picture could not be sent; try again.",
    "not_a_picture": "That is not a picture; give a JPEG, PNG, WebP or TIFF file.",
    "too_large": "The picture is larger than 10 MB; give a smaller one.",
    "own_picture": "Your picture",
    "like": "Scenes like {name}",
    "remove_picture": "Remove the picture",
    "weight": "Picture or words",
    "examples": "Try",
    "own_captions": "A caption from here",
    "strike": "Strike a word out",
    "effect": "Without it, what is first now would be at rank {rank}, with {n} new in the list",
    "effect_same": "Without it, the same scene would be first, with {n} new in the list",
    "smr_off": "Reweighting gained nothing on validation data, so it is off",
    "fusion_off": "Reweighted; fusion gained nothing on validation data, so it is off",
    "no_match": "Reweighted; there are no words for fusion to match",
    "strike_title": "Search without this word, beside the search with it",
    "options": "What is shown, and how it is ranked",
    # Options
    "k": "Show",
    "class": "Class",
    "all_classes": "All classes",
    "set": "Data set",
    "all_sets": "All data sets",
    "min": "At least",
    "any": "any score",
    "min_title": "Only scenes whose aligned score is at least this",
    "find": "Find",
    "find_scenes": "Scenes",
    "find_captions": "Captions",
    "tuning": "Reranking",
    "changed": "changed",
    "defaults": "Back to the tuned settings",
    "form": "Form",
    "forms": {
        "none": "None",
        "ratio": "Ratio: reorder the best K",
        "soft": "Soft: take off what everybody likes",
        "combined": "Combined: soft, then ratio",
    },
    "top": "K, how many",
    "xi": "xi, rank decay",
    "alpha": "alpha, soft",
    "lf": "Forward rank",
    "lb": "Backward rank",
    "le": "Extremes",
    "bank": (
        "Reranking asks how well each scene scores with {size} other queries, taken from the "
        "model's training data: a scene that everybody likes steps back. Nothing of your query is "
        "kept."
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
    "score_unit": "The score of this column; columns have scales of their own",
    "card": "Rank {rank}, {title}, score {score}",
    "summary": "{n} results: {up} moved up, {down} moved down, {new} new.",
    "nothing_left": "No scene passes the filters; lower the threshold or choose another class.",
    "only": "Searching among the {n} scenes selected on the map.",
    "only_remove": "Search among all",
    "only_none": "None of the scenes selected on the map can be an answer; search among all.",
    "start": "Search in words, or choose one to find scenes like it.",
    "start_with": "Find scenes like {name}",
    "csv": "Save as CSV",
    "limits": (
        "A score orders the results of one query in one column and is no probability; ranks hold "
        "among what passes the filters here, and what comes first is often wrong."
    ),
    "stages": {
        "aligned": ("Aligned", "Similarity of the two towers"),
        "aligned_smr": ("Aligned + SMR", "Reweighted: scenes that everybody likes step back"),
        "fused": ("Aligned + fusion", "Words meet picture parts in the best 32"),
        "smr": ("Final", "Aligned, SMR, and fusion where it helps"),
        "galr": ("GaLR's rerank", "Published baseline"),
        "mtfn": ("MTFN's rerank", "Published baseline"),
        "dual_softmax": ("Dual softmax", "Published baseline"),
        "csls": ("CSLS", "Published baseline"),
        "qb_norm": ("QB-Norm", "Published baseline"),
    },
    # Notes
    "english": "The model reads English; other languages will not work well.",
    "cut": "The query is long: the model reads its first {limit} word pieces, the rest is cut.",
    "unknown": "The model knows no word of this query, so the ranking means nothing.",
    "unknown_some": "Not known as words: {words}.",
    "bad_param": "The link's {name}={value} is not allowed; the usual value is shown.",
    "no_scene": "The scene {name} is not in this gallery.",
    "no_set": "The data set {name} is not in this gallery; it has: {names}.",
    "no_upload": (
        "This picture is no longer here, or was given in another browser and stays there; give it "
        "again."
    ),
    "no_captions": "This gallery has no captions, so pictures cannot be described by them.",
    "fit": {  # of the best scene of the whole gallery, whatever the filters
        "good": "{share} of other queries find nothing in this gallery that fits them as well.",
        "so-so": (
            "The best of this gallery fits so-so: {share} of other queries find a scene that fits "
            "them better."
        ),
        "unusual": (
            "An unusual query: only {share} of the sentences that the model learned from are as "
            "unlike the others. Trust the order less."
        ),
        "unfamiliar": (
            "The model learned from nothing like this: {share} of its sentences are as unlike the "
            "others, so the order may say nothing."
        ),
        "nothing": (
            "Nothing in this gallery fits: {share} of other queries find a scene that fits them "
            "better, so the order says little."
        ),
    },
    "failed": "Something unexpected went wrong ({kind}); the terminal has the details.",
    # The chosen scene
    "from_set": "Data set {name}",
    "like_this": "Search with this scene",
    "open_look": "Open in Look",
    "open_map": "Show on the map",
    "open_picture": "Open the picture",
    "close": "Close",
    "captions": "Captions",
    "search_caption": "Search with this caption",
    "as_table": "As a table",
    "missing": (
        "The picture's file has vanished since the gallery was prepared; this small copy is left."
    ),
    "changed_file": (
        "The picture's file has changed since the gallery was prepared: this is the new one, its "
        "rank is the old one's."
    ),
    "unreadable": (
        "The picture's file has changed since the gallery was prepared, and is no picture any "
        "more; this small copy of the old one is left."
    ),
    "why": "Why it moved",
    "headline_up": "From rank {before} to {after}: up {n}",
    "headline_down": "From rank {before} to {after}: down {n}",
    "headline_same": "Rank {after}, before and after",
    "headline_out": "Not among the results that pass the filters",
    "overtook": "It overtook {title}, which went from {before} to {after}.",
    "lost_to": "It lost to {title}, which went from {before} to {after}.",
    "spread": (
        "With other queries of the same kind in SMR's bank, it would stand between {low} and "
        "{high} (95 %)."
    ),
    "no_spread": "SMR puts it there whichever queries are drawn for its bank (95 %).",
    "spread_waits": "How far this depends on the queries in SMR's bank is being counted.",
    "no_terms": (
        "The right column is by a published baseline, which is not taken apart into terms here; "
        "choose {smr} or {final} for it to see what a score is made of."
    ),
    "outside_top": "It is not among the best {k}, so the ratio form left it where it was.",
    "this_caption": "This caption",
    "term": "Term",
    "chart": "From the similarity to the score of the right column",
    "chart_ratio": "Place in its row, raised by ranks and extremes",
    "chart_alt": "The terms of the score; the table below has them in figures",
    "terms": {
        "score": "Similarity",
        "text": "Words",
        "image": "Picture",
        "soft_extreme": "Liked by all",
        "reranking": "Reranking",
        "fusion": "Fusion",
        "below_the_top": "Below the top",
        "sum": "Together",
        "liked": "How much all like it",
        "softened": "Less that",
        "a": "Place in its row",
        "e": "Place in its column",
        "f": "Forward rank",
        "b": "Backward rank",
        "rank_backward": "Rank in its column",
        "match": "Match",
        "final": "Score",
        "rank_before": "Rank by similarity",
        "rank_after": "Rank at last",
    },
}


EXAMPLES = (
    "many white planes beside a long terminal",
    "a bridge over a wide river",
    "boats in rows at the piers of a harbor",
    "houses with red roofs around a pond",
    "a football field inside a running track",
)
"""Queries to try first."""
