"""Markup of generators that the gold of ../shared does not have, on small pages written for these tests."""

from __future__ import annotations

from ingest.extract import extract
from ingest.pages import Block, BlockKind, Extract

URL = "https://docs.example/guide/page.html"
WORDS = "Ropes are tied to posts, and posts are driven into the ground before the tide comes in. "
FILLER = f"<p>{WORDS * 5}</p>"


def page(body: str) -> Extract:
    return extract(f"<html><head><title>T</title></head><body>{body}</body></html>", URL)


def main(html: str) -> tuple[Block, ...]:
    """The blocks of a page whose text is marked, without the filler at its end."""
    return page(f"<main>{html}{FILLER}</main>").blocks[:-1]


def texts(html: str) -> list[str]:
    return [block.text for block in main(html)]


def of_kind(html: str, kind: BlockKind) -> list[str]:
    return [block.text for block in main(html) if block.kind is kind]


def test_what_stands_before_the_densest_section_is_text_too() -> None:
    html = (
        '<div class="book"><div class="refentry"><div class="refnamediv"><h2>rope_tie</h2><p>ties a rope</p></div>'
        f'<div class="refsect1"><h2>Details</h2>{FILLER * 3}</div></div>'
        '<div class="menu"><a href="a">One page</a> <a href="b">Another page</a></div></div>'
    )
    assert [block.text for block in page(html).blocks][:3] == ["rope_tie", "ties a rope", "Details"]


def test_a_page_of_many_articles_keeps_what_stands_between_them() -> None:
    articles = "".join(f"<div><article class=func><h4>f{n}</h4>{FILLER}</article></div>" for n in "ab")
    html = f"<div><div class=box><section><h2>Description</h2><p>Said first.</p></section>{articles}</div></div>"
    assert [block.text for block in page(html).blocks][:3] == ["Description", "Said first.", "fa"]
