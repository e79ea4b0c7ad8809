"""`footnote sources` as users meet it: real sites over HTTP and a real Postgres; each command as a process once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from bot.site_server import serve_site
from tests.bot.called import call
from tests.bot.install import CODE, Install, write_site


def write_linked_site(folder: Path) -> Path:
    """Write the site of the other tests, with links to what no crawl keeps. -> its folder."""
    write_site(folder)
    links = "".join(f'<a href="{href}">x</a>' for href in ("https://elsewhere.example/a", "logo.png", "lost.html"))
    index = folder / "index.html"
    index.write_text(index.read_text("utf-8").replace("</main>", f"</main>{links}"), "utf-8")
    return folder


def names(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_linked_site(tmp_path_factory.mktemp("linked"))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory, site: Path, kept: str) -> Install:
    """Prepare an install that has read the site, and has another source that it has not read."""
    install = Install(tmp_path_factory.mktemp("install"), {"DATABASE_URL": kept})

    async def prepare() -> None:
        async with serve_site(site) as root:
            for arguments in (
                ("sources", "add", root, "--name", "frob", "--allow-private", "--schedule", "Every 6H"),
                ("sources", "add", "https://docs.example.org/a/very/long/path/that/does/not/fit/", "--name", "long"),
                ("crawl", "frob"),
            ):
                ended = await install.run(*arguments)
                assert ended.code == 0, ended.err

    asyncio.run(prepare())
    return install


async def test_a_preview_shows_a_site_and_starts_no_database(tmp_path: Path, site: Path) -> None:
    install = Install(tmp_path)
    async with serve_site(site) as root:
        shown = await install.run("sources", "preview", root, "--allow-private")
        done = await call(install, "sources", "preview", root, "--allow-private", "--limit", "2", "--json")
    assert shown.code == 0, shown.err
    assert "Would be kept: 3 pages" in shown.out
    assert "training.html  Preference training" in shown.out
    assert "pip install 'frobnicator>=2.4'\n" in shown.out
    assert done.json["not_asked"] == 2
    assert {group["reason"] for group in done.json["left_out"]} == {"out of scope", "not a page"}
    assert done.json["passages"][0]["link"].startswith(root)
    assert not (tmp_path / "home").exists()


async def test_a_preview_goes_by_patterns(tmp_path: Path, site: Path) -> None:
    arguments = ("sources", "preview", "--allow-private", "--json", "--exclude", "train*", "--exclude", "lost*")
    async with serve_site(site) as root:
        done = (await call(Install(tmp_path), *arguments, root)).json
    assert len(done["pages"]) == 2
    assert {group["reason"]: group["count"] for group in done["left_out"]}["excluded"] == 2


@pytest.mark.parametrize(
    ("url", "says"),
    [("http://127.0.0.1:9/", "--allow-private"), ("ftp://docs.example/", "http"), ("http://[::1", "malformed")],
)
async def test_a_preview_that_is_refused_is_one_sentence(tmp_path: Path, url: str, says: str) -> None:
    ended = await call(Install(tmp_path), "sources", "preview", url)
    assert ended.code == 1
    assert ended.err.startswith("footnote: ")
    assert ended.err.count("\n") == 1
    assert says in ended.err


async def test_a_preview_of_a_site_that_is_down_is_one_sentence(tmp_path: Path) -> None:
    ended = await call(Install(tmp_path), "sources", "preview", "http://127.0.0.1:9/", "--allow-private", "--json")
    assert ended.code == 1
    assert "could not be read" in ended.json["error"]
    assert "Traceback" not in ended.err


async def test_the_list_keeps_each_url_whole_and_tells_the_next_run(crawled: Install) -> None:
    shown = await crawled.run("sources", "list")
    assert shown.code == 0, shown.err
    assert "  https://docs.example.org/a/very/long/path/that/does/not/fit/\n" in shown.out
    assert "never crawled" in shown.out
    assert "schedule every 6h" in shown.out
    assert "licence not recorded" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    frob, long = (await call(crawled, "sources", "list", "--json")).json["sources"]
    assert (frob["schedule"], frob["pages"], frob["verdict"]) == ("every 6h", 3, "ok")
    assert datetime.fromisoformat(frob["next_run"]).tzinfo is not None
    assert datetime.fromisoformat(long["next_run"]) > datetime.fromisoformat(long["added_at"])


async def test_a_source_without_a_schedule_goes_by_the_setting(crawled: Install) -> None:
    off = replace(crawled, settings={**crawled.settings, "RECRAWL_CRON": "off"})
    _, long = (await call(off, "sources", "list", "--json")).json["sources"]
    assert long["next_run"] is None
    assert "next off" in (await call(off, "sources", "list")).out


async def test_an_export_is_a_line_a_passage_in_the_order_of_the_page(crawled: Install, tmp_path: Path) -> None:
    exported = await crawled.run("sources", "export", "frob", "--jsonl")
    assert exported.code == 0, exported.err
    rows = [json.loads(line) for line in exported.out.splitlines()]
    assert set(rows[0]) == {"url", "anchor", "link", "section", "title", "kind", "language", "text"}
    assert [row["anchor"] for row in rows if row["url"].endswith("training.html")] == ["dpo", "beta"]
    dpo = next(row for row in rows if row["anchor"] == "dpo")
    assert CODE in dpo["text"]
    assert dpo["link"] == f"{dpo['url']}#dpo"
    file = tmp_path / "frob.jsonl"
    written = await call(crawled, "sources", "export", "frob", "--output", str(file))
    assert (written.code, written.out) == (0, "")
    assert file.read_text("utf-8") == exported.out
    assert names(tmp_path) == ["frob.jsonl"]


async def test_an_export_of_nothing_says_so_and_writes_no_file(crawled: Install, tmp_path: Path) -> None:
    ended = await call(crawled, "sources", "export", "long", "--output", str(tmp_path / "long.jsonl"))
    assert ended.code == 1
    assert "nothing crawled yet" in ended.err
    assert names(tmp_path) == []
    nowhere = await call(crawled, "sources", "export", "frob", "--output", str(tmp_path / "no" / "folder"))
    assert nowhere.code == 2
    assert "cannot be written" in nowhere.err


async def test_what_the_last_crawl_left_out_is_shown_by_reason(crawled: Install) -> None:
    shown = await crawled.run("sources", "skipped", "frob")
    assert shown.code == 0, shown.err
    assert "1 out of scope\n  https://elsewhere.example/a\n" in shown.out
    one = await call(crawled, "sources", "skipped", "frob", "--reason", "not a page", "--json")
    (group,) = one.json["skipped"]
    assert (one.json["source"], one.json["total"], group["reason"], group["count"]) == ("frob", 1, "not a page", 1)
    assert group["urls"][0].endswith("/logo.png")
    other = await call(crawled, "sources", "skipped", "frob", "--reason", "weather")
    assert "out of scope (1)" in other.out
    assert "not been crawled yet" in (await call(crawled, "sources", "skipped", "long")).out
    assert (await call(crawled, "sources", "skipped", "nobody")).code == 1


async def test_a_source_is_changed_afterwards(crawled: Install) -> None:
    given = ("sources", "set", "long", "--schedule", "off", "--licence", "MIT", "--language", "pt-BR", "--json")
    changed = (await crawled.run(*given)).json
    assert (changed["schedule"], changed["next_run"]) == ("off", None)
    assert (changed["licence"], changed["language"]) == ("MIT", "pt-BR")
    back = await call(crawled, "sources", "set", "long", "--schedule", "default", "--licence", "", "--language", "")
    assert "licence not recorded, schedule 0 3 * * * (RECRAWL_CRON)" in back.out
    patterns = await call(
        crawled, "sources", "set", "long", "--include", "a/**", "--exclude", "b*", "--exclude", "**/c"
    )
    assert "only a/**\n  without b*, **/c\n" in patterns.out
    cleared = await call(crawled, "sources", "set", "long", "--include", "", "--json")
    assert (cleared.json["include"], cleared.json["exclude"]) == ([], ["b*", "**/c"])
    for wrong in (
        ["--exclude", "a\\b"],
        ["--schedule", "now and then"],
        ["--schedule", "every 1m"],
        ["--language", "the best"],
        [],
    ):
        ended = await call(crawled, "sources", "set", "long", *wrong)
        assert ended.code == 2
        assert ended.err.count("\n") == 1


async def test_rendering_without_a_browser_is_refused_in_one_line_before_anything_is_stored(crawled: Install) -> None:
    without = replace(crawled, settings={**crawled.settings, "RENDER_BROWSER": "/no/such/browser"})
    for act in (("add", "https://app.example.org/", "--name", "app"), ("set", "long")):
        ended = await call(without, "sources", *act, "--render")
        assert ended.code == 78
        assert "playwright install chromium" in ended.err
        assert ended.err.count("\n") == 1
    listed = (await call(crawled, "sources", "list", "--json")).json["sources"]
    assert [source["render"] for source in listed] == [False, False]


async def test_who_adds_a_source_at_a_terminal_is_asked_for_its_licence(install: Install) -> None:
    asked = await install.typed("sources", "add", "https://docs.example.org/", "--name", "asked", keys="CC-BY-4.0\n")
    skipped = await install.typed("sources", "add", "https://docs.example.org/", "--name", "skipped", keys="\n")
    given = ("sources", "add", "https://docs.example.org/", "--name", "given", "--licence", "MIT")
    done = await install.typed(*given, keys="")
    piped = await install.run("sources", "add", "https://docs.example.org/", "--name", "piped")
    assert "You must be allowed to index" in asked.err
    assert [each.code for each in (asked, skipped, done, piped)] == [0, 0, 0, 0]
    assert "licence" not in done.err + piped.err
    sources = (await call(install, "sources", "list", "--json")).json["sources"]
    assert {source["name"]: source["licence"] for source in sources} == {
        "asked": "CC-BY-4.0",
        "given": "MIT",
        "piped": "",
        "skipped": "",
    }


async def test_the_end_of_a_crawl_leads_to_the_urls_that_were_skipped(crawled: Install, site: Path) -> None:
    async with serve_site(site) as root:
        await call(crawled, "sources", "add", root, "--name", "again", "--allow-private")
        ended = await crawled.run("crawl", "again")
        await call(crawled, "sources", "remove", "again")
    assert "3 skipped: " in ended.out
    assert "footnote sources skipped again" in ended.out


async def test_acts_of_the_command_line_are_recorded_like_those_of_chat(install: Install, dsn: str) -> None:
    added = await call(
        install, "sources", "add", "https://docs.example.org/", "--name", "guide", "--schedule", "every 6h"
    )
    assert added.code == 0, added.err
    paused = await call(install, "sources", "set", "guide", "--pause")
    assert "paused" in paused.out
    assert "schedule every 6h" in paused.out
    assert (await call(install, "sources", "set", "guide", "--exclude", "a\\b")).code == 2
    assert (await call(install, "sources", "set", "guide", "--resume", "--json")).json["next_run"]
    assert (await install.run("sources", "remove", "guide")).code == 0
    assert (await call(install, "sources", "remove", "guide")).code == 1
    assert (await call(install, "forget", "U7")).code == 0
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("select who, via, act, outcome, details::text from audit order by id")
    await connection.close()
    assert {(row["who"], row["via"]) for row in rows} == {("machine", "command line")}
    assert [(row["act"], row["outcome"]) for row in rows] == [
        ("add", "done"),
        ("set", "done"),
        ("set", "refused"),
        ("set", "done"),
        ("remove", "done"),
        ("remove", "refused"),
        ("forget", "done"),
    ]
    assert "U7" not in str([dict(row) for row in rows])
