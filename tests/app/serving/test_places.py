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
    "'/net/ada/.cache/cmpagl' cannot be written to": "'cmpagl' cannot be written to",
    "/srv/scenes of ours-2 and /srv/scenes of ours": "scenes of ours-2 and scenes of ours",
    "see http://a.b/net/ada, /data/x and x/data": "see http://a.b/net/ada, x and x/data",
    "/data is empty; '/data' too": "data is empty; 'data' too",
    "/srv/büro/a.png": "büro/a.png",
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_place_is_called_by_its_last_part(sentence):
    """As it is written in a text, and as JSON writes it; nothing else in it changes."""
    places = tuple(sorted(PLACES.items()))
    assert without_places(sentence.encode(), places).decode() == SENTENCES[sentence]
    told = without_places(json.dumps(sentence).encode(), places)
    assert json.loads(told) == SENTENCES[sentence]


OTHERS = {
    # A path that nobody told the page of is called by its last part.
    "No such file: '/media/disk 1/x.tif'.": "No such file: 'disk 1/x.tif'.",
    "/HOMES/ada/scenes/a.png, /HOMES/ada and /var/.cache/x": "a.png, ~ and x",
    "(/usr/lib/python3.11/json/decoder.py:355)": "(decoder.py:355)",
    "/tmp/gradio/ab12/a.png is broken": "a.png is broken",
    "~/pictures/a.png, ~ada/b.png and '~/..'": "a.png, b.png and '..'",
    "see file:///srv/x/a.png or file:/etc/passwd.": "see a.png or passwd.",
    "C:\\Users\\ada\\a.png or D:/scenes/b.png": "a.png or b.png",
    "\\\\nas\\share\\scenes\\c.png is gone": "c.png is gone",
    "path=/data/a/b.csv:3": "path=b.csv:3",
    "/HOMES/Ada/b\u00fcro/\u00e4.png": "\u00e4.png",
    # And these are no paths of the server.
    "planes/boats": "planes/boats",
    "3/4 of 12/06/2024, 1:/2": "3/4 of 12/06/2024, 1:/2",
    "https://a.example/data/x/y.png?p=1": "https://a.example/data/x/y.png?p=1",
    "http://127.0.0.1:7860/tmp/x and s3://data/x": "http://127.0.0.1:7860/tmp/x and s3://data/x",
    "and/or, w/o, km/h, /, //, ~5/6 and a ~ b": "and/or, w/o, km/h, /, //, ~5/6 and a ~ b",
    "./data/a.png, ../tmp/b.png, train/data/c.png": "./data/a.png, ../tmp/b.png, train/data/c.png",
    "/scenes/3/thumbnail and /gradio_api/run/x": "/scenes/3/thumbnail and /gradio_api/run/x",
    "Class A:\nroads\tand B: \\d+": "Class A:\nroads\tand B: \\d+",
    "https://a.example/~ada/x": "https://a.example/~ada/x",
}


@pytest.mark.parametrize("sentence", OTHERS)
def test_what_looks_like_a_path_of_a_server(sentence):
    """In a text, in JSON, in JSON within JSON, in an event: hidden where it is one, else kept."""
    places, expected = tuple(sorted(PLACES.items())), OTHERS[sentence]
    sentence = sentence.replace("HOMES", "Users")
    plain = without_places(sentence.encode(), places, "text/plain").decode()
    assert plain == expected
    kind, held = "application/json", json.dumps({"a": [sentence, 3]})
    told = json.loads(without_places(json.dumps({"b": [held, sentence]}).encode(), places, kind))
    assert told["b"][1] == expected
    assert json.loads(told["b"][0]) == {"a": [expected, 3]}
    event = f"event: error\ndata: {json.dumps(sentence)}\n\n".encode()
    said = without_places(event, places, "text/event-stream").decode()
    assert said.startswith("event: error\ndata: ")
    assert json.loads(said[19:]) == expected


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
