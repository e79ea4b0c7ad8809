"""Reads the configuration files of generators as data: TOML, YAML, JSON, and JavaScript by its literals.

Runs nothing. What cannot be read counts as missing: a wrong guess would be a link that leads nowhere.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ingest.folders.opening import read_small_text

LARGEST, LARGEST_YAML = 1_000_000, 100_000
_LARGEST_FRONT = 20_000

_COMMENT = re.compile(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|//[^\n]*|/\*.*?\*/""", re.DOTALL)
"""A text in quotes, kept, or a comment: globs such as `**/*.md` hold both signs of one."""

_QUOTED = r"(?P<quote>['\"`])(?P<text>[^'\"`\n]*)(?P=quote)"
_FRONT = re.compile(r"\ufeff?(?P<fence>---|\+\+\+)[ \t]*\r?\n(?P<text>.*?)\r?\n(?P=fence)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_SCALARS = (str, int, float, bool)


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML ships no types
    """Reads tags of applications (`!!python/name:`, `!ENV`) as nothing. In Python: libyaml crashes on deep nesting."""


_Loader.add_multi_constructor("", lambda _loader, _suffix, _node: None)


def read_yaml(text: str) -> Any:
    """Return the value of a YAML document; None where it is none."""
    try:
        return yaml.load(text[:LARGEST_YAML], _Loader)
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError, TypeError):
        return None


def read_config(path: Path) -> Mapping[str, Any]:
    """Return a configuration file by its ending: .toml, .yml, .yaml, .json; {} where it cannot be read."""
    text = read_small_text(path, LARGEST)
    value: Any = None
    try:
        match path.suffix.lower():
            case ".toml":
                value = tomllib.loads(text)
            case ".json":
                value = json.loads(text)
            case _:
                value = read_yaml(text)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}


def find_first(folder: Path, names: Iterable[str]) -> Path | None:
    """Return the first of some files that is in a folder."""
    return next((folder / name for name in names if (folder / name).exists()), None)


def read_front(text: str) -> dict[str, str]:
    """Return the front matter of a page: its texts, numbers and dates, as text."""
    found = _FRONT.match(text[:_LARGEST_FRONT])
    if found is None:
        return {}
    if found["fence"] == "---":
        value = read_yaml(found["text"])
    else:
        try:
            value = tomllib.loads(found["text"])
        except ValueError:
            value = None
    pairs = value.items() if isinstance(value, dict) else ()
    return {str(key).lower(): str(each).strip() for key, each in pairs if not isinstance(each, dict | list | None)}


def text_at(config: Mapping[str, Any], *keys: str) -> str:
    """Return the text at a path of keys, whose letters' case does not matter; "" where there is none."""
    value: Any = config
    for key in keys:
        if not isinstance(value, Mapping):
            return ""
        value = next((each for name, each in value.items() if str(name).lower() == key.lower()), None)
    return str(value).strip() if isinstance(value, _SCALARS) else ""


def table_at(config: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return the table at a path of keys; {} where there is none."""
    value: Any = config
    for key in keys:
        value = next((each for name, each in value.items() if str(name).lower() == key.lower()), None)
        if not isinstance(value, Mapping):
            return {}
    return value if isinstance(value, Mapping) else {}


class Script:
    """A configuration in JavaScript or TypeScript, read by its literals."""

    def __init__(self, text: str) -> None:
        self.code = _COMMENT.sub(lambda found: found[1] or "", text)

    @classmethod
    def read(cls, path: Path) -> Script:
        """Return the script in a file; an empty one where it cannot be read."""
        return cls(read_small_text(path, LARGEST))

    def text(self, key: str) -> str:
        """Return the first quoted value of a key, also of `process.env.X || "..."`; "" for none."""
        found = re.search(rf"(?<![\w.$'\"-])['\"]?{key}['\"]?\s*[:=]\s*[^,\n'\"`{{\[]*{_QUOTED}", self.code)
        return found["text"] if found is not None and "${" not in found["text"] else ""

    def flag(self, key: str) -> bool | None:
        """Return a key's true or false; None where it is neither."""
        found = re.search(rf"(?<![\w.$-])['\"]?{key}['\"]?\s*:\s*(true|false)\b", self.code)
        return None if found is None else found[1] == "true"

    def blocks(self, key: str) -> Iterator[Script]:
        """Yield the objects `{...}` that follow a key, or a name in quotes as plugins are written."""
        for found in re.finditer(rf"(?<![\w.$-])['\"]?{key}['\"]?\s*\)?\s*[:,]\s*\(?\{{", self.code):
            yield Script(_balanced(self.code, found.end() - 1))

    @property
    def own(self) -> Script:
        """The object without the objects within it: `{a: 1, b: {c: 2}}` -> `{a: 1, b: }`."""
        depth, kept = 0, []
        for letter in self.code:
            depth -= letter == "}"
            if depth <= 1:
                kept.append(letter)
            depth += letter == "{"
        return Script("".join(kept))

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs of quoted texts, `"a": "b"`."""
        for found in re.finditer(rf"['\"`]([^'\"`\n]+)['\"`]\s*:\s*{_QUOTED}", self.code):
            yield found[1], found["text"]


def _balanced(code: str, start: int) -> str:
    """Return the object that begins at `start`, up to the brace that closes it."""
    depth = 0
    for place in range(start, len(code)):
        depth += (code[place] == "{") - (code[place] == "}")
        if depth == 0:
            return code[start : place + 1]
    return code[start:]
