"""Reads pages that need JavaScript with a browser that has no network."""
