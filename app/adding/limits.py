"""How much a visitor may add."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cmpagl.data.decode import MAX_PIXELS

__all__ = ["Limits", "usual_limits"]


@dataclass(frozen=True)
class Limits:
    """Of one visitor, at one time."""

    pictures: int  # once rasters are cut; 0: nobody adds any
    bytes: int  # as sent and as unpacked
    pixels: int  # of a picture that is not cut

    def changed(self, pictures: int | None, size: int | None, pixels: int | None) -> Limits:
        """With what an operator has chosen; None leaves a limit as it is."""
        chosen = {"pictures": pictures, "bytes": size, "pixels": pixels}
        return replace(self, **{name: n for name, n in chosen.items() if n is not None})


def usual_limits(*, public: bool) -> Limits:
    """Of one's own machine, or of a page that others reach as well."""
    if public:
        return Limits(pictures=500, bytes=200_000_000, pixels=25_000_000)
    return Limits(pictures=20_000, bytes=8_000_000_000, pixels=MAX_PIXELS)
