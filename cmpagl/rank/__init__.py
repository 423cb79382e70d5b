"""From scores to rankings: SMR, other rerankers, and the bank that they ask."""
