"""What an open gallery is to the page, and how far opening one has come."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from app.words.numbers import counted, listed
from app.words.page import STATUS
from cmpagl.cli.scarce import told_of_scarcity
from cmpagl.errors import CmpaglError, QueryError
from cmpagl.rank.stage import BOTH, SECOND

if TYPE_CHECKING:
    from cmpagl.measure.here import Here
    from cmpagl.search.retriever import Retriever
    from cmpagl.store.gallery import Gallery
    from cmpagl.store.location import Location

__all__ = ["Opened", "Status", "measured", "over_index", "ranked_by", "ready_status", "said_of"]

LOG = logging.getLogger("cmpagl.explorer")


@dataclass(frozen=True)
class Status:
    """How far opening has come; ``sentence`` is for the person in front of the page."""

    phase: str
    """"starting", "indexing", "opening", "ready", "tuning", "empty", "stopped" or "failed"."""
    sentence: str
    done: int = 0
    total: int = 0

    @property
    def settled(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.phase not in ("starting", "indexing", "opening", "tuning")


@dataclass(frozen=True)
class Opened:
    """What every view stands on once the page is ready."""

    gallery: Gallery
    retriever: Retriever
    here: Here | None = None  # what reranking is worth here, where captions or judgments tell
    second: Opened | None = None  # the same scenes as a further model sees them
    number: int = field(init=False, compare=False, default_factory=count(1).__next__)
    """Another one for each that is made: a page that sees it change shows its view anew."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the models are called."""
        models = (self, *([self.second] if self.second else []))
        return tuple(one.retriever.checkpoint.name for one in models)

    def by(self, model: str) -> Opened:
        """The gallery as a stage's model sees it; for both at once, as the first does.

        Raises:
            QueryError: a link asks for a second model, and there is one alone.
        """
        if model and self.second is None:
            raise QueryError(STATUS.no_second)
        return self.second if model == SECOND and self.second is not None else self

    def of(self, model: str) -> tuple[Opened, ...]:
        """The gallery as each of a stage's models sees it: one, or both.

        Raises:
            QueryError: as `by`.
        """
        own = self.by(model)
        return (self, self.by(SECOND)) if model == BOTH else (own,)

    @property
    def drawn(self) -> bool:
        """Whether the scenes are drawn, not photographed: their truth lies beside them."""
        return (self.gallery.root / "truth.json").is_file()


def ready_status(opened: Opened) -> Status:
    """What the page says of a gallery that is open."""
    gallery = opened.gallery
    scenes = counted((STATUS.scenes_drawn if opened.drawn else STATUS.scenes), len(gallery))
    words = {"name": gallery.name, "scenes": scenes, "model": listed(opened.names)}
    sentence = STATUS.ready_split if gallery.split else STATUS.ready
    return Status("ready", sentence.format(**words, split=gallery.split))


def measured(retriever: Retriever) -> Opened:
    """Open with the ranking that helps on this gallery, by its own captions or judgments."""
    from cmpagl.collections.here import find_here

    return ranked_by(retriever, find_here(retriever))


def ranked_by(retriever: Retriever, here: Here | None) -> Opened:
    """Open with a gallery's own ranking, where there is one."""
    retriever.chosen = here.ranking if here else None
    return Opened(retriever.gallery, retriever, here)


def over_index(opened: Opened, folder: Location) -> Opened:
    """An index's newest whole version, searched with the models of a gallery that is open.

    With the second of two where its store holds that one's vectors.

    Raises:
        GalleryError: it cannot be opened, or was made with another model.
    """
    from cmpagl.store.gallery import open_gallery

    gallery = open_gallery(folder, opened.retriever.checkpoint, mode=opened.gallery.mode)
    found = measured(opened.retriever.over(gallery))
    second = opened.second
    if second is None or not _holds(gallery, second):
        return found
    return replace(found, second=over_index(second, folder))


def _holds(gallery: Gallery, model: Opened) -> bool:
    """Whether a gallery's store has a model's vectors."""
    from cmpagl.store.beside import models_in

    wanted = model.retriever.checkpoint.fingerprint
    return wanted in {held.fingerprint for held in models_in(gallery.folder)}


def said_of(error: BaseException, what: str) -> str:
    """The sentence about an error that ended something in the background; a bug is logged.

    Of any error: a panic of a library in Rust is no `Exception`, and a thread that it ends would
    leave a page that says for ever what it is doing.
    """
    if isinstance(error, CmpaglError):
        return str(error)
    if scarce := told_of_scarcity(error):
        return scarce
    LOG.error("%s failed", what, exc_info=error)
    return STATUS.failed.format(kind=type(error).__name__)
