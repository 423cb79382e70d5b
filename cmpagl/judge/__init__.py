"""Query sets with judgments: what is right is what a person says, on any gallery."""
