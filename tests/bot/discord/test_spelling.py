"""Commands in sentences are written as Discord writes them: with the names of options."""

from __future__ import annotations

import pytest

from bot.commands.messages import help_text
from bot.commands.verbs import FORMS
from bot.discord.spelling import spell_commands
from core.sentences import ENGLISH


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("`/docs add URL [NAME] [licence=MIT]`", "`/docs add url:URL [name:NAME] [licence:MIT]`"),
        ("`/docs reindex guide --force`", "`/docs reindex name:guide force:True`"),
        ("`/docs reindex [NAME] [--force]`", "`/docs reindex [name:NAME] [force:True]`"),
        ("`/docs status`, or `/docs`", "`/docs status`, or `/docs`"),
        ('Write `/docs settings tone="as a pirate"`.', 'Write `/docs settings tone:"as a pirate"`.'),
        ("as in `sources=guide,api`", "as in `sources:guide,api`"),
        ("`x=1` is code, and so is `/docs nothing a`", "`x=1` is code, and so is `/docs nothing a`"),
    ],
)
def test_a_command_is_written_with_the_names_of_its_options(written: str, spelt: str) -> None:
    assert spell_commands(written) == spelt


def test_help_holds_no_form_that_discord_does_not_take() -> None:
    help_shown = spell_commands(help_text(FORMS, unknown=False))
    assert "=" not in help_shown
    assert "--" not in help_shown
    assert "url:URL" in help_shown
    assert "ask:..." in spell_commands(ENGLISH.hand_over_nobody)
