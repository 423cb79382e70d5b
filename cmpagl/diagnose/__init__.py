"""What only drawn scenes, whose truth is known, can tell of a model."""
