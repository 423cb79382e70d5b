"""plotly.js as the page's own file: the installed package's, whole, and no other version's."""

import gzip
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from app.kit.plotly import plotly_link, plotly_routes


def test_the_address_answers_the_installed_library():
    """What is sent is the package's own file, compressed, under an address with its version."""
    (route,) = plotly_routes()
    answer = route.endpoint(version("plotly"))
    assert version("plotly") in plotly_link()
    assert answer.headers["content-encoding"] == "gzip"
    own = Path(find_spec("plotly").origin).parent / "package_data" / "plotly.min.js"
    assert gzip.decompress(answer.body) == own.read_bytes()
    assert route.endpoint("0.0.0").status_code == 404
