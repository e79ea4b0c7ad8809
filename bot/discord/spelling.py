"""Commands in sentences, as Discord writes them: options have names there, and nothing is typed behind a verb.

    `/docs add URL [NAME] [licence=MIT]`      ->  `/docs add url:URL [name:NAME] [licence:MIT]`
    `/docs reindex guide --force`             ->  `/docs reindex name:guide force:True`
    `sources=all`                             ->  `sources:all`

Sentences are the same on all platforms, and written as commands are typed on Slack. Pure.
"""

from __future__ import annotations

import re

from bot.commands.verbs import FORMS

_COMMAND = re.compile(r"`/docs (?P<verb>[a-z]{2,20}) (?P<rest>[^`\n]{1,300})`")
_PAIR = re.compile(r"`(?P<key>[a-z_-]{2,30})=(?P<value>[^`\n]{1,200})`")
_WORD = re.compile(r"(?P<open>\[?)(?P<word>(?:[^\s\"\[\]]|\"[^\"]*\")+)(?P<close>\]?)")
_BY_VERB = {each.verb: each for each in FORMS}
_KEYS = frozenset(key.name for each in FORMS for key in each.keys)


def spell_commands(markdown: str) -> str:
    """Return a text in which each command is written as on Discord."""
    spelt = _COMMAND.sub(_spell, markdown)
    spelt = spelt.replace("`--force`", "`force`")
    return _PAIR.sub(lambda found: f"`{found['key']}:{found['value']}`" if found["key"] in _KEYS else found[0], spelt)


def _spell(found: re.Match[str]) -> str:
    form = _BY_VERB.get(found["verb"])
    if form is None:
        return found[0]
    names, words = iter([each.name for each in form.words]), list[str]()
    for each in _WORD.finditer(found["rest"]):
        if "=" in each["word"] or each["word"].startswith("--"):
            words.append(_spell_option(each))
        else:
            name = next(names, "")
            words.append(f"{each['open']}{name}:{each['word']}{each['close']}" if name else each[0])
    return f"`/docs {found['verb']} {' '.join(words)}`"


def _spell_option(found: re.Match[str]) -> str:
    key, _, value = found["word"].removeprefix("--").partition("=")
    return f"{found['open']}{key}:{value or 'True'}{found['close']}"
