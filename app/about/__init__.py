"""The tab About: what is open, what it was made with, and the model card."""
