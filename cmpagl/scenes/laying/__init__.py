"""From a plan to a layout: where everything stands."""
