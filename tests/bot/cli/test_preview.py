"""`footnote sources preview` as it is drawn: the tree of pages, what is left out, and one page as passages."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bot.cli.preview import draw, split_code
from ingest.preview import Preview, PreviewLeftOut, PreviewPage, PreviewPassage, PreviewSitemap

ROOT = "https://docs.example/guide/"
CODE = "Run it:\n\n```python\nfor page in pages:\n    keep(page)\n```"


def make_preview(**more: object) -> Preview:
    """Return a preview of a small site."""
    pages = (
        PreviewPage(ROOT, "Guide", 2),
        PreviewPage(f"{ROOT}cli/", "Commands", 0),
        PreviewPage(f"{ROOT}cli/install.html", "Install", 1),
        PreviewPage(f"{ROOT}faq?page=2", "Questions", 3),
    )
    shown = (PreviewPassage(("Guide", "Run"), f"{ROOT}#run", "code", "python", CODE),)
    defaults: dict[str, object] = {
        "kind": "site",
        "url": ROOT,
        "below": ROOT,
        "pages": pages,
        "left_out": (PreviewLeftOut("pdf", 7, (f"{ROOT}a.pdf", f"{ROOT}b.pdf")),),
        "not_asked": 1234,
        "sitemaps": (PreviewSitemap(f"{ROOT}sitemap.xml", pages=52),),
        "crawl_delay": 2.5,
        "delay_cut": False,
        "sample": ROOT,
        "passages": shown,
        "seconds": 0.1,
    }
    return Preview(**{**defaults, **more})  # type: ignore[arg-type]  # a test names fields


def drawn(preview: Preview, *, terminal: bool = False, width: int = 80) -> str:
    out = io.StringIO()
    draw(
        Console(file=out, width=width, force_terminal=terminal, color_system=None, soft_wrap=not terminal), preview, 10
    )
    return out.getvalue()


def test_pages_stand_in_a_tree_by_their_path_with_title_and_passages() -> None:
    page = drawn(make_preview())
    assert f"{ROOT}  Guide  2 passages\n" in page
    assert "├── faq?page=2  Questions  3 passages\n" in page
    assert "└── cli/  Commands  no passage of its own\n" in page
    assert "    └── install.html  Install  1 passage\n" in page


def test_what_is_left_out_is_grouped_with_counts() -> None:
    page = drawn(make_preview())
    assert "Would be left out: 7 urls" in page
    assert "7 pdf" in page
    assert f"{ROOT}b.pdf" in page
    assert "... and 5 more" in page
    assert "Not asked for: 1,234 more urls" in page


def test_sitemaps_and_the_crawl_delay_are_told() -> None:
    page = drawn(make_preview())
    assert f"{ROOT}sitemap.xml (52 urls)" in page
    assert "2.5 s between two requests" in page
    assert "sitemaps" not in drawn(make_preview(kind="page", discovers=False, sitemaps=()))
    assert "robots.txt" not in drawn(make_preview(kind="folder", on_disk=True, sitemaps=()))
    bare = drawn(make_preview(sitemaps=(), crawl_delay=0.0))
    assert "no crawl delay" in bare
    assert "none found" in bare


@pytest.mark.parametrize("terminal", [False, True])
def test_a_passage_is_shown_with_its_link_and_its_code_as_code(*, terminal: bool) -> None:
    page = drawn(make_preview(), terminal=terminal)
    assert "[1] Guide > Run  code python" in page
    assert f"{ROOT}#run" in page
    code = page[page.index("for page in pages:") :].splitlines()
    assert code[1].rstrip() == "         keep(page)"
    assert "```" not in page


def test_a_site_without_text_is_said_to_be_one() -> None:
    page = drawn(
        make_preview(pages=(), passages=(), sample="", left_out=(PreviewLeftOut("needs javascript", 1, (ROOT,)),))
    )
    assert "a crawl would be aborted" in page
    assert "1 needs javascript" in page


def test_a_title_is_text_and_a_url_no_order_to_the_terminal() -> None:
    page = drawn(make_preview(pages=(PreviewPage(f"{ROOT}a%1B%5D0;x%07", "[bold]Evil[/bold]", 1),), passages=()))
    assert "a%1B%5D0;x%07  [bold]Evil[/bold]" in page


def test_a_fence_that_is_cut_short_is_code_to_its_end() -> None:
    assert list(split_code(["a", "```sh", "ls", "```", "b"])) == [(None, "a"), ("sh", "ls"), (None, "b")]
    assert list(split_code(["````md", "```sh", "ls"])) == [("md", "```sh\nls")]


def test_brackets_in_urls_and_headings_are_no_markup() -> None:
    link = f"{ROOT}?of[]=1#[/link]"
    assert link in drawn(
        make_preview(passages=(PreviewPassage(("[/red]", "[bold]"), link, "prose", "", CODE),)), width=200
    )
