"""Files of a folder or a git checkout, walked as a site is."""
