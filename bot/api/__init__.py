"""The HTTP API: questions, searches and feedback of programs and web pages, with answers whole or as they come.

    bytes ──connections──> request ──guard──> Caller ──> handler ──bot.service──> JSON, or server-sent events

A protocol and nothing else: `bot.service` decides who is let in, what is answered, and what is stored.
"""
