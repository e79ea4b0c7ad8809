"""What tests of MCP share: the SDK's client in both eras, over a real process or in memory, and checks of results."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import jsonschema
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from core.net.urls import rebase
from tests.bot.install import PROGRAM, Install

ERAS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
"""The client's modes, and the version of the protocol that each speaks."""

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ask_docs", {"question": "How do I install it?"}),
    ("ask_docs", {"question": "How do I install it?", "sources": ["docs"], "version": None}),
    ("ask_docs", {"question": "And how do I remove it?", "previous": [{"question": "How do I install it?"}]}),
    ("ask_docs", {"question": "Which colour has the moon over Ceylon?"}),
    ("search_docs", {"query": "beta parameter"}),
    ("search_docs", {"query": "beta parameter", "limit": 20, "max_tokens": 1, "sources": "docs"}),
    ("read_section", {"url": "https://docs.example/guide/training.html#beta"}),
    ("read_section", {"url": "https://docs.example/guide/training.html", "around": "page"}),
    ("list_sources", {}),
    ("report_gap", {"question": "How do I rotate a key?", "missing": "all of it"}),
)
"""Calls that succeed against the source `docs` (`tests.bot.filled`)."""


@asynccontextmanager
async def stdio_client(install: Install, mode: str = "auto") -> AsyncIterator[Client]:
    """Start `footnote mcp` as a host does, and connect to it."""
    process = StdioServerParameters(command=PROGRAM, args=["mcp"], env=install.environment, cwd=install.folder)
    async with Client(process, mode=mode, read_timeout_seconds=120) as client:
        yield client


def document_of(result: CallToolResult) -> dict[str, Any]:
    """Return the structured content of a result, which its text says as well."""
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    assert json.loads(text_of(result)) == result.structured_content
    return result.structured_content


def text_of(result: CallToolResult) -> str:
    """Return the only text of a result."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def sentence_of(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    """Return the one sentence or two, on one line, that a wrong call gets."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result
    text = text_of(result)
    assert "\n" not in text
    assert text[0].isupper()
    assert text.endswith((".", "?"))  # one ends with an example of a question
    assert len(text) < 1_000
    for word in ("Traceback", "pydantic", "Error executing", "input_value", "asyncpg"):
        assert word not in text
    return text


async def check_schema(client: Client, tool: str, document: dict[str, Any]) -> None:
    """Check a document against the schema that its tool announces."""
    schemas = {each.name: each.output_schema for each in (await client.list_tools()).tools}
    schema = schemas[tool]
    assert schema is not None
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert set(document) == set(schema["properties"]), "the schema names all that is there"


def urls_in(value: object) -> Iterator[str]:
    """Yield every url that a document names as one."""
    match value:
        case dict():
            for key, each in value.items():
                if key in ("url", "previous", "next") and isinstance(each, str):
                    yield each
                else:
                    yield from urls_in(each)
        case list():
            for each in value:
                yield from urls_in(each)


async def stored_links(dsn: str) -> set[str]:
    """Return the urls of all stored passages as they are shown, with and without their anchors."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select url, anchor, root_url, served_at from passage join source on source.id = passage.source"
        )
    finally:
        await connection.close()
    links = set[str]()
    for row in rows:
        url = rebase(row["url"], row["root_url"], row["served_at"]) if row["served_at"] else row["url"]
        links |= {url, f"{url}#{row['anchor']}"}
    return links
