"""Whatever the documentation tells people to type exists: commands, options, settings, and the files it names."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from bot import exports
from bot.cli import report, source_export, sources
from bot.cli.main import COMMANDS, footnote
from bot.documents import answer_to_document, hit_to_document
from core.config.settings import Settings
from core.domain import Answer, Hit, Passage, Source
from core.history.port import ActivityFigures, ActivityReport, GapList, QuestionRecord, TokenTotals
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, Thumb, Visibility
from core.index.crawling import CrawlReport, Verdict
from ingest.preview import Preview
from tests.conftest import ROOT

PAGES = sorted(
    page for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "evals/README.md"] if page.is_file()
)
SETTINGS = frozenset(str(field.alias) for field in Settings.model_fields.values())
NOT_OURS = frozenset(
    {"POSTGRES_PASSWORD", "OLLAMA_CONTEXT_LENGTH", "ORT_DISABLE_TELEMETRY"}
    | {"HOST", "TMPDIR", "NAME", "FILE", "PREFIX", "URL", "ID"}
)
"""Words in capitals that are no setting of footnote: other programs' variables, and placeholders."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_CALL = re.compile(
    r"(?:\$ )?(?:[A-Z_]+=(?:\"[^\"]*\"|\S+) )*"
    r"(?:docker .*\bfootnote(?:-embedded)?|(?:\.venv/bin/)?footnote)\s+(?P<call>\S.*)"
)
_ASSIGNMENT = re.compile(r"(?<![\w-])([A-Z][A-Z0-9_]{2,})=")
_ELSEWHERE = re.compile(r"\bfacts/|\bruling(s)? \d|RULINGS|\.\./shared")
_DECISION = re.compile(r"docs/decisions/(\d{4})")
_NAMED = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`")


def blocks(page: Path, *languages: str) -> Iterator[str]:
    for language, body in _FENCE.findall(page.read_text("utf-8")):
        if language in languages:
            yield body


def commands() -> Iterator[tuple[str, str]]:
    """Yield (page, line) of every shell line that calls footnote, without the container or variables before it."""
    for page in PAGES:
        lines = [line for body in blocks(page, "bash", "console", "sh") for line in body.splitlines()]
        for line in lines:
            call = _CALL.match(line)
            if call and " build " not in line:
                yield page.name, call["call"].partition(" #")[0]


@pytest.mark.parametrize(("page", "call"), sorted(set(commands())))
def test_a_command_in_the_docs_parses(page: str, call: str) -> None:
    words = shlex.split(call.partition(" | ")[0].partition(" >")[0])
    context = click.Context(footnote, info_name="footnote")
    if words == ["--version"]:
        return
    command: click.Command = footnote
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"{page}: there is no command {name}"
        command = found
    files = {"FILE", "questions.jsonl", "drafts.jsonl", "evals/own.jsonl", "./public"}
    words = [str(ROOT / "Makefile") if word in files and word != "./public" else word for word in words]
    words = [str(ROOT) if word == "./public" else word for word in words]
    command.make_context(command.name or "", words, parent=context)


def test_no_example_takes_an_address_that_another_part_has_by_default() -> None:
    taken = {str(field.default) for field in Settings.model_fields.values() if ":" in str(field.default)}
    assert "127.0.0.1:8322" in taken
    text = "".join(page.read_text("utf-8") for page in PAGES) + (ROOT / "bot/cli/mcp.py").read_text("utf-8")
    named = set(re.findall(r"--http (\S+:\d+)|(?:API_ADDRESS=)(\S+:\d+)|http://(\S+:\d+)/mcp", text))
    assert named
    assert taken.isdisjoint(address for found in named for address in found)


def test_commands_are_found_in_the_docs() -> None:
    called = {call.split()[0] for _, call in commands()}
    assert set(COMMANDS) <= called


def _has_json(command: click.Command) -> bool:
    """Return whether a command, or one of a group, has the option --json."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        return any(
            _has_json(each) for name in command.list_commands(context) if (each := command.get_command(context, name))
        )
    return any("--json" in option.opts for option in command.params)


def test_the_page_of_the_command_line_lists_every_command_and_those_with_json() -> None:
    text = (ROOT / "docs/command-line.md").read_text("utf-8")
    listed = text.partition("what to do: ")[2].partition(". ")[0].partition("Every")[0]
    assert re.findall(r"`(\w+)`", listed) == list(COMMANDS)
    context = click.Context(footnote)
    with_json = {name for name in COMMANDS if (each := footnote.get_command(context, name)) and _has_json(each)}
    printing = text.partition("\n`--json` on ")[2].partition(" prints one")[0]
    assert set(re.findall(r"`(\w+)`", printing)) == with_json


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_setting_in_the_docs_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    named = set(_NAMED.findall(text))
    for body in blocks(page, "bash", "console", "sh"):
        named |= set(_ASSIGNMENT.findall(body))
    if page.parent.name == "decisions":  # decisions may name constants of the code and other programs' variables
        return
    assert not {name for name in named if name not in SETTINGS | NOT_OURS}


def test_every_setting_is_told_in_prose_or_in_the_table() -> None:
    assert "<!-- generated: settings -->" in (ROOT / "docs/configuration.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_json_in_the_docs_is_json(page: Path) -> None:
    for body in blocks(page, "json"):
        try:
            json.loads(body)
        except ValueError:
            for line in body.splitlines():
                json.loads(line)


def test_the_json_shapes_have_the_keys_that_the_code_prints() -> None:
    shown = [set(json.loads(body)) for body in _documents(ROOT / "docs/command-line.md")]
    crawled = CrawlReport("", 0, 0, 0, 0, 0, 0, 0, {}, Verdict.OK, 0.0)
    passage = Passage("", "", (), "")
    documents = [answer_to_document(Answer("")), hit_to_document(1, Hit(passage, "", 0.0))]
    for printed in (*documents, sources.to_document(Source(0, "", "")), source_export.to_document(passage)):
        assert set(printed) in shown
    assert set(crawled.__dataclass_fields__) in shown
    assert set(Preview.__dataclass_fields__) in shown


def test_the_json_shapes_of_the_history_have_the_keys_that_the_code_prints() -> None:
    shown = [set(json.loads(body)) for body in _documents(ROOT / "docs/command-line.md")]
    place = (Platform.SLACK, "", "", "", Visibility.THREAD, "", datetime.now(UTC))
    kept = QuestionRecord(0, *place, QuestionOutcome.OPEN, None, None, 0, 0, (), ())
    figures = ActivityFigures(1, {}, {}, (), 0, {}, dict.fromkeys(Thumb, 0), {}, {}, TokenTotals(0, 0, 0, 0))
    counted = ActivityReport(figures, GapList(0, 0, ()))
    assert set(exports.to_document(kept)) in shown
    assert set(report.to_document(counted)) in shown


def _documents(page: Path) -> Iterator[str]:
    return (body for body in blocks(page, "json") if body.count("\n{") == 0)


@pytest.mark.parametrize("folder", ["bot", "core", "ingest"])
def test_the_code_names_no_paper_that_is_not_here(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".sql", ".yaml")]
    assert not [path.name for path in files if _ELSEWHERE.search(path.read_text("utf-8"))]
    for path in files:
        for named in _DECISION.findall(path.read_text("utf-8")):
            assert list((ROOT / "docs/decisions").glob(f"{named}*.md")), f"{path}: {named}"
