"""`ingest.html` on what is around the text without a name that says so, and on whose `<h1>` is the page's."""

from __future__ import annotations

import pytest

from ingest.html.extract import extract
from ingest.pages import Extract

URL = "https://docs.example/kiln/firing.html"
TEXT = "<p>The kiln reads its settings when it starts, and again each time that somebody asks it to.</p>"
MORE = f"{TEXT * 3}<h2 id=hot>Hot</h2>{TEXT}"


def page(before: str = "", after: str = "", *, title: str = "Firing", heading: str = "<h1 id=f>Firing</h1>") -> Extract:
    return extract(
        f"<head><title>{title}</title></head><body><div>{before}<div>{heading}{MORE}</div>{after}</div></body>", URL
    )


PLAIN = [block.text for block in page().blocks]


@pytest.mark.parametrize(
    "banner",
    [
        '<div id=hd><div>Version 3.3 is out, read about it</div><h1><a href="index.html">Prod 3.2 docs</a></h1></div>',
        '<div class=top><h1><a href="/">Prod</a></h1><p>The best of all kilns since 1999</p></div>',
        "<header><h1>Prod 3.2 documentation</h1><p>For kilns of all kinds.</p></header>",
        '<div class="site-header"><h1>Prod</h1></div>',
    ],
)
@pytest.mark.parametrize("title", ["Firing — Prod 3.2 documentation", "Prod: Firing", "Firing"])
def test_the_heading_of_the_site_is_neither_the_title_nor_text(banner: str, title: str) -> None:
    found = page(banner, title=title)
    assert (found.title, [block.text for block in found.blocks]) == ("Firing", PLAIN)
    assert [block.path for block in found.blocks][-1] == ("Firing", "Hot")


def test_of_two_headings_of_a_page_none_is_dropped() -> None:
    found = page(heading="<h1 id=f>Firing</h1><p>It is hot.</p><h1 id=c>Cooling</h1>")
    assert [block.text for block in found.blocks][:3] == ["Firing", "It is hot.", "Cooling"]


@pytest.mark.parametrize(
    ("title", "own"),
    [
        ("Firing — Prod 3.2.25 documentation", "Firing"),
        ("Firing | Prod Docs", "Firing"),
        ("Prod 3.2 Documentation :: Firing", "Firing"),
        ("Firing (Prod 3.2 manual)", "Firing"),
        ("Firing (by day)", "Firing (by day)"),
        ("Firing - a guide", "Firing - a guide"),
        ("Prod 3.2 documentation", "Prod 3.2 documentation"),
    ],
)
def test_without_a_heading_the_page_is_called_by_its_own_part_of_the_title(title: str, own: str) -> None:
    assert page(title=title, heading="").title == own


@pytest.mark.parametrize(
    "before",
    [
        '<p><a href="../">Home</a> » <a href="./">Kiln</a> » Firing</p>',
        '<div><a href="/">Docs</a> / <a href="/kiln/">Kiln</a> / <span>Firing</span></div>',
        '<ul><li><a href="/">Docs</a></li><li><a href="/kiln/">Kiln</a></li><li>Firing</li></ul>',
        '<div><ol><li><a href="../index.html">Docs</a><li><a href="index.html">Kiln</a></ol></div>',
        '<div class=x><div>Version 4 is in beta. <a href="/4">Try it</a></div></div>',
        '<table><tr><td><a href="a.html">← Alpha</a></td><td><a href="c.html">Gamma →</a></td></tr></table>',
        "<header><p>Prod, the kiln</p><p><a href=/>Home</a></p></header>",
    ],
)
def test_what_leads_to_the_page_is_no_text(before: str) -> None:
    assert [block.text for block in page(before).blocks] == PLAIN


@pytest.mark.parametrize(
    "after",
    [
        '<div><a href="a.html">← Alpha</a> <a href="c.html">Gamma →</a></div>',
        '<div><a href="c.html"><span>Next</span> <span>Gamma</span></a></div>',
        '<p><a href="/about">About</a> · <a href="/privacy">Privacy policy</a> · <a href="https://x.example">Blog</a></p>',
        '<ul><li><a href="a.html">« Alpha</a></li><li><a href="c.html">Gamma »</a></li></ul><hr>'
        '<div><div><a href="/terms">Terms</a><a href="/contact">Contact us</a></div><p>© 2026 Prod</p></div>',
    ],
)
def test_what_leads_on_from_the_page_is_no_text(after: str) -> None:
    assert [block.text for block in page(after=after).blocks] == PLAIN


def test_links_that_a_page_names_stay() -> None:
    after = '<h2 id=s>See also</h2><ul><li><a href="/support">Support</a></li><li><a href="/help">Help</a></li></ul>'
    assert [block.text for block in page(after=after).blocks][-3:] == ["See also", "- Support", "- Help"]
    after = '<p>Read on:</p><p><a href="/contact">Contact</a>, <a href="/help">Help</a></p>'
    found = extract(f"<head><title>Firing</title></head><body><h1>Firing</h1>{MORE}{after}</body>", URL)
    assert [block.text for block in found.blocks][-1] == "Contact, Help"


@pytest.mark.parametrize(
    "notice",
    [
        '<div role=alert>You are viewing the documentation of an older version (v2). <a href="/">Latest</a></div>',
        "<p>This is unreleased documentation for the <b>Next</b> version.</p>",
        "<div class=x><strong>Kiln 4 is out!</strong></div>",
    ],
)
def test_a_notice_about_versions_above_the_heading_is_no_text(notice: str) -> None:
    assert [block.text for block in page(heading=f"{notice}<h1 id=f>Firing</h1>").blocks] == PLAIN


def test_a_text_above_the_heading_stays() -> None:
    found = page(heading="<p>In short: fire it slowly.</p><h1 id=f>Firing</h1>")
    assert [block.text for block in found.blocks][:2] == ["In short: fire it slowly.", "Firing"]
    found = page(f"<div>{TEXT * 5}</div>")
    assert len(found.blocks) == len(PLAIN) + 5
