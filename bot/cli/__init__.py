"""The command line: one module per command, found by `main`. Only this package imports both `core` and `ingest`."""
