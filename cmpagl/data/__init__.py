"""Pictures and their captions, from the forms in which data sets are shared."""
