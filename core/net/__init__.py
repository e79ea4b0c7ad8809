"""Addresses and urls: what may be asked, and how it is written."""
