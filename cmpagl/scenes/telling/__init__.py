"""Captions that are true of a picture, and captions that are false on purpose."""
