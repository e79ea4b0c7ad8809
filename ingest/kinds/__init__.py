"""The kinds of sources: one module for each, and their registry."""
