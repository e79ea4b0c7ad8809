"""Answers for callers: programs and web pages that ask over HTTP or MCP. No protocol is known here."""
