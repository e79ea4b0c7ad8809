"""Texts, titles and urls made to break a chat's markup, for tests of `bot.markup`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from core.domain import Abstention, Answer, Citation, Fault
from tests.examples import share_of

TOKENS = (
    "<!channel>", "<!here|x>", "<@U1>", "<#C1>", "<!subteam^S1|@all>", "<@&12>", "<id:home>", "<t:1:R>", "<a:b:12>",
    "</ask:12>", "@everyone", "@here", "＠everyone", "＜!here＞", "&lt;!channel&gt;", "&#60;", "<https://evil.example|a>",
    "https://evil.example/x", "[a](https://evil.example)", "[a]: evil.example", "![a](//evil.example)", "](",
    "evil.example", "discord.gg/abc", "`", "``", "```", "````", "~~~", "```py\n", "\n```\n", "\n~~~\n", "`fit <b>`",
    "`<@U1>`", "<img src=x>", "<b>", "||", ">>> ", "> ", "# ", "-# ", "- ", "1. ", "**", "_", "~~", "\\", "|",
    "| a | b |\n|---|---|\n", "\n", "\n\n", " ", "[1]", "\u200b", "\u202e", "\x1b[31m", "\x00",
    "é\u0301\u0301\u0301\u0301\u0301\u0301", "😀", "word", "setup.py",
    "a&b", "&", "<", ">", ":tada:", "#general", "\u2028", "\t", "\r\n",
)  # fmt: skip

hunted = settings(
    max_examples=share_of(60), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
"""Settings of each property: few examples, as these texts are long, and no clock."""

piece = st.sampled_from(TOKENS) | st.text(max_size=6)
texts = st.lists(piece, max_size=60).map("".join)
long_texts = st.tuples(texts, st.integers(1, 400)).map(lambda pair: pair[0] * pair[1]).map(lambda text: text[:40_000])
lines = st.lists(piece, max_size=12).map("".join)
urls = st.tuples(st.sampled_from(["https://docs.example/", "http://127.0.0.1:81/a"]), lines).map("".join)
any_urls = urls | lines | st.just("javascript:alert(1)")


@st.composite
def citations(draw: st.DrawFn) -> tuple[Citation, ...]:
    """Draw some citations, numbered from 1."""
    rows = draw(st.lists(st.tuples(any_urls, st.lists(lines, max_size=3), lines), max_size=12))
    return tuple(Citation(number, url, tuple(path), title) for number, (url, path, title) in enumerate(rows, 1))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Draw any answer that the types allow."""
    return Answer(
        draw(texts | long_texts),
        draw(citations()),
        draw(st.none() | st.sampled_from(Abstention)),
        draw(citations()),
        tuple(draw(st.lists(st.sampled_from(Fault), max_size=2))),
    )
