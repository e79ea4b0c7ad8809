"""The crawl: documentation sites in, passages out. Imports `core`, never `bot`."""
