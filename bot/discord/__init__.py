"""Discord: how questions come in, how answers are shown, and the app that connects both."""

import warnings

with warnings.catch_warnings():
    # discord.player imports audioop, which Python 3.11 calls deprecated. It is for voice, which the bot does not use.
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord  # noqa: F401 - imported here first, so that nothing else has to know of the warning
