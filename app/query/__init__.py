"""What several tabs ask: a request, its query encoded, its ranking."""
