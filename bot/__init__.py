"""The faces: terminal and command line now, Slack and Discord on the same engine. Knows `core`, never `ingest`."""
