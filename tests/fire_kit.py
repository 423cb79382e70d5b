"""What tests of generated input share: how many examples, of what, and the counts."""

import http.client
import os
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

texts = st.text(max_size=200) | st.sampled_from(
    ["\ud83d", "a" * 2001, "\0", "${alert(1)}", "{{7*7}}", "1e999", "nan", "-0", "0-99999.0-99999"]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
anything = st.recursive(
    leaves, lambda s: st.lists(s, max_size=4) | st.dictionaries(texts, s, max_size=4), max_leaves=12
)


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
    assert time.monotonic() - began < 10 + 2 * os.getloadavg()[0], path
    assert answer.getheader("X-Content-Type-Options") == HEADERS["X-Content-Type-Options"]
    COUNTS[f"{method} {answer.status}"] += 1
    text = content.decode("utf-8", "replace")
    assert "Traceback" not in text
    assert "site-packages" not in text
    return answer.status, text


def refused(function, *arguments):
    """The sentence with which input is refused; empty where it is taken. Anything else is a bug."""
    try:
        function(*arguments)
    except CmpaglError as error:
        return str(error)
    return ""
