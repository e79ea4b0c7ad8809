"""Discord's codes for refusals, as far as they mean something to us. All others end the one call.

CLOSED     only a moderator may write there: the bot lacks the permission, or the thread was locked
PASSING    it will do what was asked, but not now
"""

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK = 10003, 10008, 10015
MISSING_ACCESS, MISSING_PERMISSION, OLD_TOKEN, THREAD_EXISTS = 50001, 50013, 50027, 160004
ANSWERED = 40060
"""Somebody answered the interaction: we ourselves, where Discord's answer to us was lost."""

ARCHIVED = 50083
"""The code for threads that are archived, in which nothing can be changed, and for those that are locked."""

NO_HISTORY = 160002
"""A message that answers another needs the permission to read history."""

CLOSED = frozenset({MISSING_PERMISSION, ARCHIVED, 160005})
PASSING = frozenset({40058, 40062, 40333, 130000})
"""A post whose author has not written anything yet, a service that is limited, a proxy's refusal, too much to do."""
