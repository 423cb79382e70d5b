"""Collections as one SQLite file beside an index.

A scene is kept by its picture's digest, which is the same on a grown index, and by its name for
people. Every change is one transaction in SQLite's write-ahead log: a process that is killed loses
at most the change it was making, and two that are open at once see each other's. Where the file
cannot be written it is read; where there is none, there is nothing kept yet.

`PRAGMA user_version` counts the `MIGRATIONS` that a file has had.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from cmpagl.collections.kept import JudgedSearch, Kept, KeptScene, Search, Tag, read_kept
from cmpagl.config.json_types import fits
from cmpagl.errors import GalleryError

__all__ = ["COLOURS", "Collections"]

COLOURS = 8
"""Colours that tags have in turns; which they are is the page's business."""

_PARAMS = Mapping[str, str]
MOST_HISTORY = 200
MOST_GRADE = 10  # of a judgment, as in query sets
MOST_TEXT = 2000  # characters of a name, a note, a search
_WAIT = 10.0  # seconds for another process's change

MIGRATIONS = (
    """
    CREATE TABLE tag (
        name TEXT PRIMARY KEY, colour INTEGER NOT NULL, note TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE TABLE scene (
        tag TEXT NOT NULL REFERENCES tag (name) ON UPDATE CASCADE ON DELETE CASCADE,
        version TEXT NOT NULL, id TEXT NOT NULL, added INTEGER PRIMARY KEY AUTOINCREMENT,
        UNIQUE (tag, version)
    ) STRICT;
    CREATE TABLE search (
        name TEXT PRIMARY KEY, params TEXT NOT NULL, seen TEXT NOT NULL
    ) STRICT;
    CREATE TABLE history (at INTEGER PRIMARY KEY AUTOINCREMENT, params TEXT NOT NULL) STRICT;
    """,
    "CREATE TABLE judged (query TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT",
)
"""Each brings a file from its place in this list to the next; none is ever changed."""


class Collections:
    """The file of one index; holds no connection, so that any thread may ask."""

    def __init__(self, index: Path) -> None:
        """Remember the place: ``NAME.collections.sqlite`` beside the index ``NAME``."""
        self.path = index.with_name(index.name + ".collections.sqlite")

    def read(self) -> Kept:
        """All that is kept.

        Raises:
            GalleryError: the file is no collections, or of a later version of this program.
        """
        if not self.path.exists():
            return Kept()
        with self._opened(write=False) as base:
            scenes: dict[str, list[KeptScene]] = {}
            for tag, version, name in base.execute(
                "SELECT tag, version, id FROM scene ORDER BY added"
            ):
                scenes.setdefault(tag, []).append(KeptScene(version, name))
            tags = base.execute("SELECT name, colour, note FROM tag ORDER BY rowid")
            searches = base.execute("SELECT name, params, seen FROM search ORDER BY rowid")
            history = base.execute("SELECT params FROM history ORDER BY at DESC")
            return Kept(
                tuple(Tag(n, c, note, tuple(scenes.get(n, ()))) for n, c, note in tags),
                tuple(
                    Search(n, self._said(p, _PARAMS), tuple(self._said(s, Sequence[str])))
                    for n, p, s in searches
                ),
                tuple(self._said(params, _PARAMS) for (params,) in history),
                self._judged(base),
            )

    def judged(self) -> tuple[JudgedSearch, ...]:
        """What was said of queries alone.

        Raises:
            GalleryError: as `read`.
        """
        if not self.path.exists():
            return ()
        with self._opened(write=False) as base:
            return self._judged(base)

    def tag(self, name: str, version: str, scene: str) -> None:
        """Put a scene under a tag, which is made where there is none; twice is once.

        Raises:
            GalleryError: the name is empty or too long, or nothing can be written.
        """
        name = _text(name, "tag")
        with self._opened(write=True) as base:
            used = [colour for (colour,) in base.execute("SELECT colour FROM tag")]
            free = min(range(COLOURS), key=used.count)  # the first of those that the fewest have
            base.execute("INSERT OR IGNORE INTO tag (name, colour) VALUES (?, ?)", (name, free))
            base.execute(
                "INSERT OR IGNORE INTO scene (tag, version, id) VALUES (?, ?, ?)",
                (name, _text(version, "scene"), _text(scene, "scene")),
            )

    def untag(self, name: str, version: str) -> None:
        """Take a scene from a tag; the tag stays."""
        with self._opened(write=True) as base:
            base.execute("DELETE FROM scene WHERE tag = ? AND version = ?", (name, version))

    def drop_tag(self, name: str) -> None:
        """Take a tag away, and with it what was kept under it."""
        with self._opened(write=True) as base:
            base.execute("DELETE FROM tag WHERE name = ?", (name,))

    def note(self, name: str, note: str) -> None:
        """Write a tag's note."""
        with self._opened(write=True) as base:
            base.execute("UPDATE tag SET note = ? WHERE name = ?", (note[:MOST_TEXT], name))

    def save_search(self, name: str, params: Mapping[str, str], seen: tuple[str, ...]) -> None:
        """Keep a search under a name, or what it found now.

        Raises:
            GalleryError: the name is empty or too long, or nothing can be written.
        """
        with self._opened(write=True) as base:
            base.execute(
                "INSERT INTO search (name, params, seen) VALUES (?, ?, ?) ON CONFLICT (name) "
                "DO UPDATE SET params = excluded.params, seen = excluded.seen",
                (_text(name, "search"), _json(dict(params)), _json(list(seen))),
            )

    def drop_search(self, name: str) -> None:
        """Keep a search no more."""
        with self._opened(write=True) as base:
            base.execute("DELETE FROM search WHERE name = ?", (name,))

    def asked(self, params: Mapping[str, str]) -> None:
        """Remember a search in the history; one that was made before is there once, as the last."""
        said = _json(dict(params))
        with self._opened(write=True) as base:
            last = base.execute("SELECT params FROM history ORDER BY at DESC LIMIT 1").fetchone()
            if last == (said,):
                return
            base.execute("DELETE FROM history WHERE params = ?", (said,))
            base.execute("INSERT INTO history (params) VALUES (?)", (said,))
            base.execute(
                "DELETE FROM history WHERE at NOT IN "
                "(SELECT at FROM history ORDER BY at DESC LIMIT ?)",
                (MOST_HISTORY,),
            )

    def judge(
        self,
        query: str,
        grades: Mapping[str, int],
        before: Sequence[str],
        after: Sequence[str],
        name: str = "",
    ) -> None:
        """Keep what was said of a query's results, in the place of what was said before.

        Raises:
            GalleryError: the query is empty or too long, or nothing can be written.
        """
        content = {
            "grades": {scene: min(max(0, grade), MOST_GRADE) for scene, grade in grades.items()},
            "before": list(before),
            "after": list(after),
            "id": name[:MOST_TEXT],
        }
        with self._opened(write=True) as base:
            base.execute(
                "INSERT INTO judged (query, content) VALUES (?, ?) ON CONFLICT (query) "
                "DO UPDATE SET content = excluded.content",
                (_text(query, "query"), _json(content)),
            )

    def drop_judged(self, query: str) -> None:
        """Forget what was said of a query."""
        with self._opened(write=True) as base:
            base.execute("DELETE FROM judged WHERE query = ?", (query,))

    def bring(self, content: object) -> None:
        """Add what a person took away with `Kept.to_json`; what is there stays.

        Raises:
            GalleryError: it is something else.
        """
        kept = read_kept(content)
        for tag in kept.tags:
            for scene in tag.scenes:
                self.tag(tag.name, scene.version, scene.id)
            if tag.note:
                self.note(tag.name, tag.note)
        for search in kept.searches:
            self.save_search(search.name, search.params, search.seen)
        for one in kept.judged:
            self.judge(one.query, one.grades, one.before, one.after, one.id)

    def _judged(self, base: sqlite3.Connection) -> tuple[JudgedSearch, ...]:
        rows = base.execute("SELECT query, content FROM judged ORDER BY rowid")
        said = [(query, self._said(content, JudgedSearch)) for query, content in rows]
        try:
            return tuple(JudgedSearch(query, **content) for query, content in said)
        except TypeError as error:
            raise self._damaged(error) from error

    def _said(self, text: str, kind: Any) -> Any:  # noqa: ANN401 (what `fits` is asked for)
        """A value as it was kept.

        Raises:
            GalleryError: it is another one, so the file is damaged.
        """
        try:
            said = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            said = None
        if not fits(said, kind):
            raise self._damaged("it holds what nobody kept")
        return said

    def _damaged(self, why: object) -> GalleryError:
        return GalleryError(
            f"{self.path} is damaged ({why}); restore it, or move it away to start anew."
        )

    @contextmanager
    def _opened(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        """A connection in one transaction, the file brought to this version."""
        mode = "rwc" if write else "rw"
        if self.path.exists() and not self.path.is_file():  # a named pipe would wait for ever
            raise GalleryError(
                f"{self.path} is no regular file, so it cannot be written or read; move it away."
            )
        try:
            base = self._ready(mode)
        except sqlite3.OperationalError as error:
            if _busy(error):
                raise GalleryError(f"{self.path}: {error}; try again.") from error
            if write:
                raise GalleryError(
                    f"{self.path} cannot be written ({error}), so nothing is kept; make the folder "
                    "of the index writable."
                ) from error
            base = self._connect("ro&immutable=1")  # in a place where nobody can write
        except sqlite3.DatabaseError as error:
            raise GalleryError(
                f"{self.path} is no file of collections ({error}); move it away to start anew."
            ) from error
        with closing(base):
            try:
                with base:
                    base.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                    yield base
            except sqlite3.OperationalError as error:
                raise GalleryError(f"{self.path}: {error}; try again.") from error
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                raise self._damaged(error) from error

    def _ready(self, mode: str) -> sqlite3.Connection:
        """A connection to a file of this version.

        Of several that make a file at one moment SQLite refuses some at once, which have to try
        again: a file that is only being made would else be read as one that nobody can write.
        """
        until = time.monotonic() + _WAIT
        while True:
            base = self._connect(mode)
            try:
                self._migrate(base)
                return base
            except BaseException as error:
                base.close()
                if not _busy(error) or time.monotonic() > until:
                    raise
            time.sleep(0.01)

    def _connect(self, mode: str) -> sqlite3.Connection:
        uri = f"{self.path.resolve().as_uri()}?mode={mode}"
        base = sqlite3.connect(uri, uri=True, timeout=_WAIT, isolation_level=None)
        base.execute("PRAGMA foreign_keys = ON")
        return base

    def _migrate(self, base: sqlite3.Connection) -> None:
        (version,) = base.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise GalleryError(
                f"{self.path} is of a later version of this program; use that one, or move it away."
            )
        if version == len(MIGRATIONS):
            return
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("BEGIN IMMEDIATE")
        (version,) = base.execute("PRAGMA user_version").fetchone()  # another may have been first
        try:
            for number in range(version, len(MIGRATIONS)):
                for statement in MIGRATIONS[number].split(";"):
                    base.execute(statement)
            base.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        except BaseException:
            base.execute("ROLLBACK")
            raise
        base.execute("COMMIT")


def _busy(error: BaseException) -> bool:
    """Whether another process or thread was at the file at that moment."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _text(text: str, what: str) -> str:
    text = text.strip()
    if not text or len(text) > MOST_TEXT:
        raise GalleryError(
            f"A {what} needs a name of 1 to {MOST_TEXT:,} characters, but was given {len(text):,}."
        )
    return text


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
