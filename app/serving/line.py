"""The line before what takes time, one for the page and for the endpoints: fair by visitor.

Served is in turn an address, of it in turn a session, of that what came first: who asks much waits
for itself. Where the line is full, the last of the address that has the most in it is sent away.
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

    def __init__(self, at_once: int, most: int) -> None:
        """Open it, for ``at_once`` and ``most`` waiting."""
        self.at_once, self.most = at_once, most
        self._running = 0
        self._addresses: OrderedDict[str, _Sessions] = OrderedDict()
        self._lock = threading.Lock()

    def join(self, visitor: Visitor, told: Callable[[], None]) -> Turn:
        """Stand in line; ``told`` may be called before this returns.

        Raises:
            QueryError: it is full, and nobody has more in it.
        """
        turn = Turn(visitor, told)
        with self._lock:
            if self._running < self.at_once and not self._addresses:
                self._running += 1
                turn.running = True
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
            else:
                self._drop(turn)
            while self._running < self.at_once and (found := self._next()) is not None:
                self._running += 1
                found.running = True
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
    def turn(self, visitor: Visitor, patience: float) -> Iterator[None]:
        """Wait for a turn in a thread, and hold it.

        Raises:
            QueryError: the line is full, or it took longer than ``patience`` seconds.
        """
        told = threading.Event()
        turn = self.join(visitor, told.set)
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

    def _next(self) -> Turn | None:
        if not self._addresses:
            return None
        address, sessions = self._addresses.popitem(last=False)
        session, queue = sessions.waiting.popitem(last=False)
        found = queue.popleft()
        if queue:
            sessions.waiting[session] = queue  # at the end: the others are first
        if sessions.waiting:
            self._addresses[address] = sessions
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
