"""Sends requests to sites: guarded, polite, under caps."""
