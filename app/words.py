"""Every word of the page, in one place: a translation is another version of this file.

Views and JavaScript read their words from here, never spell them. Names say where a word stands;
``{}`` fields are filled with `str.format`, in JavaScript with the same field names. Words that come
from a data set or from a person never pass through `str.format` as a template.
"""

from __future__ import annotations

__all__ = [
    "ABOUT",
    "API",
    "ERRORS",
    "EXAMPLES",
    "LOOK",
    "MAP",
    "PAGE",
    "SEARCH",
    "STATUS",
    "limits_said",
    "source_said",
]

PAGE = {
    "source": "{data}, checkpoint {checkpoint}",
    "source_split": "{data}, split {split}, checkpoint {checkpoint}",
    "title": "CMPAGL Explorer",
    "tagline": "Search scenes from above in words, and see why they rank",
    "copy_link": "Copy link",
    "copied": "Link copied",
    "copy_failed": "The link could not be copied; it stands in the address bar",
    "to_dark": "Dark",
    "to_light": "Light",
    "theme": "Switch between light and dark",
    "bug": "Something unexpected went wrong; the terminal has the details.",
    "tabs": {
        "search": "Search",
        "look": "Look",
        "map": "Map",
        "errors": "Errors",
        "about": "About",
    },
}

STATUS = {
    "starting": "Starting.",
    "opening": "Opening the gallery and loading the model.",
    "indexing": "Preparing {name}: {what}, {done:,} of {total:,}.",
    "indexing_left": "Preparing {name}: {what}, {done:,} of {total:,}, about {left} left.",
    "indexing_start": "Preparing {name}: looking through the folder.",
    "stopping": "Stopping; what is prepared is kept.",
    "stopped": "Stopped. What is prepared is kept, now and for another start with this folder.",
    "ready": "{name}: {scenes}, model {model}",
    "ready_split": "{name}, split {split}: {scenes}, model {model}",
    "scenes": "{n} scenes",
    "scenes_drawn": "{n} scenes, drawn and not photographed",
    "empty": (
        "No gallery is open. Start the page on a folder of pictures with "
        "python app.py --data DIR, or on an index with python app.py --index DIR."
    ),
    "stages": {
        "images": "pictures",
        "captions": "captions",
        "bank": "bank statistics",
        "map_aligned": "map of the joint space",
        "map_centred": "map with centred modalities",
        "map_raw_image": "map of the picture features",
        "map_raw_text": "map of the text features",
    },
    "not_ready": "The page is not ready yet: {status}",
    "failed": (
        "Something unexpected went wrong while opening ({kind}); the terminal has the details."
    ),
    "stop": "Stop preparing",
    "go_on": "Go on preparing",
}

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

API = {
    "nothing_asked": "Nothing was asked for; give a sentence, a picture or a scene.",
    "too_long": "The text has {n:,} characters; shorten it to {most:,} or fewer.",
    "too_large": "The picture is larger than {megabytes} MB; give a smaller one.",
    # Stands in the description of each endpoint
    "rules": (
        "Rate: {at_once} calls of each endpoint run at once, and {waiting} more wait, of all "
        "endpoints together; a further one is refused. Size: a text has at most {characters:,} "
        "characters, of which the shipped model reads the first {pieces} word pieces; a picture "
        "has at most {megabytes} MB; a list has at most {scenes} scenes."
    ),
    # Stands in each result
    "limits": (
        "What comes first is often wrong, scores compare within one list only, and the model reads "
        "English, the first {pieces} word pieces of a text."
    ),
}

EXAMPLES = (
    "many white planes beside a long terminal",
    "a bridge over a wide river",
    "boats in rows at the piers of a harbor",
    "houses with red roofs around a pond",
    "a football field inside a running track",
)
"""Queries to try first."""

LOOK = {
    # Scenes
    "strip": "Choose a scene to look at",
    "strip_query": "Best scenes for your query, as Search ranks them by {stage}",
    "strip_found": "Scenes named like {text}",
    "none_found": "No scene has this in its name or class.",
    "find": "Find a scene by name or class",
    "find_placeholder": "Name or class",
    "own": "Use a picture",
    "own_picture": "Your picture",
    "target": "What a choice does",
    "target_scene": "Look at it",
    "target_beside": "Put it beside",
    "uploading": "Sending the picture.",
    "upload_failed": "The picture could not be sent; try again.",
    "not_a_picture": "That is not a picture; give a JPEG, PNG, WebP or TIFF file.",
    "too_large": "The picture is larger than 10 MB; give a smaller one.",
    "no_scene": "The scene {name} is not in this gallery; choose another one.",
    "no_own": (
        "This picture is no longer here, or was given in another browser and stays there; give it "
        "again."
    ),
    "changed": "The file of {name} has changed since the gallery was prepared; this is the new.",
    "missing": (
        "The file of {name} has vanished since the gallery was prepared, so there is nothing to "
        "look at."
    ),
    "unreadable": (
        "The file of {name} has changed since the gallery was prepared, and is no picture any more."
    ),
    "bad_param": "The link's {name}={value} is not allowed; the usual value is shown.",
    "range": "There is no {what} {n} here, only 1 to {most}; the usual one is shown.",
    "range_names": {
        "block": "block",
        "head": "head",
        "layer": "fusion layer",
        "layer_head": "fusion head",
        "word": "word",
        "row": "row",
        "column": "column",
    },
    "failed": "Something unexpected went wrong ({kind}); the terminal has the details.",
    # Kinds of map
    "modes_label": "What the map shows",
    "modes": {
        "place": "From a place",
        "share": "Beyond the window",
        "class": "Class token",
        "words": "Word by word",
    },
    "hints": {
        "place": (
            "Click a place, or move with the arrow keys. Small squares are the patches of its "
            "window, large ones cells: the mean of their patches, looked at as one."
        ),
        "share": (
            "How far each place looked beyond its own window. Click a place to see where it looked."
        ),
        "class": (
            "What the token that sums up the picture looked at. Click a place to look from it."
        ),
        "words": "Where a word of the query met the picture, in the fusion layers.",
    },
    "no_share": "This block has one window over the whole picture, so nothing lies beyond it.",
    "no_class": "This model has no class token; its picture is summed up by a mean.",
    "no_words": "Type a query to see where its words meet the picture.",
    "loading": "Loading the model and reading the picture; the first time takes some seconds.",
    # Reading a map
    "grid_role": "map",
    "grid": "{title}, {map}: {grid} by {grid} places",
    "read_place": "Row {row}, column {column}: {value}",
    "read_cell": "Cell in row {row}, column {column}: {value}, {each} per patch",
    "nothing_there": "Not looked at: it lies in the window's own cell",
    "part_window": "{share} in its window",
    "part_beyond": "{share} beyond it",
    "part_class": "{share} at the class token",
    "spoken": "Looking from row {row}, column {column}: {parts}.",
    "as_table": "The five strongest",
    "table_caption": "The five strongest places of the map {title}",
    "table_place": "What",
    "table_value": "Weight",
    "table_share": "Share",
    "table_patch": "Per patch",
    "row_place": "Patch, row {row}, column {column}",
    "row_cell": "Cell, rows {top} to {bottom}, columns {left} to {right}",
    "row_class": "Class token",
    "trained": "trained weights",
    "random_weights": "random weights",
    "remove": "Take this away",
    "save": "Save as PNG",
    # The scale
    "legend": "Colour scale and overlay",
    "unit_weight": "of the look",
    "unit_patch": "of the look, per patch",
    "unit_share": "beyond the window",
    "unit_word": "of the word's look",
    "unit_branch": "of its branch, per patch",
    "one_scale": "one scale for all maps here",
    "opacity": "Overlay",
    "palette": "Colours",
    "palettes": {"viridis": "Viridis", "cividis": "Cividis"},
    # Words
    "query": "Query",
    "query_placeholder": "Words to look for",
    "query_go": "Show",
    "words_label": "Words of the query",
    "all_words": "All words",
    # The controls
    "block": "Block",
    "block_help": (
        "Bars: how far the places of this scene look beyond their windows, on average. "
        "Blocks take turns with shifted windows."
    ),
    "block_spoken": "Block {n}, {share} beyond the window",
    "block_spoken_plain": "Block {n}",
    "layer": "Fusion layer",
    "layer_spoken": "Layer {n}",
    "mean": "Mean",
    "mean_layers": "Mean of all layers",
    "head": "Head",
    "head_spoken": "Head {n}",
    "mean_heads": "Mean of all heads",
    "place": "Place",
    "place_help": "Rows from the top, columns from the left.",
    "row": "Row",
    "column": "Column",
    "beside": "Beside it",
    "first_hit": "The query's first hit by {stage}:",
    "true_scene": "The query's true scene:",
    "random": "The same model with random weights",
    "random_help": "What random weights show as well, training did not put there.",
    "about": "What a map can tell",
    "not_causal": (
        "A map shows where the model read from, not why it decided: attention is not causal."
    ),
    "pointing": (
        "On {n} cases in drawn scenes, the strongest place of {map} lay on the thing that a word "
        "names in {share} (95 % interval {low} to {high}); by chance it would in {chance}"
    ),
    "pointing_word": "the word's map",
    "pointing_class": "this block's class-token map",
    "pointing_random": ", and with random weights it did in {share}",
    "pointing_none": "How often these maps point at the right thing was not measured here.",
    "joins": {
        "joint": "Window, cells and class token share one softmax: all weights add up to 100 %.",
        "scale": "Window and cells are two branches: the weights of each add up to 100 %.",
        "local": "This model looks inside windows alone.",
        "global": "This model looks at cells alone.",
    },
    # The caption of a saved map
    "png_scene": "Scene: {name}",
    "png_block": "block {n} of {most}",
    "png_layer": "fusion layer {n} of {most}",
    "png_head": "head {n} of {most}",
    "png_place": "place: row {row}, column {column} of {grid}",
    "png_word": "query: {query}; word: {word}",
    "png_query": "query: {query}",
}
MAP = {
    # Kinds of map
    "views_label": "Which space",
    "views": {"aligned": "As it is", "centred": "Centred", "raw": "Before alignment"},
    "view_help": {
        "aligned": (
            "The joint space that search ranks in. Modality gap {gap}: that far lie the means of "
            "pictures and captions apart, of at most 2."
        ),
        "aligned_plain": (
            "The joint space that search ranks in. Without captions there is no modality gap."
        ),
        "centred": (
            "The joint space with the mean of each modality taken out, so without the gap of "
            "{gap}: what stays apart differs in more than modality."
        ),
        "centred_plain": "This gallery has no captions, so there is nothing to centre against.",
        "raw": (
            "What the two towers say before their heads, {image} and {text} numbers wide: two "
            "spaces, so two maps. No distance goes from one to the other."
        ),
    },
    "raw_titles": {"image": "Pictures, {width} wide", "text": "Captions, {width} wide"},
    "gap": "Modality gap {gap}",
    "axes": "UMAP: who is near whom means something; axes, sizes of groups and wide gaps do not.",
    # What became of the file of a picture
    "files": {
        "changed": (
            "The picture's file has changed since the gallery was prepared; this small copy and "
            "its place are of the old one."
        ),
        "missing": SEARCH["missing"],
        "unreadable": SEARCH["unreadable"],
    },
    # Colours
    "colour": "Colour by",
    "colours": {
        "class": "Class",
        "modality": "Modality",
        "hit": "Hit or miss",
        "hubness": "Hubness",
        "rank": "Rank for the query",
    },
    "no_class": "No class",
    "image": "Picture",
    "text": "Caption",
    "images": "Pictures",
    "texts": "Captions",
    "hit": ["Own comes first", "Own at 2 to 10", "Own after 10", "Own not known"],
    "hubness": [
        "Never in a top 10",
        "Less often than the mean",
        "1 to 2 times the mean",
        "2 to 5 times the mean",
        "Hub: over 5 times the mean",
    ],
    "rank": ["Rank 1", "Rank 2 to 10", "Rank 11 to 100", "Not in the top 100"],
    "colour_help": {
        "class": "Captions have the class of their picture.",
        "modality": "Pictures are discs, captions are diamonds.",
        "hit": (
            "Where the best of a point's own stands in its ranking, by aligned similarity. Larger: "
            "missed by more."
        ),
        "hubness": (
            "How often a point is among the first 10, against the mean of its modality. Larger: "
            "more often."
        ),
        "rank": (
            "Where a picture stands for the query by {stage}, with Search's settings and filters. "
            "Larger: nearer the top."
        ),
    },
    "legend": "Legend",
    "solo": "Show only {name} in colour",
    "select_all": "Select",
    "select_spoken": "Select all of {name}",
    "show_all": "All in colour",
    # Hand
    "tools": "What a click or a drag does",
    "tool": {"move": "Move", "lasso": "Lasso", "add": "Click to add"},
    "tool_help": {
        "move": "Drag to move, turn the wheel or pinch to zoom, click a point to choose it.",
        "lasso": "Draw around points; with Shift they are added, with Alt taken away.",
        "add": "Click points to add them to the selection or take them out again.",
    },
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "fit": "Show everything",
    "zoom": "Zoom",
    "canvas": "Map of {images} pictures and {captions} captions",
    "canvas_images": "Map of {images} pictures",
    "keys": (
        "Arrow keys go from point to point, Enter chooses, Space selects, plus and minus zoom, "
        "0 shows everything, Escape lets go."
    ),
    "spoken_image": "Picture {name}, {class}",
    "spoken_text": "Caption: {text}",
    "spoken_selected": "selected",
    "nothing_caught": "No point lies inside; draw around some.",
    # Beside it
    "chosen": "Chosen point",
    "selection": "Selection",
    "selected": "{images} pictures and {captions} captions selected",
    "selected_images": "{images} pictures selected",
    "select_hint": (
        "Choose a point to see it here. Draw around points, click to add them, or take a class "
        "from the legend: the selection becomes a list, a filter for Search, and a table to save."
    ),
    "search_in": "Search among its {n} scenes",
    "csv": "Save as CSV",
    "clear": "Clear",
    "sel_too_long": (
        "This selection is too large for a link, so a copied link is without it; save it as CSV."
    ),
    "only_too_long": "Its scenes are too many for a link, so Search cannot be kept to them.",
    "more": "and {n} more",
    "like_this": "Search with this scene",
    "open_look": "Open in Look",
    "search_caption": "Search with this caption",
    "own_scenes": "Its picture",
    "first_scene": "Its first hit",
    "own_captions": "Its captions",
    "first_caption": "Its first caption",
    "figures": "In {n} first tens; own at rank {rank}",
    "figures_plain": "In {n} first tens",
    "add_one": "Select",
    "drop_one": "Deselect",
    "close": "Close",
    "open_point": "Show {name}",
    # The query
    "query": "Query",
    "query_here": "The query, about here",
    "query_note": (
        "{query}: about where it would lie, the average of the places of its 15 nearest "
        "neighbours. Numbers are ranks by {stage}, with Search's settings and filters."
    ),
    "query_picture": "Your picture",
    "query_raw": "A query is placed on the joint maps only.",
    "line_own": "to its own",
    "line_first": "to its first hit",
    # Table
    "as_table": "As a table",
    "table": "Points of the map, {from} to {to} of {n}",
    "table_of_selection": "Selected points, {from} to {to} of {n}",
    "columns": ["Kind", "Name or caption", "Class", "x", "y", "First tens", "Rank of own"],
    "earlier": "Earlier",
    "later": "Later",
    # What is said
    "no_map": (
        "This index was made without a map; make it again without --no-map to see its points."
    ),
    "no_captions": "This gallery has no captions, so the map shows pictures alone.",
    "no_scene": "The scene {name} is not in this gallery.",
    "bad_param": SEARCH["bad_param"],
    "no_points": "The points could not be fetched; reload the page to try again.",
    "loading": "Fetching the points.",
    "counting": "Counting hits and hubs",
    "limits": (
        "Ranks and first tens are by aligned similarity, each query one of this gallery's own "
        "captions or scenes."
    ),
    "failed": "Something unexpected went wrong ({kind}); the terminal has the details.",
}
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
    "no_captions": (
        "This gallery has no captions, so there is nothing to be right or wrong about: Errors "
        "needs a data set that describes its scenes. Search, Look and Map work without."
    ),
    "too_many": (
        "This gallery has {captions} captions and {scenes} scenes, more pairs than this tab "
        "compares in memory ({most}); index a part with --limit, or use python -m cmpagl evaluate."
    ),
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
ABOUT = {
    "lead": (
        "CMPAGL Explorer searches scenes from above by a sentence or by a picture, and shows what "
        "happens on the way: the ranking before and after reranking, where the model looked, the "
        "space that pictures and sentences share, and the queries that go wrong."
    ),
    "drawn": (
        "The scenes of this gallery are drawn by a program, not photographed: so what each shows "
        "is known exactly, and nobody's pictures are shipped."
    ),
    "open": "What is open",
    "facts": {
        "data": "Data set",
        "split": "Split",
        "scenes": "Scenes",
        "captions": "Captions",
        "classes": "Classes",
        "skipped": "Left out, as they could not be read",
        "map": "Map",
        "checkpoint": "Checkpoint",
        "weights": "Weights",
        "width": "Numbers per picture or sentence",
    },
    "all_images": "all images",
    "none": "none named",
    "captions": "{n} ({distinct} differ)",
    "no_captions": "none, so pictures cannot be described and Errors has nothing to count",
    "no_map": "made without one",
    "limits_title": "Limits",
    "limits": (
        "The model reads English, the first {pieces} word pieces of a sentence, and every picture "
        "at {size} by {size} pixels. What it finds first is often wrong: Errors shows how often "
        "here. Do not decide about people or places with it."
    ),
    "bank_title": "The bank",
    "bank": (
        "Reranking (SMR) asks how well each scene scores with other queries: a scene that "
        "everybody likes steps back. Those other queries are the bank, {texts} captions and "
        "{images} pictures of the model's training data, of each data set as many, kept as vectors "
        "alone. A picture of the bank does not count against what says the same as its own "
        "captions: that it is right to like. Nobody's live queries enter it."
    ),
    "paper_title": "The paper and this work",
    "paper": (
        "The method is that of Sun, Zhao, Liu and Kaup, Cross-Modal Pre-Aligned Method with Global "
        "and Local Information for Remote-Sensing Image and Text Retrieval (IEEE TGRS 62, 2024, "
        "art. 4709118). We worked from its abstract: every formula is our reading of it, and no "
        "number here is the paper's or a reproduction of it. Its authors have no part in this "
        "work; the errors are ours."
    ),
    "paper_link": "The paper on arXiv",
    "cite_title": "How to cite",
    "cite": "Cite the paper for the method. For the software, CITATION.cff says:",
    "copy": "Copy",
    "copied": "Copied",
    "copy_failed": "It could not be copied; select the text",
    "licence_title": "Licences",
    "licence": (
        "This work: Apache License 2.0. The shipped weights start from DINOv2 (Meta, Apache 2.0) "
        "and all-MiniLM-L6-v2 (sentence-transformers, Apache 2.0). Of the data sets that it was "
        "trained on, no picture and no caption ships. A gallery of your own keeps its own terms."
    ),
    "notice": "The whole NOTICE",
    "card_title": "Model card",
    "no_card": "This checkpoint has no card (no README.md beside its weights).",
    "diagnosis_title": "Asked where the truth is known",
    "diagnosis_intro": (
        "python -m cmpagl diagnose drew {scenes} fresh scenes with {captions} captions (seed "
        "{seed}; {pointing} for pointing) and asked the model what only their truth can tell. In "
        "percent, with 95 % intervals."
    ),
    "no_diagnosis": (
        "This checkpoint was not diagnosed: python -m cmpagl diagnose --json "
        "CHECKPOINT/diagnosis.json measures it, and this page then shows it."
    ),
    "tables": {
        "recall": "Recall among the drawn scenes",
        "gallery": (
            "The shipped gallery, {scenes} scenes: by its {captions} captions, and by {queries} "
            "queries that were written by hand"
        ),
        "pairs": "Hard pairs: is a caption nearer to its scene than to a twin? Chance is 50",
        "pointing": "Pointing: does the best map peak inside the thing that a word names?",
        "classes": "By class, best first",
    },
    "ranking": "Ranking",
    "columns": {
        "t2i_r1": "Captions → scenes, R@1",
        "t2i_r5": "R@5",
        "t2i_r10": "R@10",
        "i2t_r1": "Scenes → captions, R@1",
        "i2t_r5": "R@5",
        "i2t_r10": "R@10",
        "mR": "mR",
    },
    "gallery_columns": [
        "Ranking",
        "Captions, R@1",
        "R@5",
        "R@10",
        "By hand, R@1",
        "R@5",
        "R@10",
    ],
    "match": "Matching head alone",
    "difference": "They differ in",
    "differs": {
        "count": "a count",
        "colour": "a colour",
        "relation": "a relation",
        "object": "an object",
        "all": "any of these",
    },
    "cases": "Cases",
    "all_words": "all words",
    "pointing_columns": [
        "Word",
        "Cases",
        "Best map",
        "Inside",
        "Random weights",
        "Chance",
        "Centre",
    ],
    "class": "Class",
    "scenes": "Scenes",
    "between": "{low} to {high}",
    "failed": "Something unexpected went wrong ({kind}); the terminal has the details.",
}


def source_said(data: str, split: str | None, checkpoint: str) -> str:
    """Where what is shown comes from."""
    sentence = PAGE["source_split" if split else "source"]
    return str(sentence).format(data=data, split=split, checkpoint=checkpoint)


def limits_said(limits: str, *, drawn: bool) -> str:
    """What the shown numbers cannot tell; before it that the scenes are drawn, where they are."""
    return f"{ERRORS['drawn']} {limits}" if drawn else limits
