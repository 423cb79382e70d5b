"""How names of data sets begin that are fetched, and are no paths."""

FETCHED = ("hf:", "stac+")
