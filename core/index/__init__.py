"""Passages and their search: corpus, catalogue, switch, hybrid search."""
