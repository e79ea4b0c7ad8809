"""A loopback Discord for tests, benches and people who try the bot without one: begin at `server.serve_discord`.

It speaks the gateway and the REST routes as discord.py uses them, plays Discord's limits, permissions and faults, and
keeps an exact record. Only `sdk` imports discord.py: the server itself shares no code, and so no mistake, with it.
"""
