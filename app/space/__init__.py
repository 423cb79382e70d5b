"""The tab that shows the embedding space as a map."""
