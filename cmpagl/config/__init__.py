"""Every setting of a model and of a run, read strictly."""
