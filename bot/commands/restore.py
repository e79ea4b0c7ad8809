"""Builds the command that adds a removed source again, with all that was set for it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import assert_never

from bot.commands.messages import to_code_block
from core.domain import Source, SourceKind
from core.errors import UrlRefused
from core.net.urls import check_url
from core.plural import format_count


def removed_text(source: Source, removed: int) -> str:
    """Return what was removed, and how to add it again."""
    command = to_code_block(restore_command(source))
    return f"Removed **{source.name}**: {format_count(removed, 'passage')}. To add it again: {command}"


def restore_command(source: Source) -> str:
    """Return the command that adds a source as it was: for chat, or for the command line if chat cannot do it."""
    plainly = Source(0, source.name, source.root_url, licence=source.licence, kind=source.kind)
    same = all(
        getattr(source, part) == getattr(plainly, part)
        for part in ("scope", "include", "exclude", "pdf", "render", "schedule", "language", "visible_to", "served_at")
    )
    if same and source.kind in (SourceKind.SITE, SourceKind.PAGE) and _is_public(source.root_url):
        licence = ' licence="{}"'.format(source.licence.replace('"', "'")) if source.licence else ""
        return f"/docs add {source.root_url} {source.name}{licence}"
    return " ".join(["footnote sources add", *_place(source), *_options(source), f"--name {source.name}"])


def _place(source: Source) -> list[str]:
    match source.kind:
        case SourceKind.FOLDER:
            # Chat does not learn where the folder is on that machine.
            return ["FOLDER", *([f"--url {source.root_url}"] if source.root_url.startswith("http") else [])]
        case SourceKind.LIST:
            return ["--list FILE"]
        case SourceKind.PAGE:
            return [source.root_url, "--page"]
        case SourceKind.SITE:
            return [source.root_url]
        case _:
            assert_never(source.kind)


def _options(source: Source) -> Iterable[str]:
    texts = {"scope": source.scope, "schedule": source.schedule, "language": source.language, "licence": source.licence}
    yield from (f"--{name} {shlex.quote(text)}" for name, text in texts.items() if text)
    for name, several in (("include", source.include), ("exclude", source.exclude)):
        yield from (f"--{name} {shlex.quote(each)}" for each in several)
    flags = {"include-pdf": source.pdf, "render": source.render, "allow-private": source.allow_private}
    yield from (f"--{name}" for name, is_set in flags.items() if is_set)
    yield from (f"--visible-to {place}" for place in source.visible_to or ())


def _is_public(url: str) -> bool:
    try:
        check_url(url)
    except UrlRefused:
        return False
    return True
