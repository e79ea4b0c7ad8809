"""`ingest.html` on shadow roots, on pages that are applications, and on parts that must not be quoted."""

from __future__ import annotations

import pytest

from ingest.html.extract import extract

URL = "https://docs.example/guide/page"
FILLER = "<p>The kiln reads its settings when it starts, and again each time that somebody asks it to.</p>" * 3
ROOT = "<template shadowrootmode=open>"


def texts(body: str) -> list[str]:
    page = extract(f"<body><main><h1 id=top>Kiln</h1>{FILLER}{body}</main></body>", URL)
    return [block.text for block in page.blocks[4:]]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (
            f"<x-a>{ROOT}<h2 id=n>Note</h2><slot></slot><p>End.</p></template><p>Hot.</p></x-a>",
            ["Note", "Hot.", "End."],
        ),
        (f"<x-a>{ROOT}<slot name=b></slot><slot></slot></template><p>1.</p><p slot=b>2.</p></x-a>", ["2.", "1."]),
        (f"<x-a>{ROOT}<slot><p>Nothing.</p></slot></template></x-a>", ["Nothing."]),
        (f"<x-a>{ROOT}<p>Seen.</p></template><p>Nobody takes it.</p></x-a>", ["Seen."]),
        (
            f"<x-a>{ROOT}<x-b>{ROOT}<p>In:</p><slot></slot></template><slot></slot></x-b></template><p>Hot.</p></x-a>",
            ["In:", "Hot."],
        ),
        ("<x-a><template><p>For scripts.</p></template><p>Hot.</p></x-a>", ["Hot."]),
        (f"<x-a>{ROOT}<template><p>For scripts.</p></template><p>Hot.</p></template></x-a>", ["Hot."]),
    ],
)
def test_a_shadow_root_in_the_page_is_read_in_its_place(body: str, kept: list[str]) -> None:
    assert texts(body) == kept


def test_a_whole_page_within_a_shadow_root_is_read() -> None:
    root = f"{ROOT}<nav><a href=/>Home</a></nav><main><slot></slot></main></template>"
    found = extract(f"<body><x-app>{root}<h1 id=k>Kiln</h1>{FILLER}</x-app></body>", URL)
    assert (found.title, len(found.blocks), found.blocks[1].anchor, found.trouble) == ("Kiln", 4, "k", "")


APPLICATIONS = {
    "redoc": '<redoc spec-url="api.json"></redoc><script src="redoc.js"></script>',
    "redoc with labels": '<div class=top><a href="/">Kiln API</a><span>Search</span></div><div id="redoc-container">'
    "<div>Loading...</div></div><script src=x.js></script>",
    "swagger": '<h1>Kiln API</h1><a href="/api.json">Download</a><div id="swagger-ui"></div><script src=x.js></script>',
    "an empty element": '<p>Docs</p><p>Version 2</p><a href="/">Home</a><div id="shell"></div><script></script>',
}


@pytest.mark.parametrize("body", APPLICATIONS.values(), ids=APPLICATIONS)
def test_labels_around_an_element_that_scripts_fill_are_an_application(body: str) -> None:
    found = extract(f"<html><head><title>Kiln API</title></head><body>{body}</body></html>", URL)
    assert found.trouble == "needs javascript"


@pytest.mark.parametrize(
    "body",
    [
        '<h1>Part II</h1><ul><li><a href="a">Firing</a></li></ul><script src=x.js></script>',
        "<h1>Kiln</h1><p>It fires bricks at night, and not by day.</p><div id=comments></div><script></script>",
        '<h1>Kiln</h1><pre>kiln start --hot\nkiln stop --cold\nkiln test</pre><div id="root"></div><script></script>',
        f'<div id="root"><main><h1>Kiln</h1>{FILLER}</main></div><script src=x.js></script>',
    ],
)
def test_a_short_page_that_says_something_is_no_application(body: str) -> None:
    assert extract(f"<head><title>Kiln</title></head><body>{body}</body>", URL).trouble == ""


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("nosnippet", True),
        ("max-image-preview:large, max-snippet: 0", True),
        ("MAX-SNIPPET:0", True),
        ("max-snippet:50", False),
        ("max-snippet:-1, max-video-preview:0", False),
    ],
)
def test_a_page_says_that_it_must_not_be_quoted(content: str, expected: bool) -> None:
    assert extract(f'<head><meta name="robots" content="{content}"></head><body>x</body>', URL).nosnippet is expected


def test_parts_that_must_not_be_quoted_are_left_out() -> None:
    assert texts(
        "<p>Hot <span data-nosnippet>secret</span> bricks.</p><div data-nosnippet><p>All of it.</p></div>"
    ) == ["Hot bricks."]
