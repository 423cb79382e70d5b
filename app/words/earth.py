"""What the map of the Earth says."""

from __future__ import annotations

from typing import Any

from app.words.translation import translated

__all__ = ["EARTH"]

EARTH: dict[str, Any] = {
    "no_places": (
        "No picture of this gallery says where on Earth it lies. GeoTIFFs and photographs with GPS "
        "do: add some, or open an index of them."
    ),
    "failed": "Something unexpected went wrong ({kind}); the server log has the details.",
    "nothing_asked": "There is nothing to save yet: search for something first.",
    "loading": "Loading the map.",
    "no_map": "The map could not be loaded; reload the page to try again.",
    "map": "Map of where the scenes lie",
    "known": {
        "one": "The place of {n} scene is known.",
        "other": "The places of {n} scenes are known.",
    },
    "hint": "Search for something, and the best answers are shown here by rank.",
    "sides": "Which ranking",
    "answers": "Answers by rank",
    "spoken": "Rank {rank}: {title}, {where}",
    "was": "was {rank}",
    "will": "{rank} after",
    "place": "{latitude}, {longitude}",
    "no_place": "place not known",
    "legend": "Rank",
    "up_to": "to {rank}",
    "beyond": "more",
    "others": "other scenes",
    "tools": "What a drag does",
    "tool": {"pan": "Move", "select": "Box", "lasso": "Outline"},
    "tool_help": {
        "pan": "Drag to move, turn the wheel to zoom, click a footprint to choose it.",
        "select": "Drag a box: only scenes in it are searched.",
        "lasso": "Draw around a place: only scenes in it are searched.",
    },
    "use_view": "Search in this view",
    "clear": "Search everywhere",
    "fit": "Show all answers",
    "in_area": "Only scenes in the outlined area are searched.",
    "by_hand": "Area by numbers",
    "west": "West",
    "south": "South",
    "east": "East",
    "north": "North",
    "set_area": "Search there",
    "save": "Save these answers:",
    "saved": {"geojson": "GeoJSON", "parquet": "GeoParquet", "csv": "CSV"},
    "saved_help": "GeoParquet has the embeddings as well.",
    "large": "Open large",
    "around": "With its surroundings",
    "whole": "Whole picture",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "close": "Close",
    "keys": "The scene: arrow keys move it, plus and minus zoom, 0 shows all of it",
    "open": "Open in Search",
    "look": "Open in Look",
    "copy": "Copy coordinates",
    "copied": "Coordinates copied",
    "copy_failed": "The coordinates could not be copied",
    "metres": "{n} m",
    "kilometres": "{n} km",
    "limits": "Places are as the files say; ranks tell an order, not how sure it is.",
}
EARTH = translated("earth.EARTH", EARTH)
