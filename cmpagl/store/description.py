"""What a store says of itself beside its rows: the model, how many rows, what they add up to."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, get_args

from cmpagl.config.json_types import fits
from cmpagl.errors import GalleryError
from cmpagl.store.columns import Kind
from cmpagl.store.digest import bytes_digest
from cmpagl.store.schema import FORMAT

__all__ = ["Description", "TableRows", "described_as", "weighed_as"]


@dataclass(frozen=True)
class TableRows:
    """What a table's rows must add up to."""

    rows: int = 0
    digest: int = 0  # `cmpagl.store.digest.total` of the rows' digests


@dataclass(frozen=True)
class Description:
    """What a store says of itself, beside its rows."""

    name: str  # of the data set
    split: str | None
    root: Mapping[str, str | None]  # `cmpagl.store.place.picture_root`
    checkpoint_name: str
    fingerprint: str  # Checkpoint.fingerprint
    bank_fingerprint: str  # Checkpoint.bank_fingerprint
    ts: Mapping[str, float]  # direction -> the t whose soft extremes the vectors end with
    tokens: bool  # whether what fusion reads is kept
    reads_text: bool = True  # whether the model does; else captions are kept without vectors
    views: int = 0  # turned views that scenes are embedded by; 0: as many as the model's
    fitted: bool = False  # whether maps were fitted
    modality_gap: float | None = None
    skipped: Sequence[Sequence[str]] = ()  # name and reason
    scenes: TableRows = field(default_factory=TableRows)
    captions: TableRows = field(default_factory=TableRows)
    captions_version: int = 0
    maps: int = 0  # what the digests of all places on maps add up to
    said: int = 0  # what the digests of the scenes' further columns add up to
    engines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # `cmpagl.store.ann`
    fields: Sequence[Sequence[str]] = ()  # `cmpagl.store.columns.Field` of each of these
    n_captions: int = 0  # as written, repeated ones included; 0 in an earlier version's index
    made: float = 0.0  # seconds since 1970
    best: Mapping[str, str] = field(default_factory=dict)  # `cmpagl.store.penalties.pack`
    sums: Mapping[str, str] = field(default_factory=dict)  # likewise; none in an earlier version's
    format: int = FORMAT

    def plan(self) -> str:
        """What a run is asked to make, as one text; without what its rows then add up to."""
        asked = {name: value for name, value in asdict(self).items() if name not in _ADDED_UP}
        return json.dumps(asked, ensure_ascii=False, sort_keys=True)

    def to_json(self) -> str:
        """As a table's configuration keeps it."""
        said = json.dumps(asdict(self), ensure_ascii=False)
        return json.dumps({"description": said, "digest": _digest(said)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Description:
        """Read what `to_json` wrote.

        Raises:
            GalleryError: it is damaged, or of another format.
        """
        try:
            outer = json.loads(text)
            if _digest(outer["description"]) != outer["digest"]:
                raise ValueError("its digest is another one")
            said = json.loads(outer["description"])
            found = said.get("format")
            if found != FORMAT:
                raise GalleryError(
                    f"The index has the format {found!r}, but this version reads format {FORMAT}: "
                    "update the program, or make the index again (python -m cmpagl index)."
                )
            if not fits(said, cls) or not _holds(said):
                raise ValueError("it says what no index says")
            rows = {name: TableRows(**said.pop(name)) for name in ("scenes", "captions")}
            return replace(cls(**said), scenes=rows["scenes"], captions=rows["captions"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise GalleryError(
                f"The index's description is damaged ({type(error).__name__}: {error}); make the "
                "index again."
            ) from error


def _holds(said: Mapping[str, Any]) -> bool:
    """Whether its parts hold what is read of them."""
    return (
        said["root"].keys() == {"relative", "absolute", "given"}
        and said["ts"].keys() >= {"t2i", "i2t", "i2i"}
        and all(len(pair) == 2 for pair in said.get("skipped", ()))
        and all(len(one) == 3 and one[1] in get_args(Kind) for one in said.get("fields", ()))
        and said.get("captions_version", 0) >= 0
        and all(len(b64decode(best)) % 4 == 0 for best in said.get("best", {}).values())
    )


_ADDED_UP = frozenset(
    [
        *("scenes", "captions", "captions_version", "maps", "said"),
        *("n_captions", "engines", "made", "best", "sums"),
    ]
)


def _digest(text: str) -> str:
    return bytes_digest(text.encode()).hex()


def described_as(description: Description, other: Description) -> bool:
    """Whether embeddings made for one serve the other: the same model, tokens where asked."""
    wanted = replace(other, tokens=other.tokens or description.tokens)
    names = ("fingerprint", "tokens", "views", "format")
    return all(getattr(description, name) == getattr(wanted, name) for name in names)


def weighed_as(description: Description, other: Description) -> bool:
    """Whether rows of one hold the other's soft extremes: the same bank and t."""
    same_bank = description.bank_fingerprint == other.bank_fingerprint
    return same_bank and description.ts == other.ts
