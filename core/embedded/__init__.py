"""The Postgres that footnote brings and runs itself."""
