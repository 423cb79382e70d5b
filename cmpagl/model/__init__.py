"""The networks, their checkpoint, and what they make of pictures and texts."""
