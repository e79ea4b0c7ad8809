"""How a source that was removed is added again: the command, with all that was said of it before. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import assert_never

from bot.commands.messages import block
from core.domain import Source, SourceKind
from core.errors import UrlRefused
from core.net.urls import check_url
from core.plural import counted


def removed_text(source: Source, removed: int) -> str:
    """What is gone, and how to have it again."""
    return (
        f"Removed **{source.name}**: {counted(removed, 'passage')}. To add it again: {block(restore_command(source))}"
    )


def restore_command(source: Source) -> str:
    """The command that adds a source as it was; one of the command line where chat cannot say it."""
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
            # Where it lies on that machine is nothing for chat.
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
