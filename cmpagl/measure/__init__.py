"""Figures on a split or a gallery: metrics, evaluation, tuning, hubs."""
