"""Is a caption true of a drawn scene? Shares nothing with the writer."""
