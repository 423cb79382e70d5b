"""Answers as files that other programs open: GIS, tables, training."""
