"""`ingest.html.known`: a generator is one file, and what reads pages knows no generator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from ingest.html import generators
from ingest.html.known import load_vocabularies
from ingest.html.vocabulary import MarkupVocabulary

MECHANISM = sorted(path for path in Path(generators.__path__[0]).parent.glob("*.py") if path.name != "known.py")
_TELLING = re.compile(r"[a-z]{2,}[-_][\w-]{3,}|[a-z]+[A-Z]\w+|[A-Z]{1,3}[a-z]+[A-Z]\w+")
"""A name that no author would give by chance: of several words."""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(generators, "__path__", [*generators.__path__, str(tmp_path)])
    return tmp_path


def test_a_new_file_teaches_a_generator(toy: Path) -> None:
    source = (
        'from ingest.html.vocabulary import MarkupVocabulary\n\nVOCABULARY = MarkupVocabulary(furniture="toy-menu")\n'
    )
    (toy / "toyed.py").write_text(source, "utf-8")
    assert load_vocabularies()["toyed"].furniture == "toy-menu"


def test_a_file_without_a_vocabulary_is_refused(toy: Path) -> None:
    (toy / "toyless.py").write_text("NOTHING = 1\n", "utf-8")
    with pytest.raises(TypeError, match="toyless defines no VOCABULARY"):
        load_vocabularies()


def _names(vocabulary: MarkupVocabulary) -> Iterator[str]:
    for part in fields(MarkupVocabulary):
        value = getattr(vocabulary, part.name)
        yield from value.split() if isinstance(value, str) else value


@pytest.mark.parametrize("path", MECHANISM, ids=lambda path: path.name)
def test_what_reads_pages_names_no_generators_classes(path: Path) -> None:
    text = re.sub(r'"""(?s:.*?)"""|#.*', "", path.read_text("utf-8"))
    literals = {word for literal in re.findall(r'"([^"\n]*)"', text) for word in literal.split()}
    known = {name for words in load_vocabularies().values() for name in _names(words) if _TELLING.fullmatch(name)}
    assert literals & known <= {"line-through"}  # a value of CSS
