"""Drawn scenes: picture, truth and captions from one plan."""
