"""The command line: one module a command, `main` finds them. The one room that may import both `core` and `ingest`."""
