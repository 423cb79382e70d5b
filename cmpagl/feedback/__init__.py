"""What a person's marks do to a ranking: examples of what is wanted, and words for what is not."""
