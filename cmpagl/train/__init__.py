"""Training: features, pre-alignment, fusion, and the run that holds them."""
