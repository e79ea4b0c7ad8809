"""What a description of an API says of values, parameters, servers and keys, in words; and its parts by their type.

    {"type": "string", "enum": [a, b], "default": a}     "One of: a, b. Default: a."
    [{"key": []}, {"oauth": ["read"]}]                    "key, or oauth (read)"

Reads single entries; `ingest.documents.openapi` walks the document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_FACTS = {
    "const": "Always",
    "default": "Default",
    "minimum": "Minimum",
    "maximum": "Maximum",
    "exclusiveMinimum": "More than",
    "exclusiveMaximum": "Less than",
    "multipleOf": "A multiple of",
    "minLength": "At least",
    "maxLength": "At most",
    "minItems": "Items at least",
    "maxItems": "Items at most",
    "pattern": "Pattern",
    "example": "Example",
}
_FLAGS = {"deprecated": "Deprecated.", "readOnly": "Read only.", "writeOnly": "Write only."}


def describe_values(description: str, schema: Mapping[str, Any]) -> str:
    """Return a description with what the schema says of values: `"The state. One of: a, b. Default: a."`."""
    facts = [description.strip()]
    facts += [said for key, said in _FLAGS.items() if schema.get(key) is True]
    if values := list_of(schema.get("enum")):
        facts.append(f"One of: {', '.join(map(_value, values[:50]))}.")
    elif values := list_of(table_of(schema.get("items")).get("enum")):
        facts.append(f"Each one of: {', '.join(map(_value, values[:50]))}.")
    facts += [
        f"{word}: {_value(schema[key])}."
        for key, word in _FACTS.items()
        if _is_scalar(schema.get(key)) and not (key.startswith("exclusive") and isinstance(schema[key], bool))
    ]
    return " ".join(filter(None, facts))


def own_facts(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a parameter says of itself next to its schema."""
    return {key: parameter[key] for key in ("example", "deprecated") if key in parameter}


def describe_variables(variables: Mapping[str, Any]) -> str:
    """Return what the variables of a server's url may be: `" (region: eu, us; default eu)"`."""
    said = []
    for name, variable in variables.items():
        values = ", ".join(map(_value, list_of(table_of(variable).get("enum")))) or text_of(
            table_of(variable).get("description")
        )
        default = text_of(table_of(variable).get("default"))
        said.append(f"{name}: {'; '.join(filter(None, (values, default and f'default {default}')))}")
    return f" ({', '.join(said)})" if said else ""


def describe_flows(scheme: Mapping[str, Any]) -> str:
    """Return where OAuth gets its tokens, and what the scopes allow."""
    flows = tables_of(list(table_of(scheme.get("flows")).values())) or [scheme]
    urls = [
        text_of(flow.get(key)) for flow in flows for key in ("authorizationUrl", "tokenUrl") if text_of(flow.get(key))
    ]
    scopes = {str(name): text_of(said) for flow in flows for name, said in table_of(flow.get("scopes")).items()}
    named = ", ".join(f"{name} ({said})" if said else name for name, said in scopes.items())
    connect = text_of(scheme.get("openIdConnectUrl"))
    parts = (*dict.fromkeys(urls), connect, named and f"Scopes: {named}")
    return "".join(f" {part}." for part in parts if part)


def describe_security(security: Any) -> str:
    """Return the names of what an operation asks for: `"key, or oauth (read)"`; `"none"` where it asks for nothing."""
    several = []
    for choice in tables_of(security):
        names = (
            f"{name} ({', '.join(map(str, scopes))})" if (scopes := list_of(given)) else str(name)
            for name, given in choice.items()
        )
        several.append(" and ".join(names) or "none")
    return ", or ".join(several) or "none"


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != ""


def _value(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) or value is None else str(value)


def text_of(value: Any) -> str:
    """Return a text or a number as text, "" for anything else."""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def list_of(value: Any) -> list[Any]:
    """Return a list, [] for anything else."""
    return value if isinstance(value, list) else []


def table_of(value: Any) -> Mapping[str, Any]:
    """Return a table, {} for anything else."""
    return value if isinstance(value, Mapping) else {}


def tables_of(value: Any) -> list[Mapping[str, Any]]:
    """Return the tables in a list."""
    return [each for each in list_of(value) if isinstance(each, Mapping)]
