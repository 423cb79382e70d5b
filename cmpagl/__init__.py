"""CMPAGL: cross-modal pre-aligned retrieval with global and local information.

import cmpagl

gallery = cmpagl.build("photos/", "photos-index")   # or cmpagl.open("photos-index")
found = gallery.search("planes beside a terminal")
found.frame                                   # a pandas table, best first
found.why(1)                                  # the terms of the first one's score
found.save("planes.geojson", top=10)           # or .csv, .parquet, .zip
found.teach(good=[1, 3], bad=[2]).frame       # more like these, fewer like that
gallery = gallery.add("more-photos/")         # grows the index, and opens it again
cmpagl.explore(gallery)                       # the page, in a notebook or a browser
"""

from importlib import import_module
from typing import Any

__all__ = ["__version__", "build", "explore", "open"]

__version__ = "0.1.0"

_OFFERED = {
    "build": "cmpagl.api.gallery",
    "open": "cmpagl.api.gallery",
    "explore": "cmpagl.api.page",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever is offered)
    """What the library offers, loaded when it is first used: `import cmpagl` loads nothing."""
    if name not in _OFFERED:
        raise AttributeError(f"module 'cmpagl' has no attribute {name!r}")
    return getattr(import_module(_OFFERED[name]), name)
