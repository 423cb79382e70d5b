"""An index: a gallery of scenes made ready for search, as a folder that is opened, never rebuilt.

    index.json           the description: `cmpagl.store.manifest`
    image_embeds.npy     (n, E) float32, L2-normalised
    caption_embeds.npy   (d, E) float32, of the distinct captions
    token_values.npy     (n, N, F) int8 and
    token_scales.npy     (n, N) float16: what fusion reads of a scene
    bank.safetensors     what the checkpoint's query bank thinks of the scenes and of the captions
    map_*.npy            UMAP coordinates
    thumbnails/          000000.webp, ...: one per scene, by its number

Opening reads index.json and the sizes of the other files; contents are memory-mapped, and checked
against their digests when first used. Nothing is unpickled.

Shapes: n images, d distinct captions, E embedding width, N tokens of F channels.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as parse_arrays

from cmpagl.errors import DataError, GalleryError
from cmpagl.growing import map_array
from cmpagl.rank.bank import Bank
from cmpagl.store.manifest import Manifest, file_digest, read_manifest, thumbnail_name
from cmpagl.store.projection import centre_by_modality, place_by_neighbours

if TYPE_CHECKING:
    from cmpagl.model.checkpoint import Checkpoint

__all__ = [
    "DIRECTIONS",
    "Direction",
    "Gallery",
    "GalleryMap",
    "MapView",
    "Modality",
    "PictureState",
    "open_gallery",
]

Direction = Literal["t2i", "i2t", "i2i"]
DIRECTIONS: tuple[Direction, ...] = ("t2i", "i2t", "i2i")
Modality = Literal["image", "text"]
PictureState = Literal["unchanged", "changed", "missing"]


@dataclass(frozen=True)
class MapView:
    """Coordinates of one map; only who is near whom means something, not the axes."""

    images: npt.NDArray[np.float32]  # (n, 2)
    captions: npt.NDArray[np.float32]  # (d, 2), of the distinct captions


@dataclass(frozen=True)
class GalleryMap:
    """The maps of an index."""

    aligned: MapView  # images and captions in one map of the joint space
    centred: MapView | None  # the same with each modality's mean taken out; None without captions
    raw: MapView  # what the towers say before their heads: two maps, of two widths
    modality_gap: float | None  # distance of the two modalities' means; None without captions


@dataclass(frozen=True, eq=False)
class Gallery(Manifest):
    """An opened index: its records are read, its arrays are mapped when asked for.

    Numbers of images count ``records`` from 0, numbers of captions `distinct_captions`.
    """

    # Arrays

    @cached_property
    def image_embeds(self) -> npt.NDArray[np.float32]:
        """(n, E)."""
        return self._array("image_embeds.npy")

    @cached_property
    def caption_embeds(self) -> npt.NDArray[np.float32]:
        """(d, E), of the distinct captions."""
        return self._array("caption_embeds.npy")

    @cached_property
    def token_values(self) -> npt.NDArray[np.int8]:
        """(n, N, F) of `quantise_tokens`."""
        return self._array("token_values.npy")

    @cached_property
    def token_scales(self) -> npt.NDArray[np.float16]:
        """(n, N) of `quantise_tokens`."""
        return self._array("token_scales.npy")

    @cached_property
    def t2i(self) -> Bank:
        """The bank's captions against the images."""
        return self._bank("t2i")

    @cached_property
    def i2t(self) -> Bank | None:
        """The bank's images against the distinct captions; None without captions."""
        return self._bank("i2t") if self.distinct_captions else None

    @cached_property
    def i2i(self) -> Bank:
        """The bank's images against the images."""
        return self._bank("i2i")

    def share_as_high(self, score: float, direction: Direction = "t2i") -> float:
        """The share of random queries whose best score here is at least ``score``, 0 to 1.

        Random queries are the checkpoint's bank, which knows nothing of this gallery. Where most of
        them score as high, a result says little.
        """
        best = self._bank_arrays.get(f"{direction}.best")
        if best is None:
            raise GalleryError(
                f"The index {self.folder} has no captions, so no {direction} scores."
            )
        return 1.0 - float(np.searchsorted(best, np.float32(score), side="left")) / len(best)

    @cached_property
    def map(self) -> GalleryMap | None:
        """Coordinates of the maps; None where the index was made without."""
        if "map_aligned.npy" not in self.files:
            return None
        n = len(self)

        def joint(name: str) -> MapView:
            xy = self._array(name)
            return MapView(xy[:n], xy[n:])

        return GalleryMap(
            aligned=joint("map_aligned.npy"),
            centred=joint("map_centred.npy") if "map_centred.npy" in self.files else None,
            raw=MapView(self._array("map_raw_image.npy"), self._array("map_raw_text.npy")),
            modality_gap=self.modality_gap,
        )

    def place_on_map(
        self, query_embeds: npt.NDArray[np.float32], modality: Modality, *, centred: bool = False
    ) -> npt.NDArray[np.float32]:
        """Where live queries would lie on the joint map: near those that they resemble.

        Approximate; see `place_by_neighbours`.

        Args:
            query_embeds: (Q, E).
            modality: what the queries are; decides which mean is taken out of them.
            centred: on the map with centred modalities.

        Returns:
            (Q, 2).

        Raises:
            GalleryError: the index has no such map.
        """
        maps = self.map
        view = None if maps is None else maps.centred if centred else maps.aligned
        if view is None:
            which, needs = (
                ("centred map", " from a data set with captions") if centred else ("map", "")
            )
            raise GalleryError(
                f"The index {self.folder} has no {which}; build it again{needs} without --no-map."
            )
        images, captions, queries = self.image_embeds, self.caption_embeds, query_embeds
        if centred:
            queries = queries - (images if modality == "image" else captions).mean(axis=0)
            images, captions = centre_by_modality(images, captions)
        points = np.concatenate([images, captions])
        return place_by_neighbours(queries, points, np.concatenate([view.images, view.captions]))

    # Pictures

    def thumbnail(self, image: int) -> Path:
        """The WebP of an image, at most 256 pixels on its longer side."""
        return self.folder / "thumbnails" / thumbnail_name(image)

    def picture_state(self, image: int) -> PictureState:
        """Whether an image's file is still the one that was indexed; reads the file."""
        picture = self.records[image].picture
        if picture.stamp() is None:
            return "missing"
        try:
            same = picture.digest() == self.content_hashes[image]
        except DataError:
            return "missing"
        return "unchanged" if same else "changed"

    # Reading

    def _checked(self, name: str) -> Path:
        """A file's path, its content checked against index.json."""
        path = self.folder / name
        try:
            digest = file_digest(path)
        except OSError as error:
            raise GalleryError(f"{path} cannot be read ({error.strerror}).") from error
        if digest != self.files[name]["digest"]:
            raise GalleryError(
                f"{path} is damaged (its digest is not the one in index.json); build the index "
                "again."
            )
        return path

    def _array(self, name: str) -> npt.NDArray[Any]:
        return map_array(self._checked(name))

    @cached_property
    def _bank_arrays(self) -> dict[str, npt.NDArray[Any]]:
        try:
            return parse_arrays(self._checked("bank.safetensors").read_bytes())
        except (SafetensorError, OSError) as error:
            raise GalleryError(
                f"{self.folder / 'bank.safetensors'} is damaged; build the index again."
            ) from error

    def _bank(self, direction: Direction) -> Bank:
        prefix = f"{direction}.bank."
        arrays = {
            name.removeprefix(prefix): array
            for name, array in self._bank_arrays.items()
            if name.startswith(prefix)
        }
        bank = Bank.from_arrays(arrays)
        items = len(self.distinct_captions) if direction == "i2t" else len(self)
        if bank.n_items != items:
            raise GalleryError(
                f"{self.folder / 'bank.safetensors'} has statistics of {bank.n_items:,} items for "
                f"{direction} where the index has {items:,}; build the index again."
            )
        return bank


def open_gallery(folder: Path | str, checkpoint: Checkpoint | None = None) -> Gallery:
    """Open an index.

    Args:
        folder: made by ``python -m cmpagl index``.
        checkpoint: the model that queries will be encoded with; None checks nothing about it.

    Raises:
        GalleryError: nothing is there, it is damaged, truncated or of another format, or it was
            made with another checkpoint or query bank.
    """
    manifest = read_manifest(Path(folder))
    gallery = Gallery(**{f.name: getattr(manifest, f.name) for f in fields(manifest)})
    if checkpoint is not None:
        _check_model(gallery, checkpoint)
    return gallery


def _check_model(gallery: Gallery, checkpoint: Checkpoint) -> None:
    """The index was made with this very model and bank."""
    made, given = f"'{gallery.checkpoint_name}'", f"'{checkpoint.name}'"
    for what, ours, theirs in (
        ("", gallery.fingerprint, checkpoint.fingerprint),
        ("the query bank of ", gallery.bank_fingerprint, checkpoint.bank_fingerprint),
    ):
        if ours != theirs:
            raise GalleryError(
                f"The index {gallery.folder} was made with {what}the checkpoint {made} "
                f"({ours[:8]}), but {given} ({theirs[:8]}) is in use: build the index again with "
                "it, or use the other checkpoint (--checkpoint)."
            )
