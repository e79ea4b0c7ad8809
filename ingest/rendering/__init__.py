"""Pages that need JavaScript, read by a browser without a network."""
