"""What stands between the page and the network: who may ask what, how much, and in which order."""
