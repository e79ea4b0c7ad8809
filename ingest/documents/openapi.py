"""Reads a description of an API (OpenAPI 3, Swagger 2; JSON or YAML) as a page with a section for each operation.

    paths: {/pets/{id}: {get: ...}}   ## Get a pet        `GET /pets/{id}`, description, table of parameters,
                                                          body, responses
    components: {schemas: {Pet: ...}} ## Pet              table of properties

The anchor of a section is its place in the document as a JSON pointer (`#/paths/~1pets~1{id}/get`), the form in which
such documents point into themselves. References within the document are followed a few levels; others are named. Runs
in the parse child: what is too deep or too large ends there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any
from urllib.parse import quote

import yaml
from markdown_it import MarkdownIt

from ingest.documents.api_values import (
    describe_flows,
    describe_security,
    describe_values,
    describe_variables,
    list_of,
    own_facts,
    table_of,
    tables_of,
    text_of,
)
from ingest.documents.unreadable import Unreadable

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
MOST_SECTIONS, MOST_ROWS, DEEPEST = 5_000, 200, 3
"""Operations and schemas, rows of a table, and levels of objects within objects that a table shows."""

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def render_openapi(text: str) -> str:
    """Return the document as a page of HTML. Raises `Unreadable`."""
    api = _Api(_parsed(text))
    return (
        f"<html><head><title>{escape(api.title)}</title></head><body><main>{''.join(api.html())}</main></body></html>"
    )


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if text.lstrip("\ufeff \t\r\n").startswith("{") else yaml.load(text, yaml.CSafeLoader)
    except (ValueError, yaml.YAMLError) as error:
        raise Unreadable("damaged openapi document") from error
    if not isinstance(value, Mapping):
        raise Unreadable("damaged openapi document")
    return value


class _Api:
    """One document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        info = table_of(document.get("info"))
        version = f" {info['version']}" if isinstance(info.get("version"), str | int | float) else ""
        self.title = f"{text_of(info.get('title')) or 'API'}{version}"
        self._info = info

    def html(self) -> Iterator[str]:
        """Yield the elements of the page."""
        yield f"<h1>{escape(self.title)}</h1>{_prose(self._info.get('summary'))}{_prose(self._info.get('description'))}"
        yield from self._servers()
        yield from self._security()
        for number, tag in enumerate(tables_of(self._document.get("tags"))):
            if text_of(tag.get("description")):
                yield _heading(text_of(tag.get("name")), ("tags", str(number))) + _prose(tag.get("description"))
        yield from islice((self._operation(*each) for each in self._operations()), MOST_SECTIONS)
        schemas: tuple[tuple[str, ...], ...] = (("components", "schemas"), ("definitions",))
        for place in schemas:
            named = self._at(f"#/{'/'.join(place)}")
            yield from islice(
                (self._schema((*place, str(name)), each) for name, each in table_of(named).items()), MOST_SECTIONS
            )

    def _operations(self) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any], list[Any]]]:
        """Yield (where it is in the document, operation, parameters of its path), callbacks among them."""
        for place in ("paths", "webhooks"):
            yield from self._operations_at((place,), self._document.get(place))

    def _operations_at(
        self, place: tuple[str, ...], paths: Any
    ) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any], list[Any]]]:
        for path, value in table_of(paths).items():
            item = self.resolve(value)
            for method in (each for each in METHODS if table_of(item.get(each))):
                here = (*place, str(path), method)
                yield here, item[method], list_of(item.get("parameters"))
                calls = table_of(item[method].get("callbacks")) if "callbacks" not in place else {}
                for name, callback in calls.items():
                    yield from self._operations_at((*here, "callbacks", str(name)), self.resolve(callback))

    def _servers(self) -> Iterator[str]:
        urls = [
            (
                text_of(each.get("url")),
                text_of(each.get("description")) + describe_variables(table_of(each.get("variables"))),
            )
            for each in tables_of(self._document.get("servers"))
        ]
        if host := text_of(self._document.get("host")):
            scheme = next(iter(list_of(self._document.get("schemes"))), "https")
            urls.append((f"{scheme}://{host}{text_of(self._document.get('basePath'))}", ""))
        if urls:
            items = (f"<li><code>{escape(url)}</code> {escape(entry)}</li>" for url, entry in urls)
            yield f"<p>The API is served at:</p><ul>{''.join(items)}</ul>"

    def _security(self) -> Iterator[str]:
        schemes = table_of(table_of(self._document.get("components")).get("securitySchemes"))
        schemes = schemes or table_of(self._document.get("securityDefinitions"))
        rows = []
        for name, scheme in schemes.items():
            entry = self.resolve(scheme)
            where = " ".join(
                filter(None, (text_of(entry.get(key)) for key in ("scheme", "in", "name", "bearerFormat")))
            )
            rows.append(
                (
                    str(name),
                    text_of(entry.get("type")),
                    where,
                    text_of(entry.get("description")) + describe_flows(entry),
                )
            )
        if rows:
            yield "<h2>Authentication</h2>" + _html_table(("Name", "Type", "Where", "Description"), rows)

    def _operation(self, place: tuple[str, ...], operation: Mapping[str, Any], shared: Sequence[Any]) -> str:
        path, method = place[-2:]
        call = f"{method.upper()} {path}"
        heading = text_of(operation.get("summary")) or text_of(operation.get("operationId")) or call
        parts = [_heading(heading, place), f"<p><code>{escape(call)}</code>"]
        if (name := text_of(operation.get("operationId"))) and name != heading:
            parts.append(f" (operation <code>{escape(name)}</code>)")
        parts += ["</p>", "<p>Deprecated.</p>" if operation.get("deprecated") is True else ""]
        parts.append(_prose(operation.get("description")))
        if "security" in operation:
            parts.append(f"<p>Authentication: {escape(describe_security(operation['security']))}.</p>")
        parameters = [self.resolve(each) for each in (*list_of(operation.get("parameters")), *shared)]
        named = {(text_of(each.get("in")), text_of(each.get("name"))): each for each in reversed(parameters)}
        rows = [self._parameter(each) for each in reversed(named.values()) if each.get("in") != "body"]
        parts.append(_captioned("Parameters", ("Name", "In", "Type", "Required", "Description"), rows))
        bodies = [each for each in named.values() if each.get("in") == "body"]
        parts.append(self._body(self.resolve(operation.get("requestBody")) or (bodies[0] if bodies else {})))
        parts.append(self._responses(table_of(operation.get("responses"))))
        return "".join(parts)

    def _parameter(self, entry: Mapping[str, Any]) -> tuple[str, ...]:
        schema = self.resolve(entry.get("schema")) or entry
        required = "yes" if entry.get("required") is True else "no"
        said = text_of(entry.get("description")) or text_of(schema.get("description"))
        return (
            text_of(entry.get("name")), text_of(entry.get("in")), self.type_of(entry.get("schema") or entry), required,
            describe_values(said, {**schema, **own_facts(entry)}),
        )  # fmt: skip

    def _body(self, body: Mapping[str, Any]) -> str:
        schema, kind = _content(body)
        rows = list(self.properties(schema))
        if not (rows or schema):
            return ""
        required = ", required" if body.get("required") is True else ""
        intro = (
            f"<p>Body ({escape(kind or 'application/json')}{required}): <code>{escape(self.type_of(schema))}</code></p>"
        )
        return (
            intro + _prose(body.get("description")) + _captioned("", ("Field", "Type", "Required", "Description"), rows)
        )

    def _responses(self, responses: Mapping[str, Any]) -> str:
        rows = []
        for status, response in responses.items():
            entry = self.resolve(response)
            schema, _ = _content(entry)
            said = " ".join(filter(None, (text_of(entry.get("description")), *self._headers(entry))))
            rows.append((str(status), said, self.type_of(schema) if schema else ""))
        return _captioned("Responses", ("Status", "Description", "Type"), rows)

    def _headers(self, response: Mapping[str, Any]) -> Iterator[str]:
        for name, header in table_of(response.get("headers")).items():
            said = text_of(self.resolve(header).get("description"))
            yield f"Header {name}: {said}" if said else f"Header {name}."

    def _schema(self, place: tuple[str, ...], schema: Any) -> str:
        entry = self.resolve(schema)
        rows = list(self.properties(entry))
        facts = describe_values("", entry)
        kind = f"<p><code>{escape(self.type_of(entry))}</code> {escape(facts)}</p>" if not rows else ""
        table = _captioned("", ("Field", "Type", "Required", "Description"), rows)
        return _heading(place[-1], place) + _prose(entry.get("description")) + kind + table

    def properties(self, schema: Any, prefix: str = "", deep: int = 0) -> Iterator[tuple[str, ...]]:
        """Yield a row for each field of an object, also of objects within it: name, type, required, description."""
        entry = self.merged(schema)
        if entry.get("type") == "array":
            entry, prefix = self.merged(entry.get("items")), f"{prefix}[]."
        required = set(map(str, list_of(entry.get("required"))))
        for name, each in list(table_of(entry.get("properties")).items())[:MOST_ROWS]:
            inner = self.merged(each)
            description = describe_values(text_of(inner.get("description")), inner)
            yield f"{prefix}{name}", self.type_of(each), "yes" if name in required else "no", description
            if deep + 1 < DEEPEST and "$ref" not in table_of(each):
                yield from self.properties(
                    each, f"{prefix}{name}." if inner.get("type") != "array" else f"{prefix}{name}", deep + 1
                )

    def merged(self, schema: Any) -> Mapping[str, Any]:
        """Return a schema with all that it is composed of."""
        entry = dict(self.resolve(schema))
        for part in list_of(entry.get("allOf"))[:20]:
            inner = self.resolve(part)
            properties = {**table_of(inner.get("properties")), **table_of(entry.get("properties"))}
            required = [*list_of(inner.get("required")), *list_of(entry.get("required"))]
            entry = {**inner, **entry} | {"properties": properties, "required": required}
        for part in (*list_of(entry.get("oneOf")), *list_of(entry.get("anyOf"))):
            if "$ref" not in table_of(part) and (fields := table_of(table_of(part).get("properties"))):
                entry["properties"] = {**fields, **table_of(entry.get("properties"))}
        return entry

    def resolve(self, value: Any) -> Mapping[str, Any]:
        """Return a table, behind its references within the document; {} where there is none."""
        for _ in range(10):
            entry = table_of(value)
            pointer = entry.get("$ref")
            if not isinstance(pointer, str):
                return entry
            value = self._at(pointer)
        return {}

    def _at(self, pointer: str) -> Any:
        if not pointer.startswith("#/"):
            return None
        value: Any = self._document
        for key in pointer[2:].split("/"):
            value = table_of(value).get(key.replace("~1", "/").replace("~0", "~"))
        return value

    def type_of(self, schema: Any, deep: int = 0) -> str:
        """Return what a person calls a type: `"array of Pet"`, `"string (date)"`, `"Cat or Dog"`."""
        entry = table_of(schema)
        if isinstance(pointer := entry.get("$ref"), str):
            return pointer.rsplit("/", 1)[-1]
        if deep > DEEPEST:
            return "object"
        for key, word in (("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")):
            if several := list_of(entry.get(key)):
                return word.join(dict.fromkeys(self.type_of(each, deep + 1) for each in several[:10]))
        kind = entry.get("type")
        names = [str(each) for each in kind] if isinstance(kind, list) else [text_of(kind)]
        if "array" in names:
            return f"array of {self.type_of(entry.get('items'), deep + 1) or 'any'}"
        if not entry.get("properties") and (value := table_of(entry.get("additionalProperties"))):
            return f"map of {self.type_of(value, deep + 1) or 'any'}"
        shown = " or ".join(filter(None, names)) or ("object" if entry.get("properties") else "")
        return f"{shown} ({entry['format']})" if isinstance(entry.get("format"), str) and shown else shown


def _content(entry: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return the schema of a body or response, and its content type."""
    for kind, media in table_of(entry.get("content")).items():
        return table_of(table_of(media).get("schema")), str(kind)
    return table_of(entry.get("schema")), ""


def _heading(text: str, place: Sequence[str]) -> str:
    pointer = "/".join(key.replace("~", "~0").replace("/", "~1") for key in place)
    return f'<h2 id="/{escape(quote(pointer, safe="/~!$&*+,;=:@-._"))}">{escape(text)}</h2>'


def _captioned(caption: str, header: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    return (f"<p>{caption}:</p>" if caption else "") + _html_table(header, rows[:MOST_ROWS])


def _html_table(header: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{each}</th>" for each in header)
    body = "".join(
        f"<tr><td><code>{escape(row[0])}</code></td>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _prose(text: Any) -> str:
    return str(_MARKDOWN.render(text_of(text))) if text_of(text) else ""
