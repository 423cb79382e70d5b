"""What can go wrong, as one tree that callers catch at its root.

CmpaglError
├── ConfigError      a configuration value or key is not valid
├── DataError        a data set, caption file or image cannot be used
├── CheckpointError  a checkpoint folder is missing, damaged or of another shape
├── GalleryError     an index folder is missing, damaged or made by another checkpoint
│   └── BusyIndexError   another run is making it
├── QueryError       a query (text, image, option) cannot be answered
└── UsageError       a command line cannot be understood

Every message is one sentence for the person at the keyboard: what happened, with which value, the
rule it broke, and the next step. The commands print it and exit with 2; the page shows it.
"""

from __future__ import annotations

__all__ = [
    "BusyIndexError",
    "CheckpointError",
    "CmpaglError",
    "ConfigError",
    "DataError",
    "GalleryError",
    "QueryError",
    "UsageError",
]


class CmpaglError(Exception):
    """Base of every error this package raises on purpose."""


class ConfigError(CmpaglError, ValueError):
    """A configuration value or key is not valid."""


class DataError(CmpaglError, ValueError):
    """A data set, caption file or image cannot be used."""


class CheckpointError(CmpaglError, ValueError):
    """A checkpoint folder is missing, damaged or of another shape."""


class GalleryError(CmpaglError, ValueError):
    """An index folder is missing, damaged or made by another checkpoint."""


class BusyIndexError(GalleryError):
    """Another run is making an index folder: it may be had later."""


class QueryError(CmpaglError, ValueError):
    """A query (text, image or option) cannot be answered."""


class UsageError(CmpaglError):
    """A command line cannot be understood."""
