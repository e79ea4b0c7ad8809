"""Reads documents that are not HTML as if they were pages: markdown, PDF."""
