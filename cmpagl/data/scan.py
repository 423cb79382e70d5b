"""What is in a data folder, file by file, and what of it is passed over: nothing without a word.

Names alone are read, no file is opened. Links to folders are not followed, a link that leads out of
the folder is no file of it, and only regular files count: a named pipe would wait for ever.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cmpagl.data.formats import HEIC_SUFFIXES, IMAGE_SUFFIXES, reads_heic
from cmpagl.data.found_text import is_text

__all__ = ["Account", "Scan", "scan_folder"]

_TEXTS = frozenset(
    [
        *(
            ".json",
            ".jsonl",
            ".ndjson",
            ".csv",
            ".tsv",
            ".tab",
            ".psv",
            ".txt",
            ".caption",
            ".xml",
            ".xls",
        ),
        *(".xlsx", ".parquet", ".arrow", ".feather", ".tar", ".tgz", ".gz", ".zip"),
    ]
)
"""Suffixes of files in which captions may stand."""
_PLAIN_NAMES = ("readme", "license", "licence", "notice", "copying", "changelog", "requirements")
# What file servers and systems put into every folder: thumbnails, deleted files, snapshots.
# Those of Synology and QNAP begin with @ or #, those of Windows with $, those of NetApp with ~.
_SYSTEM_FOLDERS = re.compile(
    r"@\w.*|[$~][a-z].*|#(recycle|snapshot|archive|trash).*|recycler|recycled|lost\+found|__macosx"
    r"|system volume information|found\.\d{3}|network trash folder|temporary items|lost\.dir",
    re.IGNORECASE,
)


@dataclass
class Scan:
    """A folder's files by their posix paths from it on, in the order of their names."""

    root: Path
    files: dict[str, None] = field(default_factory=dict)  # regular, inside, named in UTF-8
    links: list[str] = field(default_factory=list)  # to folders: not followed
    outside: list[str] = field(default_factory=list)  # files that are links out of the folder
    broken: list[str] = field(default_factory=list)  # links to nothing
    unreadable: list[str] = field(default_factory=list)  # folders
    special: list[str] = field(default_factory=list)  # named pipes, devices, sockets
    unnamed: list[str] = field(default_factory=list)  # names that are not UTF-8
    left_out: list[str] = field(default_factory=list)  # folders, hidden or of a file server

    def pictures(self, below: str = "") -> frozenset[str]:
        """The pictures below a folder of it, by their suffix, named from that folder on."""
        prefix = f"{below}/" if below else ""
        return frozenset(
            name[len(prefix) :]
            for name in self.files
            if name.startswith(prefix) and is_picture(name)
        )

    def named(self, *suffixes: str, below: str | None = "") -> list[Path]:
        """Files with one of these endings, sorted; ``below`` None: in any folder, else in that."""
        return [
            self.root / name
            for name in sorted(self.files)
            if name.lower().endswith(suffixes) and (below is None or os.path.dirname(name) == below)
        ]


def is_picture(name: str) -> bool:
    """Whether a file counts as a picture, by its suffix."""
    suffix = os.path.splitext(name)[1].lower()
    return suffix in IMAGE_SUFFIXES or (suffix in HEIC_SUFFIXES and reads_heic())


def scan_folder(root: Path, *, inside: Path | None = None) -> Scan:
    """List all that is below a folder; hidden files and folders are no part of it.

    Args:
        root: the folder.
        inside: the folder that its links may not leave; None: itself.
    """
    found = Scan(root)
    _scan(found, root, "", os.path.realpath(inside or root))
    return found


def _scan(found: Scan, folder: Path, prefix: str, real_root: str) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        found.unreadable.append(prefix.rstrip("/") or ".")
        return
    names = {entry.name for entry in entries}
    for entry in entries:
        name = prefix + entry.name
        try:
            link, is_folder = entry.is_symlink(), entry.is_dir()
            is_file = not is_folder and entry.is_file()
        except OSError:
            link, is_folder, is_file = False, False, False
        if entry.name.startswith(".") or (is_folder and _SYSTEM_FOLDERS.fullmatch(entry.name)):
            if is_folder:
                found.left_out.append(name)
        elif not is_text(name):
            found.unnamed.append(name)
        elif is_folder and link:
            found.links.append(name)
        elif is_folder:
            # An index that was put here is no part of the data set, nor one of an earlier version.
            old = entry.name == "thumbnails" and "index.json" in names
            if not (old or entry.name.endswith(".lance")):
                _scan(found, folder / entry.name, f"{name}/", real_root)
        elif is_file:
            out = link and not _within(os.path.realpath(entry.path), real_root)
            if out:
                found.outside.append(name)
            else:
                found.files[name] = None
        else:
            (found.broken if link and not os.path.exists(entry.path) else found.special).append(
                name
            )


def _within(path: str, root: str) -> bool:
    return os.path.commonpath([path, root]) == root


@dataclass(frozen=True)
class Account:
    """What became of everything in a folder, for whoever starts work on it and ends it."""

    layout: str  # how it was read, in words
    pictures: int  # in the folder
    others: Mapping[str, int] = field(default_factory=dict)  # suffix -> files that are no pictures
    not_read: Sequence[str] = ()  # files in which captions may stand
    links: Sequence[str] = ()
    outside: Sequence[str] = ()
    broken: Sequence[str] = ()
    unreadable: Sequence[str] = ()
    special: Sequence[str] = ()
    unnamed: Sequence[str] = ()
    left_out: Sequence[str] = ()
    notes: Sequence[str] = ()  # what else the layout wants said

    @classmethod
    def of(
        cls, scan: Scan, layout: str, read: Collection[str], notes: Sequence[str] = ()
    ) -> Account:
        """Account for a folder of which the files ``read`` (posix paths) were read."""
        others: Counter[str] = Counter()
        not_read = []
        pictures = 0
        for name in scan.files:
            suffix = os.path.splitext(name)[1].lower()
            if is_picture(name):
                pictures += 1
            elif name not in read:
                if suffix in _TEXTS and not _is_plain(name) and not name.endswith(".aux.xml"):
                    not_read.append(name)
                else:
                    others[suffix] += 1
        return cls(
            layout,
            pictures,
            dict(sorted(others.items())),
            *(not_read, scan.links, scan.outside, scan.broken, scan.unreadable, scan.special),
            *(scan.unnamed, scan.left_out, notes),
        )

    def lines(self) -> list[str]:
        """One line for each thing that was passed over, the first says how the folder was read."""
        heic = [suffix for suffix in self.others if suffix in HEIC_SUFFIXES]
        others = ", ".join(
            f"{count:,} {suffix or 'without a suffix'}" for suffix, count in self.others.items()
        )
        told = [
            f"read as {self.layout}",
            f"other files: {others}" if others else "",
            "HEIC pictures are read with the package pillow-heif (pip install 'cmpagl[heic]')"
            if heic
            else "",
            _some("files that may hold captions and were not read", self.not_read),
            _some("links to folders, not followed", self.links),
            _some("links that lead out of the folder, not opened", self.outside),
            _some("links to nothing", self.broken),
            _some("folders that cannot be read", self.unreadable),
            _some("not opened, as they are no regular files", self.special),
            _some("names that are not UTF-8, not read", [ascii(n)[1:-1] for n in self.unnamed]),
            _some("hidden folders and those of file servers, left out", self.left_out),
            *self.notes,
        ]
        return [line for line in told if line]


def _is_plain(name: str) -> bool:
    return os.path.basename(name).lower().startswith(_PLAIN_NAMES)


def _some(what: str, names: Sequence[str]) -> str:
    """A count, what it counts, and the first three by name; nothing of nothing."""
    if not names:
        return ""
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f"{what}: {len(names):,} ({', '.join(names[:3])}{more})"
