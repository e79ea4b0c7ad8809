"""Recognises versions and languages of a documentation."""
