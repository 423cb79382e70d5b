"""CMPAGL: cross-modal pre-aligned retrieval with global and local information."""

__all__ = ["__version__"]

__version__ = "0.1.0"
