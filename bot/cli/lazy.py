"""Groups whose commands are imported when they are called: `--help` answers without loading the engine.

table   name -> (module, summary); the module's `command` is the click command
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, TypeAlias

import click

Table: TypeAlias = Mapping[str, tuple[str, str]]


class LazyGroup(click.Group):
    """A group of the commands in `table`, listed in its order; commands that are added to the group come last."""

    def __init__(self, *args: Any, table: Table, **more: Any) -> None:
        super().__init__(*args, **more)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the table."""
        return [*self._table, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command, and return the command."""
        if cmd_name not in self._table:
            return super().get_command(ctx, cmd_name)
        gc.disable()  # what is imported stays: to look for garbage meanwhile took a tenth of the time
        try:
            command: click.Command = import_module(self._table[cmd_name][0]).command
        finally:
            gc.freeze()  # nor is it looked through later: the SDKs that a command loads then took a third longer
            gc.enable()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command. Raises `click.UsageError`, which names the command that is close to what was typed."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = get_close_matches(args[0], self.list_commands(ctx), 1)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean '{close[0]}'?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        added = [(name, command.get_short_help_str(80)) for name, command in sorted(self.commands.items())]
        with formatter.section("Commands"):
            formatter.write_dl([*((name, summary) for name, (_, summary) in self._table.items()), *added])
