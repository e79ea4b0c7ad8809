"""Versions and languages of a documentation, recognised."""
