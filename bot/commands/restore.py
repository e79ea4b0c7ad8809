"""Builds the command that adds a removed source again, with all that was set for it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import Field, fields, replace
from typing import Any

from bot.commands.messages import to_code_block
from core.domain import DEFAULT_KIND, OPTION, Source
from core.errors import UrlRefused
from core.net.urls import check_url, guess_kind
from core.plural import format_count


def removed_text(source: Source, removed: int) -> str:
    """Return what was removed, and how to add it again."""
    command = to_code_block(restore_command(source))
    return f"Removed **{source.name}**: {format_count(removed, 'passage')}. To add it again: {command}"


def restore_command(source: Source) -> str:
    """Return the command that adds a source as it was: for chat, or for the command line if chat cannot do it."""
    plainly = Source(0, source.name, source.root_url, licence=source.licence, kind=guess_kind(source.root_url))
    same = replace(plainly, **{each.name: getattr(source, each.name) for each in _settings()}) == plainly
    if same and source.kind == plainly.kind and not (source.urls or source.served_at) and _is_public(source.root_url):
        licence = ' licence="{}"'.format(source.licence.replace('"', "'")) if source.licence else ""
        return f"/docs add {source.root_url} {source.name}{licence}"
    return " ".join(["footnote sources add", *_place(source), *_options(source), f"--name {source.name}"])


def _place(source: Source) -> list[str]:
    """Return what says where a source is read from. A flag that chooses a kind is called as the kind is."""
    if source.on_disk:
        # Chat does not learn where the files are on that machine.
        return [source.kind.upper(), *([f"--url {source.root_url}"] if source.root_url.startswith("http") else [])]
    if source.urls:
        return ["--list FILE"]
    return [source.root_url, *([] if source.kind == DEFAULT_KIND else [f"--{source.kind}"])]


def _settings() -> list[Field[Any]]:
    return [each for each in fields(Source) if OPTION in each.metadata]


def _options(source: Source) -> Iterable[str]:
    for each in _settings():
        value, option = getattr(source, each.name), f"--{each.metadata[OPTION]}"
        if isinstance(value, tuple):
            yield from (f"{option} {shlex.quote(one)}" for one in value)
        elif value:
            yield option if value is True else f"{option} {shlex.quote(value)}"


def _is_public(url: str) -> bool:
    try:
        check_url(url)
    except UrlRefused:
        return False
    return True
