"""From a layout to a picture."""
