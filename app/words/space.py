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
        {"aligned": "As it is", "centred": "Centred", "raw": "Before alignment"}
    )
    view_help: Mapping[str, str] = each(
        {
            "aligned": (
                "The shared space that search uses. Modality gap {gap}: the distance between the "
                "average picture and the average caption, which is at most 2."
            ),
            "aligned_plain": (
                "The shared space that search uses. Without captions there is no modality gap."
            ),
            "centred": (
                "The shared space with the averages of pictures and captions moved onto each "
                "other, which removes the gap of {gap}. What is still apart differs in more than "
                "being a picture or a caption."
            ),
            "centred_plain": "This gallery has no captions, so there is nothing to centre against.",
            "raw": (
                "What the image encoder ({image} numbers) and the text encoder ({text} numbers) "
                "give before they are aligned: two spaces, so two maps. Distances from one map to "
                "the other mean nothing."
            ),
        }
    )
    raw_titles: Mapping[str, str] = each(
        {"image": "Pictures, {width} numbers each", "text": "Captions, {width} numbers each"}
    )
    gap: str = "Modality gap {gap}"
    axes: str = (
        "UMAP: which points are close together means something; axes, the size of a group and wide "
        "gaps do not."
    )
    # What became of the file of a picture
    files: Mapping[str, str] = each(
        {
            "changed": (
                "The picture's file has changed since the gallery was prepared; this thumbnail and "
                "its position are those of the old picture."
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
        [
            "Right answer first",
            "Right answer at 2 to 10",
            "Right answer after 10",
            "Right answer not known",
        ]
    )
    hubness: Sequence[str] = each(
        [
            "Never in a top 10",
            "Less often than average",
            "1 to 2 times the average",
            "2 to 5 times the average",
            "Hub: over 5 times the average",
        ]
    )
    rank: Sequence[str] = each(["Rank 1", "Rank 2 to 10", "Rank 11 to 100", "Not in the top 100"])
    colour_help: Mapping[str, str] = each(
        {
            "class": (
                "A caption has the class of its picture and an open mark. Colours repeat with "
                "other shapes; click a class to see it alone."
            ),
            "modality": "Pictures are discs, captions are diamonds.",
            "hit": (
                "Where the right answer ranks when each point is the query, by similarity alone. "
                "Larger points miss by more."
            ),
            "hubness": (
                "How often a point is among the first 10 results, compared with the average "
                "picture or caption. Larger points are found more often."
            ),
            "rank": (
                "Where each picture ranks for the query by {stage}, with Search's settings and "
                "filters. Larger points rank higher."
            ),
        }
    )
    legend: str = "Legend"
    solo: str = "Show only {name} in colour"
    select_all: str = "Select"
    select_spoken: str = "Select all of {name}"
    show_all: str = "Show all in colour"
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
        "Arrow keys go from point to point, Enter chooses, Space selects, plus and minus zoom, 0 "
        "shows everything, Escape deselects."
    )
    spoken_image: str = "Picture {name}, {class}"
    spoken_text: str = "Caption: {text}"
    spoken_selected: str = "selected"
    nothing_caught: str = "There is no point inside. Draw around some points."
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
    search_in: Forms = each({"one": "Search this {n} scene", "other": "Search these {n} scenes"})
    csv: str = "Save as CSV"
    clear: str = "Clear"
    sel_too_long: str = (
        "This selection is too large for a link, so a copied link leaves it out. Save it as CSV "
        "instead."
    )
    only_too_long: str = (
        "These are too many scenes for a link, so Search cannot be limited to them."
    )
    more: str = "and {n} more"
    like_this: str = "Search with this scene"
    open_look: str = "Open in Look"
    search_caption: str = "Search with this caption"
    own_scenes: str = "Its picture"
    first_scene: str = "Its first result"
    own_captions: str = "Its captions"
    first_caption: str = "Its first caption"
    figures: str = "Times in a top 10: {n}; right answer at rank {rank}"
    figures_plain: str = "Times in a top 10: {n}"
    add_one: str = "Select"
    drop_one: str = "Deselect"
    close: str = "Close"
    open_point: str = "Show {name}"
    # The query
    query_here: str = "The query, about here"
    query_note: str = (
        "{query}: roughly where it would lie, the average position of what is most like it. "
        "Numbers are ranks by {stage}, with Search's settings and filters."
    )
    query_picture: str = "Your picture"
    query_raw: str = "A query can be shown only in the shared space."
    line_own: str = "to its right answer"
    line_first: str = "to its first result"
    # Table
    as_table: str = "As a table"
    table: str = "Points of the map, {from} to {to} of {n}"
    table_of_selection: str = "Selected points, {from} to {to} of {n}"
    columns: Sequence[str] = each(
        [
            "Kind",
            "Name or caption",
            "Class",
            "x",
            "y",
            "Times in a top 10",
            "Rank of the right answer",
        ]
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
        "Ranks and top-10 counts use similarity alone; the queries are this gallery's own captions "
        "and scenes."
    )
    failed: str = "Something went wrong ({kind}). The server log has the details."


MAP = translated("space.MAP", SpaceWords())
