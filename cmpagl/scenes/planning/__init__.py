"""What shall be in a picture."""
