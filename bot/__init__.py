"""What people use: the command line, Slack and Discord, on one engine. Only `bot.cli` may import `ingest`."""
