"""The kinds of text that a setting may hold, each with the sentence for a wrong one.

`core.config.settings` names the settings.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from core.errors import ConfigurationError, UsageError
from core.net.addresses import is_loopback, parse_networks
from core.spend.prices import parse_prices
from core.work.schedule import parse_schedule


def _http_url(value: str) -> str:
    if not value:
        return value
    try:
        parts = urlsplit(value)
    except ValueError:  # a bracket that is not closed
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http:// or https:// url")
    if not _is_host(parts.hostname):
        raise ValueError("must name a host that can be looked up: no part of its name may be empty or over 63 letters")
    try:
        parts.port  # noqa: B018 - it is parsed when it is asked for
    except ValueError:
        raise ValueError("must name a port from 1 to 65535, or none") from None
    return value


def _is_host(host: str) -> bool:
    """Return whether a host can be looked up: a label that is empty or too long raises no error of sockets."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def postgres_url(value: SecretStr) -> SecretStr:
    """Return the value where it is a url of Postgres, or empty. Raises `ValueError`."""
    if value.get_secret_value() and not value.get_secret_value().startswith(("postgres://", "postgresql://")):
        raise ValueError("must start with postgresql:// (for example postgresql://user:password@host/db)")
    return value


def _one_line(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def absolute_folder(path: Path) -> Path:
    """Return the absolute path of a folder, its `~` replaced.

    Raises `ConfigurationError` where this machine knows no home of the user.
    """
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise ConfigurationError(
            "This user has no home folder: set FOOTNOTE_HOME to a folder that the user may write."
        ) from None


def lower_case(value: object) -> object:
    """Return a word in lower case, without blanks around it; its case does not matter."""
    return value.strip().lower() if isinstance(value, str) else value


def host_and_port(value: str) -> str:
    """Return the value where it is like `127.0.0.1:3000`, or has an IPv6 address in brackets. Raises `ValueError`."""
    host, _, port = value.rpartition(":")
    is_host = _is_host(host) and (":" not in host or (host.startswith("[") and host.endswith("]")))
    if not host or not is_host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ValueError("must be host:port, for example 127.0.0.1:3000")
    return value


def host_and_port_or_off(value: str) -> str:
    """Return the value where it is host:port or `off`. Raises `ValueError`."""
    return value if value == "off" else host_and_port(value)


def base_of_console(value: str) -> str:
    """Return the value without a slash at its end, where it is https://host[:port], or http:// on this machine.

    A browser keeps no secure cookie over http. Raises `ValueError`.
    """
    if not value:
        return value
    if not _BASE.fullmatch(value):
        raise ValueError("must be an address without a path, for example https://docs-console.example.org")
    parts = urlsplit(value.lower())
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("must begin with https:// unless it is on this machine: a session would travel in the clear")
    return f"{parts.scheme}://{parts.netloc}"


def header_name(value: str) -> str:
    """Return the value where it is the name of a header, or empty. Raises `ValueError`."""
    if value and not re.fullmatch(r"[A-Za-z0-9-]{1,100}", value):
        raise ValueError("must be the name of a header, for example X-Auth-User")
    return value


def host_and_port_or_nothing(value: str) -> str:
    """Return the value where it is host:port or empty. Raises `ValueError`."""
    return host_and_port(value) if value else value


def networks(value: str) -> str:
    """Return the value where it lists addresses or networks with commas, or is empty. Raises `ValueError`."""
    try:
        parse_networks(value)
    except ValueError:
        raise ValueError("must list addresses or networks with commas, such as 127.0.0.1, 10.0.0.0/8") from None
    return value


def _check_token(value: SecretStr) -> SecretStr:
    """Return a token or key where it holds only letters that one has. Raises `ValueError`.

    A quote or blank that was copied along would make a header that no library sends.
    """
    if value.get_secret_value() and not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("holds a quote, a blank or another letter that no token has: copy it again, and nothing else")
    return value


def bot_token(value: SecretStr) -> SecretStr:
    """Return the value where it is a bot token of Slack, or empty. Raises `ValueError`."""
    if value.get_secret_value() and not value.get_secret_value().startswith("xoxb-"):
        raise ValueError("must start with xoxb- (the app token, xapp-, belongs into SLACK_APP_TOKEN)")
    return value


def app_token(value: SecretStr) -> SecretStr:
    """Return the value where it is an app token of Slack, or empty. Raises `ValueError`."""
    if value.get_secret_value() and not value.get_secret_value().startswith("xapp-"):
        raise ValueError("must start with xapp- (the bot token, xoxb-, belongs into SLACK_BOT_TOKEN)")
    return value


def ids_of_people(value: str) -> str:
    """Return the value where it lists ids of people with commas, some with their platform, or is empty.

    No word means everybody. Raises `ValueError`.
    """
    if not all(_PERSON.fullmatch(word.strip("<@!>")) for word in value.replace(",", " ").split()):
        raise ValueError(
            "must name people by their ids, with commas, such as U0123456789, slack:U0123456789 or "
            "discord:880000000000000001: there is no word for everybody, and no empty name"
        )
    return value


def schedule_text(value: str) -> str:
    """Return the text of a schedule as `core.work.schedule` understands it. Raises `ValueError`."""
    try:
        return parse_schedule(value).text
    except UsageError as error:
        raise ValueError(f"is wrong: {error}") from None


def json_of_headers(value: SecretStr) -> SecretStr:
    """Return the value where `headers_by_source` understands it. Raises `ValueError`."""
    headers_by_source(value)
    return value


def headers_by_source(value: SecretStr) -> dict[str, dict[str, str]]:
    """Return the parsed CRAWL_HEADERS: source -> header -> value. Raises `ValueError`, which repeats none of it."""
    form = 'must be JSON such as {"handbook": {"Authorization": "Bearer ..."}}'
    try:
        sources = json.loads(value.get_secret_value() or "{}")
        pairs = [(key, each) for headers in sources.values() for key, each in headers.items()]
    except (ValueError, AttributeError):
        raise ValueError(form) from None
    if not all(isinstance(each, str) and _HEADER.fullmatch(f"{key}: {each}") for key, each in pairs):
        raise ValueError(form)
    return {str(source): dict(headers) for source, headers in sources.items()}


def object_of_json(value: str) -> str:
    """Return the value where it is a JSON object, or empty. Raises `ValueError`."""
    parse_object(value)
    return value


def parse_object(value: str) -> dict[str, Any]:
    """Return the JSON object of a text; empty: none. Raises `ValueError`, which repeats none of it."""
    try:
        parsed = json.loads(value or "{}")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise ValueError('must be a JSON object such as {"service_tier": "flex"}')  # noqa: TRY004 - pydantic takes a ValueError
    return parsed


def json_of_prices(value: str) -> str:
    """Return the value where `parse_prices` understands it, or empty. Raises `ValueError`."""
    parse_prices(value)
    return value


def header_lines(value: SecretStr) -> SecretStr:
    """Return the value where `parse_headers` understands it. Raises `ValueError`."""
    parse_headers(value.get_secret_value())
    return value


def parse_headers(value: str) -> dict[str, str]:
    """Return the headers of lines `Name: value`, as OpenAI's library has them, or of a JSON object.

    Raises `ValueError`, which repeats none of it.
    """
    if value.lstrip().startswith("{"):
        pairs = list(parse_object(value).items())
    else:
        lines = [line.partition(":") for line in value.splitlines() if line.strip()]
        pairs = [(name, each) for name, _, each in lines]
    headers = {name.strip(): str(each).strip() for name, each in pairs}
    if not all(each and _HEADER.fullmatch(f"{name}: {each}") for name, each in headers.items()):
        raise ValueError('must be lines "Name: value", or JSON such as {"X-Team": "docs"}')
    return headers


_BASE = re.compile(r"(?i:https?)://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?/?")
_PERSON = re.compile(r"(?:(?i:slack|discord):)?(?:[UW][A-Z0-9_]+|[0-9]+)")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}: [\t -~]{0,8000}")
_TOKEN = re.compile(r"[!#-&(-~]+")
Text = Annotated[str, BeforeValidator(_one_line)]
Url = Annotated[str, BeforeValidator(_one_line), AfterValidator(_http_url)]
Secret = Annotated[SecretStr, BeforeValidator(_one_line)]
Token = Annotated[Secret, AfterValidator(_check_token)]
