"""The tab Look: where the model looked in a scene."""
