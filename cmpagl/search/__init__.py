"""A live query: encoded, ranked, explained."""
