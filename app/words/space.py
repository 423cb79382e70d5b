"""What the map of the embedding space says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.words.search import SEARCH
from app.words.translation import Forms, Words, each, translated

__all__ = ["MAP", "SpaceWords"]


@dataclass(frozen=True)
class SpaceWords(Words):
    """Space's sentences."""

    # Kinds of map
    views_label: str = "Which space"
    views: Mapping[str, str] = each(
        {("aligned"): "As it is", "centred": "Centred", "raw": "Before alignment"}
    )
    view_help: Mapping[str, str] = each(
        {
            "aligned": (
                "The joint space that search ranks in. Modality gap {gap}: that far lie the means "
                "of pictures and captions apart, of at most 2."
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
        }
    )
    raw_titles: Mapping[str, str] = each(
        {("image"): "Pictures, {width} wide", "text": "Captions, {width} wide"}
    )
    gap: str = "Modality gap {gap}"
    axes: str = (
        "UMAP: who is near whom means something; axes, sizes of groups and wide gaps do not."
    )
    # What became of the file of a picture
    files: Mapping[str, str] = each(
        {
            "changed": (
                "The picture's file has changed since the gallery was prepared; this small copy "
                "and its place are of the old one."
            ),
            "missing": SEARCH.missing,
            "unreadable": SEARCH.unreadable,
        }
    )
    # Colours
    colour: str = "Colour by"
    colours: Mapping[str, str] = each(
        {
            "class": "Class",
            "modality": "Modality",
            "hit": "Hit or miss",
            "hubness": "Hubness",
            "rank": "Rank for the query",
        }
    )
    no_class: str = "No class"
    image: str = "Picture"
    text: str = "Caption"
    images: str = "Pictures"
    texts: str = "Captions"
    hit: Sequence[str] = each(
        [("Own comes first"), "Own at 2 to 10", "Own after 10", "Own not known"]
    )
    hubness: Sequence[str] = each(
        [
            "Never in a top 10",
            "Less often than the mean",
            "1 to 2 times the mean",
            "2 to 5 times the mean",
            "Hub: over 5 times the mean",
        ]
    )
    rank: Sequence[str] = each(["Rank 1", "Rank 2 to 10", "Rank 11 to 100", "Not in the top 100"])
    colour_help: Mapping[str, str] = each(
        {
            "class": (
                "Captions have the class of their picture, and open marks. Colours come again with "
                "another shape: click a class to see it alone."
            ),
            "modality": "Pictures are discs, captions are diamonds.",
            "hit": (
                "Where the best of a point's own stands in its ranking, by aligned similarity. "
                "Larger: missed by more."
            ),
            "hubness": (
                "How often a point is among the first 10, against the mean of its modality. "
                "Larger: more often."
            ),
            "rank": (
                "Where a picture stands for the query by {stage}, with Search's settings and "
                "filters. Larger: nearer the top."
            ),
        }
    )
    legend: str = "Legend"
    solo: str = "Show only {name} in colour"
    select_all: str = "Select"
    select_spoken: str = "Select all of {name}"
    show_all: str = "All in colour"
    # Hand
    tools: str = "What a click or a drag does"
    tool: Mapping[str, str] = each(
        {"move": "Move", "lasso": "Lasso", "box": "Box", "add": "Click to add"}
    )
    tool_help: Mapping[str, str] = each(
        {
            "move": "Drag to move, turn the wheel or pinch to zoom, click a point to choose it.",
            "lasso": "Draw around points; with Shift they are added, with Alt taken away.",
            "box": "Drag a box over points; with Shift they are added, with Alt taken away.",
            "add": "Click points to add them to the selection or take them out again.",
        }
    )
    zoom_in: str = "Zoom in"
    zoom_out: str = "Zoom out"
    fit: str = "Show everything"
    png: str = "Save as PNG"
    zoom: str = "Zoom"
    canvas: str = "Map of {images} and {captions}"
    canvas_second: str = "The same points as {model} sees them"
    no_second_map: str = (
        "There is no map for {model}. Index with it again, without --no-map, to see both side by "
        "side."
    )
    canvas_images: str = "Map of {images}"
    keys: str = (
        "Arrow keys go from point to point, Enter chooses, Space selects, plus and minus zoom, "
        "0 shows everything, Escape lets go."
    )
    spoken_image: str = "Picture {name}, {class}"
    spoken_text: str = "Caption: {text}"
    spoken_selected: str = "selected"
    nothing_caught: str = "No point lies inside; draw around some."
    # Beside it
    chosen: str = "Chosen point"
    selection: str = "Selection"
    selected: str = "{images} and {captions} selected"
    selected_images: str = "{images} selected"
    counted: Mapping[str, Forms] = each(
        {
            "images": {"one": "{n} picture", "other": "{n} pictures"},
            "captions": {"one": "{n} caption", "other": "{n} captions"},
        }
    )
    select_hint: str = (
        "Choose a point to see it here. Draw around points, click to add them, or take a class "
        "from the legend: the selection becomes a list, a filter for Search, and a table to save."
    )
    search_in: Forms = each(
        {("one"): "Search in its {n} scene", "other": "Search among its {n} scenes"}
    )
    csv: str = "Save as CSV"
    clear: str = "Clear"
    sel_too_long: str = (
        "This selection is too large for a link, so a copied link is without it; save it as CSV."
    )
    only_too_long: str = "Its scenes are too many for a link, so Search cannot be kept to them."
    more: str = "and {n} more"
    like_this: str = "Search with this scene"
    open_look: str = "Open in Look"
    search_caption: str = "Search with this caption"
    own_scenes: str = "Its picture"
    first_scene: str = "Its first hit"
    own_captions: str = "Its captions"
    first_caption: str = "Its first caption"
    figures: str = "In {n} first tens; own at rank {rank}"
    figures_plain: str = "In {n} first tens"
    add_one: str = "Select"
    drop_one: str = "Deselect"
    close: str = "Close"
    open_point: str = "Show {name}"
    # The query
    query: str = "Query"
    query_here: str = "The query, about here"
    query_note: str = (
        "{query}: about where it would lie, the average of the places of its 15 nearest "
        "neighbours. Numbers are ranks by {stage}, with Search's settings and filters."
    )
    query_picture: str = "Your picture"
    query_raw: str = "A query is placed on the joint maps only."
    line_own: str = "to its own"
    line_first: str = "to its first hit"
    # Table
    as_table: str = "As a table"
    table: str = "Points of the map, {from} to {to} of {n}"
    table_of_selection: str = "Selected points, {from} to {to} of {n}"
    columns: Sequence[str] = each(
        [("Kind"), "Name or caption", "Class", "x", "y", "First tens", "Rank of own"]
    )
    earlier: str = "Earlier"
    later: str = "Later"
    # What is said
    no_map: str = (
        "This index was made without a map; make it again without --no-map to see its points."
    )
    too_many: str = (
        "This gallery has {n} scenes and captions, more than the {most} that a map can show here."
    )
    no_captions: str = "This gallery has no captions, so the map shows pictures alone."
    no_scene: str = "The scene {name} is not in this gallery."
    bad_param: str = SEARCH.bad_param
    no_points: str = "The points could not be fetched; reload the page to try again."
    loading: str = "Fetching the points."
    counting: str = "Counting hits and hubs"
    limits: str = (
        "Ranks and first tens are by aligned similarity, each query one of this gallery's own "
        "captions or scenes."
    )
    failed: str = "Something unexpected went wrong ({kind}); the terminal has the details."


MAP = translated("space.MAP", SpaceWords())
