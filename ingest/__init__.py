"""The crawl: documentation sites in, passages out. Knows `core`, never `bot`."""
