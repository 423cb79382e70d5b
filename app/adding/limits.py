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
    text: int = 500_000_000  # bytes of a file that may hold captions
    held: bool = True  # whether tars and tables of pictures are opened: no header says their sizes

    @property
    def files(self) -> int:
        """How many files, as pictures may have others beside them."""
        return 4 * self.pictures + 1000

    def changed(self, pictures: int | None, size: int | None, pixels: int | None) -> Limits:
        """With what an operator has chosen; None leaves a limit as it is."""
        return replace(
            self,
            pictures=self.pictures if pictures is None else pictures,
            bytes=self.bytes if size is None else size,
            pixels=self.pixels if pixels is None else pixels,
        )


def usual_limits(*, public: bool) -> Limits:
    """Of one's own machine, or of a page that others reach as well."""
    if public:
        return Limits(500, 200_000_000, 25_000_000, text=10_000_000, held=False)
    return Limits(pictures=20_000, bytes=8_000_000_000, pixels=MAX_PIXELS)
