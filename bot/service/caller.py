"""Who asks over HTTP or MCP, and what: the nouns that each protocol fills in."""

from __future__ import annotations

from dataclasses import dataclass

from bot.shortening import shorten_middle
from core.domain import DEFAULT_EDITION, Asker, Edition, Question, Turn
from core.inbox.callers import MCP, asker_of
from core.inbox.platforms import CallerDetails, Platform
from core.tokens.port import AccessToken, place_of

OPEN, STDIO = "open", "stdio"
"""Callers without a token: of a server that API_OPEN opens to its own machine, and who runs footnote as a child."""

TURNS, TURN_CHARACTERS = 5, 4_000
"""Earlier turns that count, the latest, and most characters of each question and answer."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the `name` of a token, and the `user` that a request names there. `audience` None: sees all."""

    platform: Platform
    name: str
    audience: frozenset[str] | None
    user: str = ""

    @classmethod
    def from_token(cls, platform: Platform, token: AccessToken, user: str = "") -> Caller:
        """Return who asks with a token: sees what is visible to all, to its place, and to those that it was given."""
        return cls(platform, token.name, token.audience, user)

    @classmethod
    def open(cls, platform: Platform, user: str = "") -> Caller:
        """Return who asks without a token where that is allowed: sees what is visible to all, and to `token:open`."""
        return cls(platform, OPEN, frozenset({place_of(OPEN)}), user)

    @classmethod
    def operator(cls) -> Caller:
        """Return who runs footnote on this machine as a child process: sees all, as on the command line."""
        return cls(MCP, STDIO, None)

    @property
    def asker(self) -> str:
        """The asker as it is stored: `token:NAME`, or `token:NAME:HASH` of a user there."""
        return asker_of(self.name, self.user)


@dataclass(frozen=True, slots=True)
class CallerQuestion:
    """What a caller asks. `previous`: the turns before it, oldest first; `sources`: names, empty: all that it sees."""

    text: str
    previous: tuple[Turn, ...] = ()
    sources: tuple[str, ...] = ()
    edition: Edition = DEFAULT_EDITION

    def to_question(self, caller: Caller) -> Question:
        """Return the question for the engine: the one that `footnote ask` makes, with what the caller may see."""
        return Question(
            self.text,
            turns=tuple(_shorten(turn) for turn in self.previous[-TURNS:]),
            sources=self.sources,
            edition=self.edition,
            audience=caller.audience,
            asker=Asker(caller.platform, "", caller.asker, caller.name),
        )

    @property
    def details(self) -> CallerDetails:
        """What is stored with the question besides its text."""
        version, language = self.edition.version, self.edition.language
        return CallerDetails(sources=self.sources, version=version, language=language, previous=len(self.previous))


def _shorten(turn: Turn) -> Turn:
    return Turn(shorten_middle(turn.question, TURN_CHARACTERS), shorten_middle(turn.answer, TURN_CHARACTERS))
