"""What the console works with: the objects of its process, and the limits of a request."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands.context import CommandContext
from bot.status import StatusBoard
from core.inbox.port import Inbox
from core.wiring import Footnote

DAYS = 30
"""Days that figures and lists cover where nobody chooses others."""


@dataclass(frozen=True, slots=True)
class ConsoleContext:
    """The ports that screens use. `board`: the chat platforms of this process; `desk`: what `/docs` works with."""

    footnote: Footnote
    inbox: Inbox
    desk: CommandContext
    board: StatusBoard
