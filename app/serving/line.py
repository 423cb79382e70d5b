"""The line before what takes time, one for the page and for the endpoints: fair by visitor.

Served is in turn an address, of it in turn a session, of that what came first: who asks much waits
for itself. Where the line is full, the last of the address that has the most in it is sent away.
Of what keeps a core busy for long, as a picture does, fewer go on at once. Where such a one is
first and has to wait, nobody passes it: the cores are busy, others would only gain what it loses.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sized
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.serving.visitor import Visitor
from app.words.serving import SERVING
from cmpagl.errors import QueryError

__all__ = ["Line", "Turn"]


@dataclass(eq=False)
class Turn:
    """One request in the line; ``told`` is called once, when it may go on or is sent away."""

    visitor: Visitor
    told: Callable[[], None]
    heavy: bool = False  # keeps a core busy for long
    running: bool = False
    sent_away: bool = False


@dataclass
class _Sessions:
    """Those who wait at one address, by session, in turn."""

    waiting: OrderedDict[str, deque[Turn]] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return sum(map(len, self.waiting.values()))


class Line:
    """Lets so many go on at once, and so many wait."""

    def __init__(self, at_once: int, most: int, heavy_at_once: int | None = None) -> None:
        """Open it, for ``at_once``, of them ``heavy_at_once`` heavy, and ``most`` waiting."""
        self.at_once, self.most = at_once, most
        self.heavy_at_once = at_once if heavy_at_once is None else heavy_at_once
        self._running = self._heavy = 0
        self._addresses: OrderedDict[str, _Sessions] = OrderedDict()
        self._lock = threading.Lock()

    def join(self, visitor: Visitor, told: Callable[[], None], *, heavy: bool = False) -> Turn:
        """Stand in line; ``told`` may be called before this returns.

        Raises:
            QueryError: it is full, and nobody has more in it.
        """
        turn = Turn(visitor, told, heavy)
        with self._lock:
            if self._fits(turn) and not self._addresses:
                self._start(turn)
                away = None
            else:
                away = self._make_room(visitor)
                sessions = self._addresses.setdefault(visitor.address, _Sessions())
                sessions.waiting.setdefault(visitor.session, deque()).append(turn)
        if away is not None:
            away.told()
        if turn.running:
            told()
        return turn

    def leave(self, turn: Turn) -> None:
        """Be done, or give up waiting; whoever is next goes on."""
        following: list[Turn] = []
        with self._lock:
            if turn.running:
                turn.running = False
                self._running -= 1
                self._heavy -= turn.heavy
            else:
                self._drop(turn)
            while (found := self._next()) is not None:
                self._start(found)
                following.append(found)
        for other in following:
            other.told()

    def place(self, turn: Turn) -> int:
        """How many go on before a turn, and itself; 0 where it does not wait."""
        with self._lock:
            own = self._addresses.get(turn.visitor.address)
            if turn.running or turn.sent_away or own is None:
                return 0
            queue = own.waiting.get(turn.visitor.session, deque())
            if turn not in queue:
                return 0
            within = _place(own.waiting, turn.visitor.session, queue.index(turn) + 1)
            return _place(self._addresses, turn.visitor.address, within)

    @contextmanager
    def turn(self, visitor: Visitor, patience: float, *, heavy: bool = False) -> Iterator[None]:
        """Wait for a turn in a thread, and hold it.

        Raises:
            QueryError: the line is full, or it took longer than ``patience`` seconds.
        """
        told = threading.Event()
        turn = self.join(visitor, told.set, heavy=heavy)
        try:
            told.wait(patience)
            if not turn.running:
                raise QueryError(SERVING.busy)
            yield
        finally:
            self.leave(turn)

    def _make_room(self, visitor: Visitor) -> Turn | None:
        """Whom to send away for a newcomer; None where there is room."""
        if sum(map(len, self._addresses.values())) < self.most:
            return None
        most = max(self._addresses.values(), key=len)
        own = len(self._addresses.get(visitor.address, ()))
        sessions = max(most.waiting.values(), key=len)
        alone = len(most.waiting.get(visitor.session, ())) if own == len(most) else 0
        if len(most) <= own + 1 and not (own == len(most) and len(sessions) > alone + 1):
            raise QueryError(SERVING.busy)
        turn = sessions[-1]
        turn.sent_away = True
        self._drop(turn)
        return turn

    def _fits(self, turn: Turn) -> bool:
        room = self._running < self.at_once
        return room and not (turn.heavy and self._heavy >= self.heavy_at_once)

    def _start(self, turn: Turn) -> None:
        turn.running = True
        self._running += 1
        self._heavy += turn.heavy

    def _next(self) -> Turn | None:
        """Take out the first, if it may go on; its session and address are last from then on."""
        if not self._addresses:
            return None
        address, sessions = next(iter(self._addresses.items()))
        session, queue = next(iter(sessions.waiting.items()))
        found = queue[0]
        if not self._fits(found):
            return None
        sessions.waiting.move_to_end(session)
        self._addresses.move_to_end(address)
        self._drop(found)
        return found

    def _drop(self, turn: Turn) -> None:
        sessions = self._addresses.get(turn.visitor.address)
        queue = sessions.waiting.get(turn.visitor.session) if sessions else None
        if sessions is None or queue is None or turn not in queue:
            return
        queue.remove(turn)
        if not queue:
            del sessions.waiting[turn.visitor.session]
        if not sessions.waiting:
            del self._addresses[turn.visitor.address]


def _place(groups: Mapping[str, Sized], own: str, within: int) -> int:
    """The place over groups that are served in turn, of what is number ``within`` of its own."""
    place, before = within, True
    for name, group in groups.items():
        if name == own:
            before = False
        else:
            place += min(len(group), within if before else within - 1)
    return place
