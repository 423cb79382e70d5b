"""What every layout makes of a folder: a list of entries, each one image as it was described.

A layout is one module in `cmpagl/data/layouts` that says so in its constant `LAYOUT`; nothing else
names it. Faults of single entries are kept for the caller to judge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from cmpagl.data.picture import Picture
from cmpagl.data.scan import Scan

__all__ = ["MISSING", "Description", "Entry", "Layout", "Place", "tidy"]

_ERRORS = ("#n/a", "#name?", "#ref!", "#value!", "#div/0!", "#null!", "#num!")  # of spreadsheets
MISSING = frozenset({"", "nan", "null", "none", "na", "n/a", "<na>", *_ERRORS})
"""How tables write "nothing"."""
_IMAGE_FOLDERS = ("images", "imgs", "Images")


@dataclass
class Entry:
    """One image as described; ``captions`` may hold anything, a ``fault`` rules it out."""

    where: str  # "entry 3", "row 5": where to look when the name does not help
    name: str
    captions: list[Any] = field(default_factory=list)
    split: str | None = None
    class_name: str | None = None
    fault: str | None = None
    picture: Picture | None = None  # where it is no file of its own
    columns: tuple[tuple[str, str | int | float], ...] = ()  # `cmpagl.data.columns.Columns`

    def take_split(self, said: Any) -> None:  # noqa: ANN401 - whatever the file holds
        """The split that a record names, if it names one; lists and the like are a fault."""
        if isinstance(said, list | dict | bool):
            self.fault = f"names the split {str(said)[:40]!r}, which is no text"
        elif said is not None:
            self.split = str(said).strip() or self.split


@dataclass
class Description:
    """A recognised data set: its entries, and the pictures that are really there."""

    name: str
    root: Path
    source: str  # the description's file name(s); "": images of this set have no captions
    images_root: Path
    entries: list[Entry] = field(default_factory=list)
    files: frozenset[str] = frozenset()  # posix paths of the pictures below images_root
    notices: list[tuple[str, str]] = field(default_factory=list)  # (name, why it was not used)
    read: set[str] = field(default_factory=set)  # posix paths of the files that were read
    notes: list[str] = field(default_factory=list)  # for the account of the folder
    classes_from_names: bool = False  # airport_12.jpg is of the class airport
    layout: Layout | None = None

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that its entries name, in their order."""
        return tuple(dict.fromkeys(e.split for e in self.entries if e.split is not None))


@dataclass(frozen=True)
class Place:
    """Where a data set is looked for: a folder, or one description file in it."""

    root: Path
    scan: Scan
    file: Path | None = None  # the description that was given instead of the folder
    below: str = ""  # the folder of it in which descriptions are looked for

    def start(self, source: str) -> Description:
        """An empty description of this place, with its pictures; ``source`` as it says."""
        inside = f"{self.below}/" if self.below and self.scan.pictures(self.below) else ""
        beside = (inside + folder for folder in _IMAGE_FOLDERS)
        folder = next((f for f in beside if (self.root / f).is_dir()), inside.rstrip("/"))
        return Description(
            self.root.resolve().name,
            self.root,
            source,
            self.root / folder,
            files=self.scan.pictures(folder),
        )

    def candidates(self, *suffixes: str, below: str | None = "") -> list[Path]:
        """The file that was given, if it ends so; else those of the folder that do."""
        if self.file is not None:
            return [self.file] if self.file.name.lower().endswith(suffixes) else []
        if below is not None:
            below = "/".join(filter(None, (self.below, below)))
        return self.scan.named(*suffixes, below=below)

    def relative(self, path: Path) -> str:
        """A file as the scan names it."""
        return path.relative_to(self.root).as_posix()


@dataclass(frozen=True)
class Layout:
    """A form in which data sets are shared."""

    name: str  # what an account of a folder calls it
    order: int  # forms are tried from low to high
    # None: the place has another form. One that is fetched has no folder of its own.
    read: Callable[[Place], Description | None] = lambda _: None
    suffixes: tuple[str, ...] = ()  # of a single file that it reads
    prefix: str = ""  # of a name that is no path ("hf:")
    fetch: Callable[[str], Description] | None = None  # what reads such a name


def tidy(name: str, found: Description) -> str:
    """One spelling per file: forward slashes, no `./`, no leading name of the images' folder."""
    if not name.strip():
        return ""
    parts = PurePosixPath(name.strip().replace("\\", "/"))
    folder = found.images_root.name if found.images_root != found.root else None
    if folder and len(parts.parts) > 1 and parts.parts[0] == folder:
        parts = parts.relative_to(folder)
    return str(parts)
