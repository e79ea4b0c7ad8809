"""The command line as users meet it: the real process, a real site over HTTP, a real embedded Postgres."""

from __future__ import annotations

import asyncio
import gc
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli.lazy import LazyGroup
from bot.cli.main import footnote
from bot.site_server import serve_site
from tests.bot.called import call
from tests.bot.install import CODE, PAGES, PATIENCE, Install, kept_running, stalling_site, write_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Iterator[Install]:
    """Prepare an install that has read the site."""
    install = Install(tmp_path_factory.mktemp("install"))

    async def prepare() -> None:
        async with serve_site(site) as root:
            added = await install.run("sources", "add", root, "--name", "frob", "--allow-private", "--licence", "MIT")
            assert added.code == 0, added.err
            crawl = await install.run("crawl", "frob", "--json")
            assert crawl.code == 0, crawl.err
            assert crawl.json["verdict"] == "ok"

    with kept_running(install):
        asyncio.run(prepare())
        yield install


@pytest.fixture
def empty(tmp_path: Path) -> Install:
    return Install(tmp_path)


def anchors(url: str) -> bool:
    """Return whether the page that `url` names holds its anchor."""
    page, _, anchor = url.partition("#")
    text = PAGES[page.rpartition("/")[2] or "index.html"]
    return not anchor or f"id='{anchor}'" in text


async def test_an_answer_cites_the_section_and_shows_its_code_verbatim(crawled: Install) -> None:
    answered = await crawled.run("ask", "How to fine-tune a mistral model with DPO ?", "--json")
    assert answered.code == 0, answered.err
    answer = answered.json
    assert {"answer", "abstention", "citations", "timings_ms"} <= set(answer)
    assert answer["abstention"] is None
    assert CODE in answer["answer"]
    assert "[1]" in answer["answer"]
    assert answer["citations"][0]["number"] == 1
    assert any(citation["url"].endswith("training.html#dpo") for citation in answer["citations"])
    assert all(anchors(citation["url"]) for citation in answer["citations"])


async def test_an_answer_for_people_lists_its_sources(crawled: Install) -> None:
    answered = await crawled.run("ask", "Which version do I need to install?")
    assert answered.code == 0, answered.err
    assert re.search(r"\[1\].*install\.html#with-pip", answered.out)


async def test_a_question_about_something_else_is_refused_without_sources(crawled: Install) -> None:
    answered = await crawled.run("ask", "Who won the football world cup in 1954?", "--json")
    assert answered.code == 0, answered.err
    assert answered.json["abstention"] in ("context_not_relevant", "does_not_know", "no_context")
    assert answered.json["citations"] == []


async def test_search_gives_hits_with_ranks_and_both_sides(crawled: Install) -> None:
    found = await crawled.run("search", "TrainerConfig learning_rate", "--limit", "3", "--json")
    hits = found.json["hits"]
    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
    assert set(hits[0]) >= {"rank", "url", "anchor", "path", "text", "score", "vector_rank", "lexical_rank"}
    assert hits[0]["url"].endswith("training.html")
    assert "#" not in hits[0]["url"]


async def test_a_batch_answers_each_line_in_order(crawled: Install) -> None:
    lines = [{"id": "a", "question": "install with pip"}, {"id": 7, "question": "beta parameter"}]
    found = await crawled.run("search", "--batch", "-", "--limit", "2", stdin="\n".join(map(json.dumps, lines)))
    rows = [json.loads(line) for line in found.out.splitlines()]
    assert [row["id"] for row in rows] == ["a", 7]
    assert set(rows[0]["results"][0]) == {"url", "anchor", "text"}
    assert rows[1]["results"][0]["anchor"] == "beta"


async def test_a_batch_of_questions_gets_an_answer_or_a_sentence_each(crawled: Install) -> None:
    lines = [{"id": "a", "question": "How do I install it?"}, {"id": 2, "question": "???"}]
    asked = await crawled.run("ask", "--batch", "-", stdin="\n".join(map(json.dumps, lines)))
    assert asked.code == 0, asked.err
    first, second = map(json.loads, asked.out.splitlines())
    assert first["id"] == "a"
    assert first["outcome"] in ("answered", "not_answered")
    assert list(second) == ["id", "error"]


async def test_sources_are_listed_with_their_figures(crawled: Install) -> None:
    (source,) = (await crawled.run("sources", "list", "--json")).json["sources"]
    assert (source["name"], source["pages"], source["verdict"], source["licence"]) == ("frob", 3, "ok", "MIT")
    assert source["passages"] > 0


async def test_a_question_set_gets_its_figures(crawled: Install, tmp_path: Path) -> None:
    rows = [
        {"id": "dpo", "question": "fine-tune with DPO", "gold": [{"url": "/training.html", "anchor": "dpo"}]},
        {"id": "off", "question": "Who won the football world cup in 1954?", "gold": []},
    ]
    (tmp_path / "set.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    figures = (await crawled.run("eval", str(tmp_path / "set.jsonl"), "--json")).json
    assert figures["questions"] == 2
    assert figures["sections"]["recall_at_5"] == 1.0
    assert figures["abstention_accuracy"] == 1.0


async def test_a_question_of_fifty_thousand_characters_is_refused_in_a_sentence(crawled: Install) -> None:
    answered = await crawled.run("ask", "-", stdin="why " * 12_500)
    assert answered.code == 1
    assert "please shorten to 4,000 characters" in answered.err
    assert "Traceback" not in answered.err


async def test_a_key_added_later_does_not_stop_an_install_that_ran_without_one(crawled: Install) -> None:
    with_key = Install(crawled.folder, {"OPENAI_API_KEY": "sk-new", "CHAT_MODEL": "extractive"})
    answered = await with_key.run("ask", "How to fine-tune a mistral model with DPO ?", "--json")
    assert answered.code == 0, answered.err
    assert answered.json["citations"]


async def test_another_embedding_model_is_refused_with_the_command_that_re_embeds(crawled: Install) -> None:
    other = Install(crawled.folder, {"OPENAI_API_KEY": "sk-new", "EMBEDDING_MODEL": "text-embedding-3-large"})
    asked = await other.run("ask", "anything at all", "--json")
    assert asked.code == 78
    assert "footnote crawl --reembed" in asked.json["error"]


@pytest.mark.parametrize(
    "url",
    ["mailto:nonsense", "http://[::1", "ftp://docs.example/", "https://", "javascript:alert(1)"],
)
async def test_a_url_that_is_none_gets_one_sentence(install: Install, url: str) -> None:
    added = await call(install, "sources", "add", url)
    assert added.code == 1
    assert added.err.startswith("footnote: ")
    assert added.err.count("\n") == 1


async def test_a_private_address_must_be_named_on_purpose(install: Install) -> None:
    added = await call(install, "sources", "add", "http://127.0.0.1:9/")
    assert added.code == 1
    assert "--allow-private" in added.err


async def test_a_site_that_is_down_and_one_that_is_empty_end_in_a_verdict_with_its_reason(
    install: Install, tmp_path: Path
) -> None:
    (tmp_path / "void").mkdir()
    (tmp_path / "void" / "index.html").write_text("<html><body></body></html>", "utf-8")
    async with serve_site(tmp_path / "void") as root:
        await call(install, "sources", "add", root, "--name", "void", "--allow-private")
        void = await install.run("crawl", "void", "--json")
    await call(install, "sources", "add", "http://127.0.0.1:9/", "--name", "down", "--allow-private")
    down = await install.run("crawl", "down", "--json")
    for ended in (void, down):
        assert ended.code == 1
        assert ended.json["verdict"] == "aborted"
        assert ended.json["reason"]
        assert "Traceback" not in ended.err
    listed = {
        each["name"]: each["reason"] for each in (await call(install, "sources", "list", "--json")).json["sources"]
    }
    assert (listed["void"], listed["down"]) == (void.json["reason"], down.json["reason"])
    shown = " ".join((await call(install, "sources", "list")).out.split())
    assert void.json["reason"] in shown
    assert down.json["reason"] in shown


async def test_an_unknown_source_is_named_with_what_to_do(install: Install) -> None:
    crawled_none = await install.run("crawl", "nobody")
    assert crawled_none.code == 1
    assert "footnote sources list" in crawled_none.err


@pytest.mark.parametrize("command", ["up", "doctor"])
async def test_an_administrator_that_means_everybody_ends_with_78(tmp_path: Path, command: str) -> None:
    ended = await Install(tmp_path, {"ADMINS": "slack:*"}).run(command)
    assert ended.code == 78
    assert "ADMINS must name people by their ids" in " ".join((ended.out + ended.err).split())
    assert "Traceback" not in ended.err


async def test_a_wrong_setting_ends_with_78_and_names_it(tmp_path: Path) -> None:
    ended = await call(Install(tmp_path, {"DATABASE_URL": "mysql://u:hunter2@h/db"}), "ask", "anything")
    assert ended.code == 78
    assert "DATABASE_URL" in ended.err
    assert "hunter2" not in ended.err


async def test_a_wrong_call_ends_with_2(empty: Install) -> None:
    assert (await call(empty, "search", "--no-such-option")).code == 2
    assert (await empty.run("no-such-command")).code == 2


async def test_a_killed_crawl_leaves_a_server_that_the_next_command_uses_and_ends(empty: Install) -> None:
    async with stalling_site("training.html") as stall:
        await empty.run("sources", "add", stall.root, "--name", "frob", "--allow-private")
        crawl = await empty.start("crawl", "frob")
        await asyncio.wait_for(stall.reached.wait(), PATIENCE)
        crawl.kill()
        await crawl.communicate()
        stall.go.set()
        again = await empty.run("crawl", "frob", "--json")
    assert again.code == 0, again.err
    assert (again.json["verdict"], again.json["pages"]) == ("ok", 3)


async def test_of_two_crawls_of_one_source_the_second_is_told_and_the_first_goes_on(empty: Install) -> None:
    async with stalling_site("training.html") as stall:
        await empty.run("sources", "add", stall.root, "--name", "frob", "--allow-private")
        first = await empty.start("crawl", "frob", "--json")
        await asyncio.wait_for(stall.reached.wait(), PATIENCE)
        second = await empty.run("crawl", "frob")
        stall.go.set()
        out, err = await first.communicate()
    assert second.code == 1
    assert "is being crawled already" in second.err
    assert first.returncode == 0, err.decode()
    assert json.loads(out)["pages"] == 3


async def test_questions_are_answered_while_a_crawl_runs(crawled: Install) -> None:
    async with stalling_site("training.html") as stall:
        await crawled.run("sources", "add", stall.root, "--name", "slow", "--allow-private")
        crawl = await crawled.start("crawl", "slow", "--json")
        await asyncio.wait_for(stall.reached.wait(), PATIENCE)
        answered = await crawled.run("ask", "Which version do I need to install?", "--source", "frob", "--json")
        stall.go.set()
        await crawl.communicate()
        removed = await crawled.run("sources", "remove", "slow", "--json")
    assert answered.code == 0, answered.err
    assert answered.json["citations"]
    assert removed.json["removed"] > 0


def _commands(group: LazyGroup, *path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield " ".join((*path, name)), command
        if isinstance(command, LazyGroup):
            yield from _commands(command, *path, name)


def test_what_a_command_imports_is_left_out_of_later_searches_for_garbage() -> None:
    before = gc.get_freeze_count()
    assert footnote.get_command(click.Context(footnote), "manifest")
    assert gc.get_freeze_count() > before
    assert gc.isenabled()


@pytest.mark.parametrize(("name", "command"), list(_commands(footnote, "footnote")))
def test_the_help_of_each_command_shows_one_to_copy(name: str, command: click.Command) -> None:
    helped = command.get_help(click.Context(command, info_name=name, max_content_width=100))
    assert re.search(rf"^ +(.* \| )?{name}( |$)", helped, re.MULTILINE), helped


@pytest.mark.parametrize(
    ("typed", "meant"), [(("sourcs", "list"), "sources"), (("sources", "ad"), "add"), (("quit",), None)]
)
async def test_a_misspelt_command_is_told_which_one_is_close(
    empty: Install, typed: tuple[str, ...], meant: str | None
) -> None:
    ended = await call(empty, *typed)
    assert ended.code == 2
    assert (f"Did you mean '{meant}'?" in ended.err) == bool(meant)


async def test_a_url_without_its_scheme_is_told_with_it(install: Install) -> None:
    ended = await call(install, "sources", "add", "docs.example.org/guide/")
    assert ended.code == 1
    assert "did you mean https://docs.example.org/guide/?" in ended.err


async def test_help_needs_no_engine(empty: Install) -> None:
    helped = await empty.run("--help")
    assert helped.code == 0
    assert "footnote demo" in helped.out
    assert not (empty.folder / "home").exists()


async def test_a_reader_that_leaves_early_ends_the_doctor_without_a_trace(crawled: Install) -> None:
    process = await crawled.start("doctor")
    assert process.stdout is not None
    assert process.stderr is not None
    while not (await process.stdout.readline()).startswith(b"ok   database: ready"):
        pass
    process.stdout._transport.close()  # type: ignore[attr-defined]
    assert "Traceback" not in (await process.stderr.read()).decode()
    assert await process.wait() == 1


@pytest.mark.parametrize("arguments", [("search", "--batch"), ("eval",), ("sources", "add", "--list")])
async def test_a_file_that_is_no_text_is_refused_in_a_sentence(empty: Install, arguments: tuple[str, ...]) -> None:
    (empty.folder / "bad.txt").write_bytes(b"\xff\xfe\x00")
    ended = await call(empty, *arguments, "bad.txt")
    assert (ended.code, ended.err) == (2, "footnote: bad.txt is no text in UTF-8.\n")


async def test_a_terminal_without_a_letter_gets_a_question_mark(crawled: Install) -> None:
    ascii_alone = Install(crawled.folder, {"PYTHONIOENCODING": "ascii"})
    ended = await ascii_alone.run(
        "sources", "set", "frob", "--licence", "Lizenz \N{LATIN SMALL LETTER U WITH DIAERESIS}"
    )
    assert ended.code == 0, ended.err
    assert "licence Lizenz ?," in ended.out
