"""What may be changed of a source: one table, which the command line and the console are made from."""

from __future__ import annotations

import dataclasses

import click
import pytest

from bot.cli.source_set import command
from bot.commands.source_changes import SOURCE_SETTINGS, VISIBLE_TO, SourceSetting, read_changes, read_form
from bot.console.screens.sources import SETTINGS
from core.domain import Source
from core.errors import UsageError

OPEN = Source(0, "guide", "https://guide.example/")
SET = dataclasses.replace(
    OPEN,
    schedule="every 6h",
    licence="MIT",
    visible_to=("discord:8", "slack:T1"),
    include=("a/**", "b/**"),
    exclude=("old/**",),
    language="de",
    render=True,
    paused=True,
)


@pytest.mark.parametrize("setting", SOURCE_SETTINGS, ids=lambda each: each.name)
@pytest.mark.parametrize("source", [OPEN, SET])
def test_what_a_form_shows_of_a_source_is_read_as_it_was(setting: SourceSetting, source: Source) -> None:
    read = read_form({setting.name: setting.write(source)})
    assert read == {setting.name: getattr(source, setting.name)}


def test_each_setting_is_a_field_of_a_source_and_an_option_of_the_command_line() -> None:
    fields = {each.name for each in dataclasses.fields(Source)}
    options = {each.name for each in command.params if isinstance(each, click.Option)}
    names = [each.name for each in SOURCE_SETTINGS]
    assert set(names) <= fields
    assert options == {*names, "as_json"}
    assert {each.name for each in SETTINGS} == set(names) - {"render", "paused"}, "those have buttons, or no field"


def test_an_empty_field_opens_a_source_and_an_empty_option_does_not() -> None:
    assert read_form({"visible_to": " "}) == {"visible_to": None}
    with pytest.raises(UsageError, match="Name who may see it"):
        read_changes({"visible_to": ""})
    assert VISIBLE_TO.write(OPEN) == ""


@pytest.mark.parametrize(
    "texts", [{"schedule": "now"}, {"language": "all of it"}, {"licence": "x" * 101}, {"name": "x"}, {"url": ""}]
)
def test_what_cannot_be_read_or_may_not_be_changed_is_refused(texts: dict[str, str]) -> None:
    for read in (read_changes, read_form):
        with pytest.raises(UsageError):
            read(texts)
