"""Who looks at stored questions, and from where: a person of a chat platform, or the user of the machine.

Viewer(SLACK, "T1", "U1", "C1")    an administrator, as seen from the channel where they asked for a link
MACHINE                            the command line: sees all
"""

from __future__ import annotations

from dataclasses import dataclass

from core.inbox.channels import build_audience
from core.inbox.port import Platform, Visibility

_PRIVATE = frozenset({Visibility.DIRECT, Visibility.PRIVATE})
_MACHINE = Platform("machine")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks. Ids as the platform writes them; `around` is the parent of `channel` where that is a thread.

    `shows_private`: an operator lets administrators read what was asked in private (CONSOLE_SHOWS_PRIVATE).
    """

    platform: Platform
    tenant: str = ""
    user: str = ""
    channel: str = ""
    around: str = ""
    shows_private: bool = False

    @property
    def is_machine(self) -> bool:
        """Whether this is the user of the machine, who sees all."""
        return self.platform == _MACHINE

    @property
    def name(self) -> str:
        """`"slack:U1"`, or "machine"."""
        return str(self.platform) if self.is_machine else f"{self.platform}:{self.user}"

    @property
    def audience(self) -> frozenset[str] | None:
        """The places that sources must be visible to; None: all sources are seen (`core.inbox.channels.may_see`)."""
        return None if self.is_machine else build_audience(self.platform, self.tenant, self.channel, self.around)

    def may_read(self, platform: Platform, asker: str, visibility: Visibility) -> bool:
        """Return whether the text of a question, and of its answer, may be shown; all questions are counted."""
        is_own = (platform, asker) == (self.platform, self.user)
        return self.is_machine or self.shows_private or visibility not in _PRIVATE or is_own


MACHINE = Viewer(_MACHINE)
"""The user of the machine."""
