"""The tab Search: one query, ranked before and after."""
