"""The index on disk: built, opened, grown."""
