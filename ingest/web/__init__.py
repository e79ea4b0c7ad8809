"""Asking sites: guarded, polite, under caps."""
