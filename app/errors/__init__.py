"""The tab Errors: what two rankings do to the gallery's own queries."""
