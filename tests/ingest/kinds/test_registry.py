"""The port of source kinds: a new kind is one class and its line in the registry."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from core.domain import Source
from core.errors import UsageError
from core.index.crawling import KnownPage
from ingest.frontier import Bounds
from ingest.kinds import registry
from ingest.kinds.port import SourceKind, SourceOption, TypedSource, WalkTools
from ingest.kinds.registry import find_kind, recognise_kind
from ingest.pages import Found, Kept
from ingest.sync import Walk
from tests.ingest.crawling import RegexParser, fetcher_of

ROOT = Path(__file__).resolve().parents[3]


class NoteKind:
    """A toy: a source that is one note, written on the command line."""

    name: ClassVar[str] = "note"
    takes: ClassVar[frozenset[SourceOption]] = frozenset()
    discovers: ClassVar[bool] = False

    def recognise(self, typed: TypedSource) -> bool:
        return typed.place.startswith("note:")

    def build(self, typed: TypedSource) -> Source:
        return Source(0, "note", "https://note.example/", scope=typed.place[5:], kind=self.name)

    def remark(self, _source: Source) -> str:
        return "A note has one page."

    def walk(self, source: Source, _tools: WalkTools) -> Walk:
        async def walk(_known: Mapping[str, KnownPage], _visited: Mapping[str, bytes]) -> AsyncGenerator[Found, None]:
            yield Kept(source.root_url, source.scope, (), ())

        return walk


async def test_a_new_kind_is_one_class_and_its_line_in_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    toy: SourceKind = NoteKind()
    monkeypatch.setattr(registry, "KINDS", (toy, *registry.KINDS))
    typed = TypedSource("note:water the plants")
    source = recognise_kind(typed).build(typed)
    with pytest.raises(UsageError, match="--render is for"):
        recognise_kind(TypedSource("note:x", render=True))
    async with fetcher_of("https://note.example/") as fetcher:
        walk = find_kind(source).walk(source, WalkTools(fetcher, RegexParser(), Bounds()))
        assert [found async for found in walk({}, {})] == [Kept(source.root_url, "water the plants", (), ())]


def test_a_source_of_a_newer_version_is_refused_in_a_sentence() -> None:
    with pytest.raises(UsageError, match="added by a newer version"):
        find_kind(Source(1, "a", "https://a.example/", kind="hologram"))


def test_no_module_but_the_kinds_themselves_compares_the_kind_of_a_source() -> None:
    names = "|".join(kind.name for kind in registry.KINDS)
    compared = re.compile(rf"\bkind\b\s*(?:==|!=|is|in|not in)\s*\(?[\"'](?:{names})[\"']")
    files = [path for room in ("bot", "core", "ingest") for path in (ROOT / room).rglob("*.py")]
    assert [path.name for path in files if compared.search(path.read_text("utf-8"))] == []
