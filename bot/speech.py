"""In which language the fixed sentences around a question are: notes, buttons, forms, help.

    the channel's setting  >  ANSWER_LANGUAGE  >  the question's own, if the catalogue has it and it is sure  >  English

An operator or administrator who set a language wants it for all; else people are answered as they ask.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.check.languages import name_language
from core.config.model_settings import LANGUAGE_OF_QUESTION
from core.inbox.channels import Channels
from core.inbox.port import NewQuestion, Platform, Reply, StoredQuestion
from core.sentences import Sentences, sentences_in


def choose_language(of_channel: str, of_install: str, text: str) -> str:
    """Return the language of the fixed sentences around a question: `("", "", "Wie geht das?")` -> `"German"`.

    An empty one is English. A question's own language counts where the catalogue has it and it is sure.
    """
    is_chosen = of_install not in ("", LANGUAGE_OF_QUESTION)
    return of_channel or (of_install if is_chosen else name_language(text))


def sentences_around(reply: Reply | None, otherwise: Sentences) -> Sentences:
    """Return the fixed sentences around a reply; `otherwise`: the install's."""
    return sentences_in(reply.language) if reply is not None and reply.language else otherwise


@dataclass(frozen=True, slots=True)
class Speech:
    """Which language is spoken where. `language`: the install's, empty where none is set."""

    channels: Channels
    language: str = ""

    async def language_of(self, asked: StoredQuestion | NewQuestion) -> str:
        """Return the language of the fixed sentences around a question; empty: English. Raises `StoreError`."""
        settings = await self.channels.get(asked.platform, asked.tenant, asked.channel)
        return choose_language(settings.language, self.language, asked.text)

    async def sentences_in_channel(self, platform: Platform, tenant: str, channel: str) -> Sentences:
        """Return the fixed sentences of a channel as a whole. Raises `StoreError`."""
        settings = await self.channels.get(platform, tenant, channel)
        return sentences_in(settings.language or self.language)

    async def sentences_for(self, asked: StoredQuestion | NewQuestion) -> Sentences:
        """Return the fixed sentences around a question. Raises `StoreError`."""
        return sentences_in(await self.language_of(asked))
