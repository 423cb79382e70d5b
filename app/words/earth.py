"""What the map of the Earth says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.words.translation import Forms, Words, each, translated

__all__ = ["EARTH", "EarthWords"]


@dataclass(frozen=True)
class EarthWords(Words):
    """Earth's sentences."""

    no_places: str = (
        "No picture of this gallery says where on Earth it lies. GeoTIFFs and photographs with GPS "
        "do: add some, or open an index of them."
    )
    failed: str = "Something went wrong ({kind}). The server log has the details."
    nothing_asked: str = "There is nothing to save yet: search for something first."
    loading: str = "Loading the map."
    no_map: str = "The map could not be loaded; reload the page to try again."
    map: str = "Map of where the scenes lie"
    known: Forms = each(
        {
            "one": "The place of {n} scene is known.",
            "other": "The places of {n} scenes are known.",
        }
    )
    hint: str = "Search for something, and the best answers are shown here by rank."
    sides: str = "Which ranking"
    answers: str = "Answers by rank"
    spoken: str = "Rank {rank}: {title}, {where}"
    was: str = "was {rank}"
    will: str = "{rank} after"
    place: str = "{latitude}, {longitude}"
    no_place: str = "place not known"
    legend: str = "Rank"
    up_to: str = "to {rank}"
    beyond: str = "more"
    tools: str = "What a drag does"
    tool: Mapping[str, str] = each({"pan": "Move", "select": "Box", "lasso": "Outline"})
    tool_help: Mapping[str, str] = each(
        {
            "pan": "Drag to move, turn the wheel to zoom, click a footprint to choose it.",
            "select": "Drag a box: only scenes in it are searched.",
            "lasso": "Draw around a place: only scenes in it are searched.",
        }
    )
    use_view: str = "Search in this view"
    clear: str = "Search everywhere"
    fit: str = "Show all answers"
    in_area: str = "Only scenes in the outlined area are searched."
    by_hand: str = "Enter coordinates"
    west: str = "West"
    south: str = "South"
    east: str = "East"
    north: str = "North"
    set_area: str = "Search there"
    save: str = "Save the first"
    save_as: str = "answers as"
    save_top: str = "How many answers to save"
    bad_top: str = "A file has 1 to {most} answers; '{said}' is no such number."
    saved: Mapping[str, str] = each({"geojson": "GeoJSON", "parquet": "GeoParquet", "csv": "CSV"})
    saved_help: str = "GeoParquet has the embeddings as well."
    large: str = "Open large"
    open: str = "Open in Search"
    look: str = "Open in Look"
    limits: str = (
        "Places are those given in the files. A rank tells the order, not how certain it is."
    )


EARTH = translated("earth.EARTH", EarthWords())
