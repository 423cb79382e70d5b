"""Signing in: passwords that are tried one after the other take longer each time."""

import pytest
from own_loop import finish

from app.serving import door
from app.serving.door import FREE, LONGEST, Attempts, Door
from app.words.serving import SERVING

RIGHT = b"right"


def tried(attempts, address, start, seconds):
    """How often someone who asks ten times a second may try within so many seconds."""
    return sum(attempts.wait(address, start + n / 10) == 0 for n in range(int(seconds * 10)))


def test_who_guesses_waits_longer_each_time():
    """Some at once, then ever fewer: a few hundred a day; who is quiet for an hour begins anew."""
    attempts = Attempts()
    assert tried(attempts, "a", 0, 1) == FREE
    assert tried(attempts, "a", 1, 61) == 5
    assert attempts.wait("b", 30) == 0
    assert tried(attempts, "a", 100, 20_000) < 20_000 / LONGEST + 10
    assert tried(attempts, "a", 30_000, 1) == FREE


def test_who_signs_in_begins_anew():
    attempts = Attempts()
    for _ in range(3):
        assert tried(attempts, "a", 0, 1) == FREE
        attempts.forget("a")


def test_what_is_remembered_is_bounded(monkeypatch):
    """The addresses that were quiet longest are forgotten first."""
    monkeypatch.setattr(door, "REMEMBERED", 3)
    attempts = Attempts()
    for number in range(9):
        tried(attempts, f"a{number}", number, 1)
    assert len(attempts._tried) == 3
    assert attempts.wait("a8", 9) > 0
    assert attempts.wait("a0", 9) == 0


def asked(door, word=b"wrong", path="/login", method="POST", peer="9.9.9.9"):
    """Status and content of an attempt."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": word}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "client": (peer, 1)}
    finish(door(scope, receive, send))
    return sent[0]["status"], sent[-1]["body"].decode()


@pytest.fixture
def guarded():
    async def app(scope, receive, send):
        right = (await receive())["body"] == RIGHT
        await send({"type": "http.response.start", "status": 200 if right else 400, "headers": []})
        await send({"type": "http.response.body", "body": b"answered"})

    return Door(app)


def test_the_door_says_how_long_to_wait(guarded):
    """By address, whichever way the form is sent; the right word is not tried meanwhile, and
    everything else is answered."""
    statuses = [asked(guarded, path=("/login", "/login/")[n % 2])[0] for n in range(FREE + 1)]
    assert statuses == [400] * FREE + [429]
    assert asked(guarded, RIGHT) == (429, SERVING.attempts.format(n=1))
    assert asked(guarded, RIGHT, peer="8.8.8.8")[0] == 200
    assert asked(guarded, method="GET")[0] == asked(guarded, path="/config")[0] == 400


def test_people_who_know_their_word_never_wait(guarded):
    assert [asked(guarded, RIGHT)[0] for _ in range(3 * FREE)] == [200] * 3 * FREE
