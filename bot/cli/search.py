"""`footnote search`: shows the passages that a question finds, before an answer is made from them."""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten

import click
from rich.markup import escape
from rich.text import Text

from bot.cli.running import console, edition_options, json_option, print_json, read_questions, with_footnote
from bot.documents import hit_to_document as to_document
from bot.terminal import hyperlink
from core.domain import Edition, Hit, Question
from core.wiring import Footnote

SHOWN = 200
"""Letters of a passage that are shown."""


@click.command("search")
@click.argument("question", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 200), default=10, show_default=True, help="How many passages.")
@click.option("--source", "sources", multiple=True, help="Search this source alone (may be repeated).")
@click.option(
    "--batch",
    type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True),
    help='Many questions in one process: lines of {"id", "question"} in, {"id", "results"} out.',
)
@edition_options
@json_option
def command(
    question: tuple[str, ...],
    limit: int,
    sources: tuple[str, ...],
    edition: Edition,
    batch: Path | None,
    *,
    as_json: bool,
) -> None:
    """Show the passages that a QUESTION finds, best first.

    \b
    footnote search "log level" --limit 5
    footnote search --batch questions.jsonl --limit 10
    """
    if batch is not None:
        with_footnote(lambda footnote: _batch(footnote, batch, limit, Question("", sources=sources, edition=edition)))
        return
    text = " ".join(question)
    hits = with_footnote(lambda footnote: footnote.engine.search(text, limit, sources, edition))
    if as_json:
        print_json({"hits": [to_document(rank, hit) for rank, hit in enumerate(hits, 1)]})
    else:
        _draw(hits)


async def _batch(footnote: Footnote, batch: Path, limit: int, like: Question) -> None:
    for number, question in read_questions(batch):
        hits = await footnote.engine.search(question, limit, like.sources, like.edition)
        results = [{"url": hit.passage.url, "anchor": hit.passage.anchor, "text": hit.passage.text} for hit in hits]
        print_json({"id": number, "results": results})


def _draw(hits: list[Hit]) -> None:
    screen = console()
    if not hits:
        screen.print("Nothing found: is there a source (`footnote sources list`), and has it been crawled?")
    for rank, hit in enumerate(hits, 1):
        path = escape(" > ".join(hit.passage.path) or hit.passage.title)
        sides = f"vector {hit.vector_rank or '-'}, words {hit.lexical_rank or '-'}"
        screen.print(f"[bold]{rank}. {path}[/]  [dim]{hit.score:.3f} ({sides})[/]", soft_wrap=True)
        screen.print(Text("   ") + hyperlink(hit.passage.link, hit.passage.link, "cyan"), soft_wrap=True)
        screen.print(f"   {escape(shorten(hit.passage.text, SHOWN, placeholder=' ...'))}", soft_wrap=True)
