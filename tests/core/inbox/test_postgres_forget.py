"""No column is forgotten about: each that can hold text is filled with a canary by what a person does, or has a reason.

A new column fails here until it is thought of: put it into `PERSONAL` and let `footnote forget` reach it, or into
`OTHERS` with the reason why nothing of a person comes into it.
"""

from __future__ import annotations

from core.calls import ModelCall, Purpose
from core.console.postgres import PostgresConsoleAccess
from core.domain import Answer, Asker, Source, TokenUsage
from core.history.port import ReportedGap
from core.history.reported import PostgresGapReports
from core.history.samples_postgres import PostgresSampleQuestions
from core.inbox.channels import AuditEntry, ChannelSettings, Outcome
from core.inbox.channels_postgres import PostgresAudit, PostgresChannels
from core.inbox.conversation import ThreadKey, Utterance, UtteranceKind
from core.inbox.platforms import SlackDetails
from core.inbox.port import Feedback, IntakeLimits, NewQuestion, Platform, QuestionState, Reply, Thumb, Visibility
from core.inbox.postgres import open_inbox
from core.inbox.viewer import Viewer
from core.index.catalog import PostgresCatalog
from core.postgres.database import Database
from core.spend.port import SpendCaps
from core.spend.postgres import PostgresSpend
from core.work.port import RequestKind
from core.work.requests import PostgresRequests

OWNER = "5f1f4d6e-0000-4000-8000-000000000001"
PERSON, WORDS = "UCANARY", "canary words"
CANARIES = (PERSON.lower(), "canary")
_TEXTLESS = ("bigint", "integer", "boolean", "date", "timestamp with time zone", "uuid", "double precision", "real")

PERSONAL = {
    "audit": "who channel details",
    "channel": "channel language tone",
    "console_link": "around channel who",
    "console_session": "around channel who",
    "feedback": "comment reasons who",
    "notice": "channel",
    "question": "answer asker body channel details event_key parts place_key places thread",
    "question_summary": "asker channel places",
    "question_text": "answer body",
    "reported_gap": "asker body missing",
    "request": "asked_by error options progress report",
    "sample_question": "asked questions",
    "spend": "channel person",
    "utterance": "author channel place_key thread",
}
CLOSED, CRAWLED, OPERATORS, OURS = "a closed set", "what a site says", "what an operator wrote", "made by footnote"
WORKSPACE = "a workspace, a guild or a platform"
OTHERS = {
    "audit": {"act": CLOSED, "outcome": CLOSED, "platform": WORKSPACE, "tenant": WORKSPACE, "via": CLOSED},
    "bar_key": {"value": OURS},
    "barred": {"hash": "a hash"},
    "batch": {"error": OURS, "holder": OURS, "identities": CRAWLED},
    "channel": {"ask": OPERATORS, "platform": WORKSPACE, "sources": OPERATORS, "tenant": WORKSPACE},
    "crawl": {"definition": OPERATORS, "difference": OURS, "progress": OURS, "report": CRAWLED},
    "console_link": {"hash": "a hash", "platform": WORKSPACE, "tenant": WORKSPACE},
    "console_session": {"hash": "a hash", "platform": WORKSPACE, "tenant": WORKSPACE},
    "feedback": {"thumb": CLOSED},
    "left_out": {"reason": OURS, "url": CRAWLED},
    "lexeme": {"term": CRAWLED},
    "lexical": {"terms": CRAWLED, "weights": CRAWLED},
    "notice": {"platform": WORKSPACE, "tenant": WORKSPACE},
    "page_change": dict.fromkeys(("title", "url"), CRAWLED) | {"change": CLOSED},
    "page": dict.fromkeys(("etag", "fingerprint", "last_modified", "links", "says", "title", "url"), CRAWLED),
    "passage": dict.fromkeys(("anchor", "body", "identity", "kind", "language", "path", "title", "url"), CRAWLED),
    "pgqueuer": dict.fromkeys(("dedupe_key", "entrypoint", "headers", "payload", "status"), "numbers of requests"),
    "pgqueuer_log": dict.fromkeys(("entrypoint", "status", "traceback"), "lines of code that ran for a number"),
    "pgqueuer_schedules": dict.fromkeys(("entrypoint", "expression", "status"), OURS),
    "pgqueuer_statistics": dict.fromkeys(("entrypoint", "status"), OURS),
    "question": {"platform": WORKSPACE, "refusal": CLOSED, "state": CLOSED, "tenant": WORKSPACE, "way": CLOSED}
    | {"outcome": CLOSED, "cited": OPERATORS, "read_from": OPERATORS, "usage": OURS},
    "question_summary": {"cited": OPERATORS, "outcome": CLOSED, "platform": WORKSPACE, "read_from": OPERATORS}
    | {"tenant": WORKSPACE},
    "gap_subject": {"terms": "hashes"},
    "reported_gap": {"platform": WORKSPACE},
    "request": {"kind": CLOSED, "state": CLOSED, "worker": OURS},
    "shelf": dict.fromkeys(("language", "place", "version"), CRAWLED),
    "source": dict.fromkeys(("exclude", "include", "kind", "language", "licence", "name", "root_url"), OPERATORS)
    | dict.fromkeys(("schedule", "scope", "served_at", "urls", "visible_to"), OPERATORS)
    | {"readings": OURS},
    "space": {"model": OPERATORS},
    "spend": {"model": OPERATORS, "platform": WORKSPACE, "purpose": CLOSED, "tenant": WORKSPACE},
    "staged_page": dict.fromkeys(("etag", "fingerprint", "last_modified", "links", "says", "title", "url"), CRAWLED),
    "sample_question": {"scope": "a hash", "state": "a hash"},
    "staged_passage": dict.fromkeys(
        ["anchor", "body", "identity", "kind", "language", "path", "terms", "title", "url", "weights"], CRAWLED
    ),
    "token": {"hash": "a hash"} | dict.fromkeys(("name", "origins", "visible_to"), OPERATORS),
    "unnamed": {"hash": "a hash"},
    "utterance": {"kind": CLOSED, "platform": WORKSPACE, "tenant": WORKSPACE},
    "visited": {"record": CRAWLED, "url": CRAWLED},
}


async def columns(database: Database) -> set[str]:
    """Return all that can hold text, as `table.column`."""
    rows = await database.readers.fetch(
        "select table_name || '.' || column_name from information_schema.columns"
        " where table_schema in ('public', 'footnote_queue') and data_type <> all ($1)",
        list(_TEXTLESS),
    )
    return {row[0] for row in rows}


async def holding(database: Database) -> set[str]:
    """Return the columns in which a canary stands, as `table.column`, over all rows of all tables."""
    tables = await database.readers.fetch(
        "select schemaname, tablename from pg_tables where schemaname in ('public', 'footnote_queue')"
    )
    found = set()
    for schema, table in map(tuple, tables):
        for row in await database.readers.fetch(f"select * from {schema}.{table}"):  # noqa: S608 - its own
            cells = {key: str(value).lower() for key, value in dict(row).items()}
            found |= {f"{table}.{key}" for key, cell in cells.items() if any(each in cell for each in CANARIES)}
    return found


async def ask(database: Database, incoming: NewQuestion, reply: str, part: str) -> int:
    """Store a question and answer it. -> its number."""
    async with open_inbox(database.dsn) as inbox:
        assert await inbox.receive(incoming, IntakeLimits(0, 0), 0.1)
        (claimed,) = await inbox.claim(OWNER, incoming.platform, None, 1)
        saved = await inbox.save(OWNER, claimed, Reply(Answer(reply)))
        await inbox.finish(OWNER, saved, [part], QuestionState.DONE)
        return claimed.id


async def use(database: Database) -> None:
    """Do everything that a person can do, with a canary in each field."""
    key = "DCANARY:1"
    direct = NewQuestion(
        Platform.SLACK,
        "T1",
        key,
        key,
        "DCANARY",
        "canary1",
        PERSON,
        Visibility.DIRECT,
        WORDS,
        SlackDetails(ts="canary"),
    )
    await ask(database, direct, f"You asked about {WORDS}.", "canary part")
    chosen = NewQuestion(
        Platform.SLACK,
        "T1",
        "e2",
        "C1:2",
        "C1",
        "2",
        "UOTHER",
        Visibility.THREAD,
        WORDS,
        SlackDetails(authors=(PERSON,)),
    )
    await ask(database, chosen, WORDS, "m2")
    later = NewQuestion(Platform.SLACK, "T1", "e3", "C1:3", "C1", "2", "UOTHER", Visibility.THREAD, "And then?")
    await ask(database, later, f"After {WORDS}, that.", "m3")
    theirs = NewQuestion(Platform.SLACK, "T1", "e4", "C1:4", "C1", "4", "UOTHER", Visibility.THREAD, "How?")
    number = await ask(database, theirs, "So.", "m4")
    async with open_inbox(database.dsn) as inbox:
        feedback = Feedback(PERSON, Thumb.DOWN, ("canary reason",), WORDS)
        assert await inbox.give_feedback(Platform.SLACK, "T1", number, feedback)
        assert await inbox.notice_due(Platform.SLACK, "T1", "DCANARY")
        thread = ThreadKey("slack", "T1", "DCANARY", "canary1")
        thanks = Utterance("DCANARY:9", frozenset({PERSON}), 9.0, UtteranceKind.REMARK)
        assert await inbox.conversation.remember(thread, thanks)
    spent = [ModelCall("model", Purpose.ANSWER, TokenUsage(1, 1))]
    await PostgresSpend(database, SpendCaps(), {}).record(Asker("slack", "T1", PERSON, "DCANARY"), spent)
    samples = PostgresSampleQuestions(database)
    taken = await samples.take(b"scope", b"state", 1)
    assert taken is not None
    assert await samples.put(b"scope", taken, [WORDS], [WORDS])
    assert await PostgresGapReports(database).report_gap(ReportedGap(Platform.SLACK, PERSON, WORDS, WORDS))
    await administrate(database)


async def administrate(database: Database) -> None:
    """Do everything that an administrator can do, with a canary in each field."""
    audit, requests = PostgresAudit(database), PostgresRequests(database)
    typed = {"tone": WORDS, "url": "https://canary.example/", "source": "canary"}
    for channel in ("DCANARY", "C1"):
        act = await audit.begin(AuditEntry(Platform.SLACK, "T1", PERSON, channel, "settings", typed))
        await audit.end(act, Outcome.REFUSED, {"because": f"There is no source named {WORDS}."})
    access, seen_from = PostgresConsoleAccess(database), Viewer(Platform.SLACK, "T1", PERSON, "DCANARY", "DCANARY")
    await access.make_link(seen_from)
    assert await access.sign_in(await access.make_link(seen_from))
    settings = ChannelSettings(("docs",), WORDS, "Canary")
    await PostgresChannels(database).put(Platform.SLACK, "T1", "DCANARY", settings)
    source = await PostgresCatalog(database).add(Source(0, "docs", "https://docs.example/"))
    await requests.put(RequestKind.CRAWL, source=source, asked_by=f"slack:{PERSON}")
    for words in (WORDS, ""):
        asked = {"url": "https://canary.example/"}
        preview = await requests.put(RequestKind.PREVIEW, options=asked, asked_by=f"slack:{PERSON}")
        await requests.progress(preview.id, {"url": "https://canary.example/"}, "worker")
        if words:
            await requests.fail(preview.id, words)
        else:
            await requests.finish(preview.id, {"url": "https://canary.example/"}, "worker")


async def test_every_column_that_can_hold_text_is_thought_of(database: Database) -> None:
    known = {f"{table}.{column}" for table, names in PERSONAL.items() for column in names.split()}
    known |= {f"{table}.{column}" for table, reasons in OTHERS.items() for column in reasons}
    assert await columns(database) == known


async def test_nothing_of_a_person_is_left_in_any_column(database: Database) -> None:
    await use(database)
    planted = {f"{table}.{column}" for table, names in PERSONAL.items() for column in names.split()}
    assert await holding(database) == planted
    async with open_inbox(database.dsn) as inbox:
        assert await inbox.forget(PERSON, Platform.SLACK) == 2
    assert await holding(database) == set()
    assert await database.readers.fetchval("select count(*) from question") == 2
    assert await database.readers.fetchval("select count(*) from audit where who = 'somebody'") == 2
    assert await database.readers.fetchval("select asked_by from request where kind = 'crawl'") == "somebody"


async def test_nobody_elses_words_go_with_them(database: Database) -> None:
    await use(database)
    async with open_inbox(database.dsn) as inbox:
        await inbox.forget("USOMEBODY")
        await inbox.forget(PERSON, Platform.DISCORD)
    assert "question.body" in await holding(database)
    assert await database.readers.fetchval("select count(*) from question") == 4
