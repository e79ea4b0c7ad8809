"""`footnote manifest`: prints what a person pastes into Slack's page for apps."""

from __future__ import annotations

from importlib.resources import files

import click


@click.command("manifest")
def command() -> None:
    """Print the manifest of the Slack app, to paste where Slack creates an app "From a manifest".

    \b
    docs/slack.md goes through it step by step:
      footnote manifest | pbcopy
    """
    click.echo((files("bot") / "slack_manifest.yaml").read_text("utf-8"), nl=False)
