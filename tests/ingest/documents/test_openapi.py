"""A description of an API as a page: what an operation's section says, in both formats and versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.domain import Passage, Source
from ingest.documents.document import parse_document
from ingest.folders.addresses import file_url
from ingest.folders.folder import Folder
from ingest.frontier import Bounds
from ingest.kinds.port import TypedSource, WalkTools
from ingest.kinds.registry import find_kind, recognise_kind
from ingest.pages import Kept, Skipped
from ingest.parsing.parse import Parser
from ingest.split import split
from tests.ingest.crawling import fetcher_of, source_of
from tests.servers.site import DocSite, serve_site

URL = "https://api.example.org/openapi.json"

API: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Orchard", "version": "2.4", "description": "Counts *trees* and what they bear."},
    "servers": [{"url": "https://api.example.org/v2", "description": "production"}],
    "paths": {
        "/trees": {
            "get": {
                "operationId": "listTrees",
                "summary": "List all trees",
                "description": "Trees come in the order in which they were planted.",
                "parameters": [
                    {"name": "limit", "in": "query", "description": "How many at most.",
                     "schema": {"type": "integer", "default": 20, "maximum": 100}},
                    {"$ref": "#/components/parameters/Region"},
                ],
                "responses": {
                    "200": {"description": "A page of trees", "content": {"application/json": {"schema": {
                        "type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}},
                    "429": {"description": "Too many requests a minute"},
                },
            },
            "post": {
                "summary": "Plant a tree",
                "requestBody": {"required": True, "content": {"application/json": {"schema": {
                    "$ref": "#/components/schemas/Tree"}}}},
                "responses": {"201": {"description": "Planted"}},
            },
        },
        "/trees/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
            ],
            "delete": {"operationId": "fellTree", "deprecated": True, "responses": {"204": {"description": "Felled"}}},
        },
    },
    "components": {
        "parameters": {
            "Region": {"name": "region", "in": "header", "schema": {"enum": ["north", "south"], "type": "string"}},
        },
        "schemas": {
            "Tree": {"type": "object", "required": ["kind"], "properties": {
                "kind": {"type": "string", "enum": ["apple", "pear"], "description": "What it bears."},
                "height": {"type": "number", "minimum": 0, "description": "In metres."},
                "parent": {"$ref": "#/components/schemas/Tree"},
                "place": {"type": "object", "properties": {"row": {"type": "integer"}}},
            }},
        },
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Orchard-Key"}},
    },
}  # fmt: skip

SWAGGER: dict[str, Any] = {
    "swagger": "2.0", "info": {"title": "Orchard", "version": "1"}, "host": "api.example.org", "basePath": "/v1",
    "paths": {"/trees": {"post": {
        "summary": "Plant a tree", "consumes": ["application/json"],
        "parameters": [
            {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Tree"}},
            {"name": "dry", "in": "query", "type": "boolean", "description": "Plant nothing."},
        ],
        "responses": {"201": {"description": "Planted", "schema": {"$ref": "#/definitions/Tree"}}},
    }}},
    "definitions": {
        "Tree": {"type": "object", "properties": {"kind": {"type": "string", "description": "What it bears."}}},
    },
}  # fmt: skip


def passages(document: object, *, as_yaml: bool = False) -> tuple[Passage, ...]:
    text = yaml.safe_dump(document) if as_yaml else json.dumps(document, sort_keys=True, indent=1)
    return split(parse_document(text.encode(), "application/yaml" if as_yaml else "application/json", URL), URL)[0]


def section(found: tuple[Passage, ...], name: str) -> tuple[str, str]:
    """Return the anchor and the text of the section of a name."""
    texts = [passage for passage in found if passage.path[-1] == name]
    assert texts, [passage.path for passage in found]
    return texts[0].anchor, "\n".join(passage.text for passage in texts)


@pytest.mark.parametrize("as_yaml", [False, True])
def test_an_operation_is_a_section_with_method_path_parameters_and_responses(*, as_yaml: bool) -> None:
    found = passages(API, as_yaml=as_yaml)
    assert {passage.title for passage in found} == {"Orchard 2.4"}
    anchor, text = section(found, "List all trees")
    assert anchor == "/paths/~1trees/get"
    assert "`GET /trees`" in text
    assert "in the order in which they were planted" in text
    assert "| `limit` | query | integer | no | How many at most. Default: 20. Maximum: 100. |" in text
    assert "| `region` | header | string | no | One of: north, south. |" in text
    assert "| `200` | A page of trees | array of Tree |" in text
    assert "| `429` | Too many requests a minute |" in text


def test_bodies_paths_schemas_servers_and_keys_are_shown() -> None:
    found = passages(API)
    _, plant = section(found, "Plant a tree")
    assert "application/json, required" in plant
    assert "| `kind` | string | yes | What it bears. One of: apple, pear. |" in plant
    anchor, fell = section(found, "fellTree")
    assert anchor == "/paths/~1trees~1%7Bid%7D/delete"
    assert "Deprecated" in fell
    assert "| `id` | path | string (uuid) | yes |" in fell
    anchor, tree = section(found, "Tree")
    assert anchor == "/components/schemas/Tree"
    assert "| `parent` | Tree | no |" in tree
    assert "| `place.row` | integer | no |" in tree
    whole = "\n".join(passage.text for passage in found)
    assert "https://api.example.org/v2" in whole
    assert "X-Orchard-Key" in whole


def test_swagger_is_read_as_well() -> None:
    _, text = section(passages(SWAGGER), "Plant a tree")
    assert "`POST /trees`" in text
    assert "| `dry` | query | boolean | no | Plant nothing. |" in text
    assert "| `kind` | string | no | What it bears. |" in text
    assert "| `201` | Planted | Tree |" in text


@pytest.mark.parametrize(
    "text",
    [
        '{"openapi": "3.0.0", "paths": {',
        "openapi: 3.0.0\npaths: {a: [",
        'openapi: "3.0.0"\npaths: 7\ninfo: [1]\ncomponents: {schemas: {A: {$ref: "#/components/schemas/A"}}}',
        '{"openapi": "3.0.0", "paths": {"/a": {"get": {"parameters": [3, {"$ref": "b.yaml#/x"}], "responses": [1]}}}}',
        '{"openapi": "3.0.0", "components": {"schemas": {"A": {"allOf": [{"$ref": "#/components/schemas/A"}]}}}}',
    ],
)
def test_a_damaged_document_ends_in_a_reason_or_in_what_can_be_read(text: str) -> None:
    found = parse_document(text.encode(), "application/json" if text.startswith("{") else "application/yaml", URL)
    assert found.trouble in {"", "damaged openapi document"}


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "text/html; charset=utf-8"])
def test_its_name_says_more_than_the_usual_type_of_a_server(kind: str) -> None:
    found = parse_document(json.dumps(API).encode(), kind, URL)
    assert found.title == "Orchard 2.4"
    assert parse_document(b"<html><body>" + json.dumps(API).encode(), kind, URL).title != "Orchard 2.4"


async def test_it_is_read_from_a_url_a_folder_and_a_file(tmp_path: Path) -> None:
    body = json.dumps(API).encode()
    (tmp_path / "openapi.json").write_bytes(body)
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "other-openapi.yaml").write_text("title: nothing of the kind\n")
    async with serve_site(DocSite(files={"/openapi.json": body})) as site, Parser() as parser:
        site.headers["/openapi.json"] = {"Content-Type": "application/json"}
        typed = TypedSource(site.url("/openapi.json"), name="x", allow_private=True)
        kind = recognise_kind(typed)
        async with fetcher_of(site.base_url) as fetcher:
            walk = kind.walk(kind.build(typed), WalkTools(fetcher, parser, Bounds()))
            (page,) = [found async for found in walk({}, {}) if isinstance(found, Kept)]
        folder = Source(1, "x", "https://docs.example.org/", served_at=file_url(tmp_path), kind="folder")
        read = [found async for found in Folder(folder, parser).walk({})]
        typed = TypedSource(str(tmp_path / "openapi.json"), name="x", base="https://docs.example.org/api/reference")
        kind = recognise_kind(typed)
        source = kind.build(typed)
        async with fetcher_of(site.base_url) as fetcher:
            walk = find_kind(source).walk(source, WalkTools(fetcher, parser, Bounds()))
            alone = [found async for found in walk({}, {}) if isinstance(found, Kept | Skipped)]
    assert "List all trees" in {passage.path[-1] for passage in page.passages}
    assert {found.url for found in read if isinstance(found, Kept)} == {"https://docs.example.org/openapi.json"}
    assert {found.url for found in read if isinstance(found, Skipped)} == {
        "https://docs.example.org/other-openapi.yaml"
    }
    assert [found.url for found in alone] == ["https://docs.example.org/api/reference"]
    assert source_of(site).kind == "site"


TREE = {
    "oneOf": [
        {"type": "object", "properties": {"rings": {"type": "integer", "readOnly": True}}},
        {"type": "string"},
    ]
}
SEVERAL = {"type": "array", "maxItems": 3, "items": {"type": "string", "enum": ["oak", "yew"]}}
AGE = {"type": "integer", "exclusiveMaximum": 900}
GROVE = {
    "openapi": "3.1.0",
    "info": {"title": "Grove", "version": "1"},
    "servers": [{"url": "https://{land}.example", "variables": {"land": {"enum": ["fi", "se"], "default": "fi"}}}],
    "tags": [{"name": "trees", "description": "All that grows."}],
    "paths": {
        "/trees": {
            "post": {
                "security": [{"oauth": ["write"]}, {}],
                "parameters": [
                    {"name": "kinds", "in": "query", "schema": SEVERAL, "deprecated": True},
                    {"name": "age", "in": "query", "example": 41, "schema": AGE},
                ],
                "requestBody": {"content": {"application/json": {"schema": TREE}}},
                "responses": {"201": {"description": "Planted.", "headers": {"Where": {"description": "Its row."}}}},
                "callbacks": {"grown": {"/told": {"post": {"summary": "It has grown", "responses": {}}}}},
            }
        }
    },
    "components": {
        "securitySchemes": {
            "oauth": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {"write": "to plant"}}},
            }
        },
        "schemas": {"Marks": {"type": "object", "additionalProperties": {"type": "string"}}},
    },
}


def test_what_an_entry_says_of_values_keys_and_servers_is_said_in_words() -> None:
    found, _ = split(parse_document(json.dumps(GROVE).encode(), "application/json", URL), URL)
    text = "\n".join(f"{' > '.join(one.path)}\n{one.text}" for one in found)
    for line in (
        "`https://{land}.example` (land: fi, se; default fi)",
        "/token. Scopes: write (to plant).",
        "trees\nAll that grows.",
        "Authentication: oauth (write), or none.",
        "Deprecated. Each one of: oak, yew. Items at most: 3.",
        "Less than: 900. Example: 41.",
        "| `rings` | integer | no | Read only. |",
        "Planted. Header Where: Its row.",
        "It has grown",
        "map of string",
    ):
        assert line in text, line
