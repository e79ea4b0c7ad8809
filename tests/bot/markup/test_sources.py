"""The same quote stands under its source on every face, and a further section is no source."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from bot.markup import discord, slack
from bot.markup.sources import FURTHER
from bot.terminal import draw_end
from core.domain import Answer, AnswerOutcome, Citation

URL = "https://docs.example/guide#size"
SAYS = "The default size is 12 MB, whatever the `disk` holds."
HREF = f"{URL}:~:text=The%20default%20size"


def answer(quote: str | None, **more: object) -> Answer:
    cited = Citation(1, URL, ("Guide", "Size"), "Guide", quote, HREF)
    further = Citation(1, "https://docs.example/other", ("Other",), "Other", "Another section.")
    return Answer(
        "It is 12 MB [1].",
        (cited,),
        suggestions=(further,),
        outcome=AnswerOutcome.ANSWERED,
        **more,  # type: ignore[arg-type]  # named as the fields are
    )


def faces(made: Answer) -> dict[str, str]:
    """Return what each face shows, as one text."""
    screen = io.StringIO()
    draw_end(Console(file=screen, width=200), made)
    (message,) = slack.render(made)
    embed = discord.embed_of(made)
    return {
        "terminal": screen.getvalue(),
        "slack": "\n".join(
            e["text"] for block in message.blocks if block["type"] == "context" for e in block["elements"]
        ),
        "slack's notification": message.text,
        "discord": json.dumps(embed, ensure_ascii=False),
    }


def test_the_quote_stands_under_its_source_on_every_face() -> None:
    for face, shown in faces(answer(SAYS)).items():
        assert "The default size is 12 MB, whatever the" in shown, face
        assert shown.index("Guide") < shown.index("The default size is 12 MB") < shown.index(FURTHER), face
        assert shown.index(FURTHER) < shown.index("Other"), face


def test_a_link_leads_to_the_quote() -> None:
    shown = faces(answer(SAYS))
    assert all(HREF in shown[face] for face in ("slack", "discord"))
    assert URL in shown["terminal"]


@pytest.mark.parametrize(
    "hostile", ["See https://evil.example/x", "<!here> <@U1>", "@everyone *[x](https://evil.example)*"]
)
def test_a_quote_has_no_effect(hostile: str) -> None:
    shown = faces(answer(hostile))
    assert not any("evil.example" in text for text in shown.values())
    assert "<!here>" not in shown["slack"]
    assert "@everyone" not in shown["discord"]


def test_without_a_quote_there_is_no_line_for_it() -> None:
    assert all("“" not in text.partition(FURTHER)[0] for text in faces(answer(None)).values())
