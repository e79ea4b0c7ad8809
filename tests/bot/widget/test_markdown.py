"""The text of answers as elements: the markdown that answers have, and nothing else that somebody wrote."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.bot.widget.conftest import Stage
from tests.servers.widget_api import Refusal, answer, delta, source

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]

CANARIES = [
    "<img src=x onerror=canary()>",
    "<script>canary()</script>",
    "</p></div><svg/onload=canary()>",
    "[click](javascript:canary())",
    "![x](x onerror=canary())",
    "`</code><img src=x onerror=canary()>`",
    "```\n</code></pre><img src=x onerror=canary()>\n```",
    '```"><img src=x onerror=canary()>\nx\n```',
    "# <img src=x onerror=canary()>",
    "| <img src=x onerror=canary()> |\n|---|\n| <iframe srcdoc='<script>parent.canary()</script>'> |",
    "<style>@import 'https://evil.example';</style>",
    "&lt;img src=x onerror=canary()&gt;",
    "<javascript:canary()> javascript:canary() data:text/html,<script>canary()</script>",
    "\u202e<b>\u2066bold",
]


OURS = frozenset(
    {"a", "article", "blockquote", "button", "code", "dialog", "div", "em", "form", "h2", "h3", "h4", "header", "hr"}
    | {"label", "li", "ol", "p", "path", "pre", "span", "strong", "svg", "table", "tbody", "td", "textarea", "th"}
    | {"thead", "tr", "ul"}
)
"""The elements that the widget makes."""


async def test_nothing_that_is_written_anywhere_becomes_markup(stage: Stage) -> None:
    bad = "<img src=x onerror=canary()>"
    links = [
        source(1, path=[bad, "</a><script>canary()</script>"], quote=bad),
        source(2, path=[], title=bad, quote="</blockquote><svg/onload=canary()>"),
        source(3, url="javascript:canary()", href="javascript:canary()"),
        source(4, url="JaVaScRiPt:canary()", href="data:text/html,<script>canary()</script>", path=[], title=""),
        source(5, url="https://docs.example/\"onmouseover='canary()'", href=""),
        source(6, url="//evil.example/", href="/relative", path=["relative"]),
    ]
    text = "\n\n".join(CANARIES) + "\n\n" + " ".join(f"[{number}]" for number in range(1, 7))
    stage.api.answers += [[delta(text, *links), answer(text, *links, suggestions=links)], [Refusal(400, bad)]]
    await stage.open(head="<script>fired = 0; function canary() { fired += 1 }</script>")
    await stage.ask(bad)
    await expect(stage.status).to_contain_text("complete")
    await stage.ask(CANARIES[1])
    await expect(stage.reply.get_by_text(bad)).to_be_visible()
    root = "document.querySelector('footnote-widget').shadowRoot"
    names = f"[...new Set([...{root}.querySelectorAll('*')].map(node => node.localName))].sort()"
    made = set(await stage.page.evaluate(names))
    assert not made & {"img", "script", "iframe", "style", "b", "object", "link", "meta"}
    assert made <= OURS
    attributes = f"[...new Set([...{root}.querySelectorAll('*')].flatMap(node => node.getAttributeNames()))]"
    assert not [name for name in await stage.page.evaluate(attributes) if name.startswith("on") or name == "style"]
    hrefs = await stage.page.evaluate(f"[...{root}.querySelectorAll('a')].map(node => node.href)")
    assert all(href.startswith("https://docs.example/") for href in hrefs)
    for link in await stage.page.locator("footnote-widget article a").all():
        await link.dispatch_event("mouseover")
    assert await stage.page.evaluate("fired") == 0


MARKDOWN = [
    ("One.\nTwo.", "<p>One.\nTwo.</p>"),
    ("# Head\nText", '<p class="heading">Head</p><p>Text</p>'),
    (
        "a `b *c*` **d `e`** *f* _g_ snake_case_d 2 * 3 * 4",
        "<p>a <code>b *c*</code> <strong>d <code>e</code></strong> <em>f</em> <em>g</em> snake_case_d 2 * 3 * 4</p>",
    ),
    ("- a\n- b\n  - c\n  - d\n- e", "<ul><li>a</li><li>b<ul><li>c</li><li>d</li></ul></li><li>e</li></ul>"),
    ("1. a\n\n2. b", "<ol><li>a</li><li>b</li></ol>"),
    ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
    ("- a\n\nText", "<ul><li>a</li></ul><p>Text</p>"),
    ("> a\n> b", "<blockquote><p>a\nb</p></blockquote>"),
    ("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"),
    ("a \\*b\\* \\`c\\`", "<p>a *b* `c`</p>"),
    ("``a`b`` and `unclosed", "<p><code>a`b</code> and `unclosed</p>"),
    ("[7] is no source", "<p>[7] is no source</p>"),
    ("**unclosed and *alone", "<p>**unclosed and *alone</p>"),
]


async def test_markdown_of_answers_becomes_elements(stage: Stage) -> None:
    await stage.open()
    for number, (text, html) in enumerate(MARKDOWN, 1):
        stage.api.answers.append([answer(text)])
        await stage.ask("How?")
        await expect(stage.page.locator("footnote-widget .actions")).to_have_count(number)
        assert await stage.reply.locator(".answer").inner_html() == html


async def test_code_within_steps_stays_within_its_step_and_keeps_its_indent(stage: Stage) -> None:
    text = "1. Write:\n\n   ```py\n   def f():\n       return 1\n   ```\n\n2. Run it.\n\nDone."
    stage.api.answers.append([answer(text)])
    await stage.open()
    await stage.ask("How?")
    await expect(stage.page.locator("footnote-widget .answer > ol > li")).to_have_count(2)
    code = stage.page.locator("footnote-widget .answer > ol > li").first.locator("pre code")
    assert await code.text_content() == "def f():\n    return 1"
    await expect(stage.page.locator("footnote-widget .answer > p")).to_have_text("Done.")


async def test_a_table_keeps_its_cells_and_an_open_fence_is_code(stage: Stage) -> None:
    text = "| A | B |\n|:--|--:|\n| `x \\| y` | 2 |\n\n~~~\nopen"
    stage.api.answers.append([answer(text)])
    await stage.open()
    await stage.ask("How?")
    await expect(stage.page.locator("footnote-widget th")).to_have_text(["A", "B"])
    await expect(stage.page.locator("footnote-widget td")).to_have_text(["x | y", "2"])
    await expect(stage.page.locator("footnote-widget pre")).to_have_text("open")


LONG = [
    *("`" * 24_000, "**a " * 6_000, "* " * 12_000, "|" * 24_000, " " * 24_000 + "x", "> " * 12_000, "_a" * 12_000),
    *("a|b\n" + "-|" * 12_000, "# " + " " * 24_000 + "x", "1. " * 8_000, "[1" * 12_000, "- a\n" * 6_000),
]


async def test_no_text_keeps_the_browser_busy(stage: Stage) -> None:
    await stage.open()
    for number, text in enumerate(LONG, 1):
        stage.api.answers.append([answer(text)])
        await stage.ask("How?")
        await expect(stage.page.locator("footnote-widget .actions")).to_have_count(number, timeout=20_000)
