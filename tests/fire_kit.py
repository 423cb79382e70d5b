"""What tests of generated input share: how many examples, of what, and the counts."""

import http.client
import os
import resource
import time
from collections import Counter
from urllib.parse import urlsplit

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from app.serving.surface import HEADERS
from cmpagl.errors import CmpaglError

EXAMPLES = int(os.environ.get("FIRE_EXAMPLES", "40"))


def examples(share=1):
    """So many examples, or a share of them where each takes a while."""
    return settings(
        max_examples=EXAMPLES // share,
        deadline=None,
        derandomize=EXAMPLES <= 100,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a failure is told as it is found
    )


many, some = examples(), examples(4)
COUNTS: Counter[str] = Counter()
"""Answers by their kind; printed at the end, see ``tests/fire/conftest.py``."""

FAULTS = Counter(
    dict.fromkeys(("tracebacks", "hangs over 10 s", "processes over 3 GB", "silently wrong"), 0)
)
"""What must not be, and how often it was."""
MOST_BYTES = 3_000_000_000


def holds(sound, fault, said=""):
    """Count a fault where there is one, and fail."""
    FAULTS[fault] += not sound
    assert sound, (fault, said)


texts = st.text(max_size=200) | st.sampled_from(
    ["\ud83d", "a" * 2001, "\0", "${alert(1)}", "{{7*7}}", "1e999", "nan", "-0", "0-99999.0-99999"]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
anything = st.recursive(
    leaves, lambda s: st.lists(s, max_size=4) | st.dictionaries(texts, s, max_size=4), max_leaves=12
)


def altered(value, draw, deep=0):
    """JSON with one value anywhere in it replaced by anything."""
    if isinstance(value, (dict, list)) and value and draw(st.integers(0, 5)):
        keys = sorted(value) if isinstance(value, dict) else range(len(value))
        key = draw(st.sampled_from(keys))
        changed = altered(value[key], draw, deep + 1)
        if isinstance(value, dict):
            return {**value, key: changed}
        return [*value[:key], changed, *value[key + 1 :]]
    return draw(anything | st.sampled_from([10**400, -1, "../a_1.png", "b.png", "/etc/passwd"]))


def spoiled(text, draw):
    """A text with something put into it, as bytes of some encoding."""
    at, noise = draw(st.integers(0, len(text))), draw(st.text(max_size=8) | st.just('"'))
    encoding = draw(st.sampled_from(["utf-8", "utf-16", "cp1252", "utf-8-sig"]))
    text = text[:at] + noise * draw(st.sampled_from([1, 1, 5000])) + text[at:]
    return text.encode(encoding, "replace")


def ask(url, path, method="GET", body=b"", **headers):
    """Status and content of a request; answered within ten seconds, and with our headers."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    began = time.monotonic()
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    took = time.monotonic() - began
    holds(took < 10 + 2 * os.getloadavg()[0], "hangs over 10 s", path)  # of a machine at rest
    assert answer.getheader("X-Content-Type-Options") == HEADERS["X-Content-Type-Options"]
    COUNTS[f"{method} {answer.status}"] += 1
    text = content.decode("utf-8", "replace")
    holds("Traceback" not in text and "site-packages" not in text, "tracebacks", text[:200])
    return answer.status, text


def refused(function, *arguments):
    """The sentence with which input is refused; empty where it is taken. Anything else is a bug."""
    try:
        function(*arguments)
    except CmpaglError as error:
        return str(error)
    except Exception as error:
        FAULTS["tracebacks"] += not isinstance(error, AssertionError)
        raise
    return ""


def most_taken():
    """Bytes that this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def judged(what, *arguments):
    """What a function gives, or None, and the sentence with which it refuses: soon, in bounds."""
    began, found, before = time.monotonic(), [], most_taken()
    sentence = refused(lambda: found.append(what(*arguments)))
    holds(time.monotonic() - began < 10 + 2 * os.getloadavg()[0], "hangs over 10 s", sentence)
    taken = most_taken()
    holds(taken in (before, min(taken, MOST_BYTES)), "processes over 3 GB", taken)
    assert bool(found) != bool(sentence)
    assert len(sentence) < 500, sentence
    return (found[0] if found else None), sentence
