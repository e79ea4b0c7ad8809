"""Partials of MDX: their text is part of the pages that import them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.folders.addresses import Addresses
from ingest.folders.partials import Partials

NOTE = "Fill the tank before the pump is switched on, or the seal burns within a minute."


def write(folder: Path, files: Mapping[str, str]) -> Partials:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return Partials(folder, list(files))


@pytest.mark.parametrize(
    ("page", "where", "partial"),
    [
        ("guide/a.mdx", "./_tank.mdx", "guide/_tank.mdx"),
        ("guide/a.mdx", "../shared/tank.mdx", "shared/tank.mdx"),
        ("guide/a.md", "./_tank.md", "guide/_tank.md"),
        ("docs/guide/a.mdx", "@site/docs/_parts/tank.mdx", "docs/_parts/tank.mdx"),
        ("guide/a.mdx", "@site/docs/_tank.mdx", "_tank.mdx"),
        ("guide/a.mdx", "/snippets/tank.mdx", "snippets/tank.mdx"),
        ("src/content/docs/a.mdx", "~/content/partials/tank.mdx", "src/content/partials/tank.mdx"),
    ],
)
def test_a_partial_is_shown_in_the_page_that_imports_it_and_is_no_page(
    tmp_path: Path, page: str, where: str, partial: str
) -> None:
    text = f"import Tank from '{where}';\n\n# Pump\n\n<Tank />\n\nThe end.\n"
    partials = write(tmp_path, {page: text, partial: f"---\ntitle: x\n---\n{NOTE}\n"})
    assert NOTE in partials.expand(page, text)
    assert "title: x" not in partials.expand(page, text)
    assert partials.is_part(partial)
    assert not partials.is_part(page)
    assert Addresses("https://docs.example.org/", tmp_path, [page, partial]).is_part(partial)


def test_properties_are_put_in_and_partials_of_partials_are_read(tmp_path: Path) -> None:
    text = "import Tank from './_tank.mdx'\n\n- First\n  <Tank volume=\"90 litres\" unit={'l'} />\n"
    partials = write(
        tmp_path,
        {
            "a.mdx": text,
            "_tank.mdx": "import Seal from './_seal.mdx'\n\nIt holds {props.volume} ({unit}).\n\n<Seal></Seal>\n",
            "_seal.mdx": NOTE,
        },
    )
    assert "\n  It holds 90 litres (l).\n" in partials.expand("a.mdx", text)
    assert NOTE in partials.expand("a.mdx", text)


def test_a_snippet_by_its_name_is_shown(tmp_path: Path) -> None:
    text = '# A\n\n<Snippet file="tank.mdx" />\n'
    assert NOTE in write(tmp_path, {"a.mdx": text, "snippets/tank.mdx": NOTE}).expand("a.mdx", text)


def test_an_imported_page_of_its_own_stays_one(tmp_path: Path) -> None:
    partials = write(tmp_path, {"a.mdx": "import B from './b.mdx'\n\n<B />\n", "b.mdx": NOTE})
    assert not partials.is_part("b.mdx")


def test_circles_code_and_what_is_not_there_end_in_themselves(tmp_path: Path) -> None:
    secret = tmp_path / "secret.mdx"
    secret.write_text(NOTE)
    circle = "import B from './_b.mdx'\n\n<B />\n<B />\n"
    code = "import B from './_b.mdx'\n\n```jsx\n<B />\n```\n"
    outside = "import S from '../secret.mdx'\n\n<S />\n"
    partials = write(
        tmp_path / "docs",
        {
            "_a.mdx": circle,
            "_b.mdx": circle.replace("_b", "_a"),
            "c.mdx": code,
            "d.mdx": outside,
            "e.mdx": "<Gone />\n",
        },
    )
    assert len(partials.expand("_a.mdx", circle)) < 1_000
    assert partials.expand("c.mdx", code) == code
    assert NOTE not in partials.expand("d.mdx", outside)
    assert partials.expand("e.mdx", "<Gone />\n") == "<Gone />\n"
