"""What a scene that is opened large says, and what is said of the ground below it."""

from __future__ import annotations

from dataclasses import dataclass

from app.words.translation import Words, translated

__all__ = ["LARGE", "LargeWords"]


@dataclass(frozen=True)
class LargeWords(Words):
    """The large view's sentences."""

    around: str = "With its surroundings"
    whole: str = "Whole picture"
    zoom_in: str = "Zoom in"
    zoom_out: str = "Zoom out"
    close: str = "Close"
    keys: str = "The scene: arrow keys move it, plus and minus zoom, 0 shows all of it"
    north: str = "North"
    copy: str = "Copy coordinates"
    copied: str = "Coordinates copied"
    copy_failed: str = "The coordinates could not be copied"
    place: str = "{latitude}, {longitude}"
    metres: str = "{n} m"
    kilometres: str = "{n} km"
    unusual: str = (
        "Scenes of this gallery are about {across} across. The model learned from scenes of "
        "roughly {least} to {most}, so it may not know what it sees. Pieces of another size "
        "(--chip) may help."
    )


LARGE = translated("large.LARGE", LargeWords())
