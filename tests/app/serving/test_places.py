"""Where things lie on the server reaches no visitor, whoever wrote the sentence."""

import json

import pytest
from own_loop import finish

from app.serving.places import Places, without_places

PLACES = {"/srv/scenes of ours/index": "index", "/srv/scenes of ours": "scenes of ours",
          "/net/ada": "~", "/data": "data", "/srv/büro": "büro"}  # fmt: skip
SENTENCES = {
    "/srv/scenes of ours/index/scenes.lance is damaged.": "index/scenes.lance is damaged.",
    "Not found: srv/scenes of ours/index/x.": "Not found: index/x.",
    "'/net/ada/.cache/cmpagl' cannot be written to": "'~/.cache/cmpagl' cannot be written to",
    "/srv/scenes of ours-2 and /srv/scenes of ours": "/srv/scenes of ours-2 and scenes of ours",
    "see http://a.b/net/ada, /data/x and x/data": "see http://a.b/net/ada, /data/x and x/data",
    "/srv/büro/a.png": "büro/a.png",
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_place_is_called_by_its_last_part(sentence):
    """As it is written in a text, and as JSON writes it; nothing else in it changes."""
    places = tuple(sorted(PLACES.items()))
    assert without_places(sentence.encode(), places).decode() == SENTENCES[sentence]
    told = without_places(json.dumps(sentence).encode(), places)
    assert json.loads(told) == SENTENCES[sentence]


def answered(peer, kind, *extra):
    """What a request from an address gets of an answer that names a folder."""
    body, sent = b'{"error": "/srv/scenes of ours/index is damaged."}', []

    async def app(scope, receive, send):
        length = (b"content-length", str(len(body)).encode())
        headers = [(b"content-type", kind), length, *extra]
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/x", "headers": [], "client": (peer, 1)}
    finish(Places(app, lambda: PLACES)(scope, None, send))
    lengths = [int(value) for name, value in sent[0]["headers"] if name == b"content-length"]
    assert lengths in ([], [len(sent[1]["body"])])
    return b"/srv" in sent[1]["body"]


def test_who_runs_the_page_reads_it_whole():
    """They can go there; pictures and what is packed are handed on as they are."""
    assert answered("127.0.0.1", b"application/json")
    for kind in (b"application/json", b"text/plain; charset=utf-8", b"text/event-stream"):
        assert not answered("10.0.0.7", kind)
    assert answered("10.0.0.7", b"image/webp")
    assert answered("10.0.0.7", b"application/json", (b"content-encoding", b"gzip"))
