"""The tab Earth: where the answers lie."""
