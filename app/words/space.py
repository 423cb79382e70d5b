"""What the map of the embedding space says."""

from __future__ import annotations

from typing import Any

from app.words.search import SEARCH
from app.words.translation import translated

__all__ = ["MAP"]


MAP: dict[str, Any] = {
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
        "class": (
            "Captions have the class of their picture, and open marks. Colours come again with "
            "another shape: click a class to see it alone."
        ),
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
    "tool": {"move": "Move", "lasso": "Lasso", "box": "Box", "add": "Click to add"},
    "tool_help": {
        "move": "Drag to move, turn the wheel or pinch to zoom, click a point to choose it.",
        "lasso": "Draw around points; with Shift they are added, with Alt taken away.",
        "box": "Drag a box over points; with Shift they are added, with Alt taken away.",
        "add": "Click points to add them to the selection or take them out again.",
    },
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "fit": "Show everything",
    "png": "Save as PNG",
    "zoom": "Zoom",
    "canvas": "Map of {images} and {captions}",
    "canvas_second": "The same points as {model} sees them",
    "no_second_map": (
        "There is no map for {model}. Index with it again, without --no-map, to see both side by "
        "side."
    ),
    "canvas_images": "Map of {images}",
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
    "selected": "{images} and {captions} selected",
    "selected_images": "{images} selected",
    "counted": {
        "images": {"one": "{n} picture", "other": "{n} pictures"},
        "captions": {"one": "{n} caption", "other": "{n} captions"},
    },
    "select_hint": (
        "Choose a point to see it here. Draw around points, click to add them, or take a class "
        "from the legend: the selection becomes a list, a filter for Search, and a table to save."
    ),
    "search_in": {"one": "Search in its {n} scene", "other": "Search among its {n} scenes"},
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
    "too_many": (
        "This gallery has {n} scenes and captions, more than the {most} that a map can show here."
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
MAP = translated("space.MAP", MAP)
