"""What a person keeps of a gallery: scenes under tags, notes, searches, and what was asked."""
