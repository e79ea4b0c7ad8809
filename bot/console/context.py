"""What the console works with: the objects of its process, and the limits of a request."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.commands.context import CommandContext
from bot.console.figures import RecentFigures
from bot.status import StatusBoard
from core.inbox.port import Inbox
from core.wiring import Footnote

DAYS = 30
"""Days that figures and lists cover where nobody chooses others."""


@dataclass(frozen=True, slots=True)
class ConsoleContext:
    """The ports that screens use. `board`: the chat platforms of this process.

    `command_context`: what `/docs` works with.
    """

    footnote: Footnote
    inbox: Inbox
    command_context: CommandContext
    board: StatusBoard
    figures: RecentFigures = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figures", RecentFigures(self.footnote.history))
