"""One module a layout: a form in which data sets are shared, each with its constant `LAYOUT`."""
