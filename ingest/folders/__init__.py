"""Walks the files of a folder or a git checkout as a site is walked."""
