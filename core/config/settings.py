"""Every setting of footnote, and the only place that reads the environment.

Values come from the environment, else from a `.env` file in the working folder, else from here. `.env.example` and
`docs/configuration.md` are written from this file (`python -m core.config.settings`), and a test keeps them equal. It
says what may be set; what follows from it is decided in `core.wiring`.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from core.config.chat_settings import ChatSettings
from core.config.env_file import EnvFile, FilteredEnvironment, FilteredFile, explain_withheld, read_env_file
from core.config.model_settings import ModelSettings
from core.config.values import (
    Secret,
    Text,
    Url,
    absolute_folder,
    base_of_console,
    header_name,
    headers_by_source,
    host_and_port_or_nothing,
    host_and_port_or_off,
    ids_of_people,
    json_of_headers,
    lower_case,
    networks,
    postgres_url,
    schedule_text,
)
from core.errors import ConfigurationError

__all__ = [
    "Settings",
    "child_environment",
    "env_example",
    "env_file",
    "headers_by_source",
    "load",
    "names",
    "reference",
    "withheld",
]
_EMPTY = SecretStr("")
_log = logging.getLogger(__name__)
_FOR_CHILDREN = re.compile(
    "PATH|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|PYTHONHOME|PYTHONUTF8|PYTHONDONTWRITEBYTECODE"
)


class Settings(ChatSettings, ModelSettings):
    """One field per setting; its alias is the name in the environment, its description the documentation."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        case_sensitive=True,
        frozen=True,
        populate_by_name=True,
    )

    home: Path = Field(
        default=Path("~/.local/share/footnote"),
        alias="FOOTNOTE_HOME",
        description="Folder for the embedded Postgres and model files.",
    )
    database_url: Annotated[Secret, AfterValidator(postgres_url)] = Field(
        default=_EMPTY,
        alias="DATABASE_URL",
        description="Postgres 16 or newer with pgvector 0.8.4 or newer. Unset: an embedded one in FOOTNOTE_HOME.",
    )
    crawl_connections: int = Field(
        default=5, ge=1, le=64, alias="CRAWL_CONNECTIONS", description="Requests at once to one site."
    )
    crawl_max_pages: int = Field(
        default=5000, ge=1, le=1_000_000, alias="CRAWL_MAX_PAGES", description="Pages a source."
    )
    render_browser: Text = Field(
        default="",
        alias="RENDER_BROWSER",
        description="Path of a Chromium that runs the scripts of pages, for sources with --render. Unset: the one that "
        "`playwright install chromium` brings.",
    )
    crawl_max_depth: int = Field(
        default=20, ge=0, le=1000, alias="CRAWL_MAX_DEPTH", description="Links to follow from the start page."
    )
    crawl_max_minutes: int = Field(
        default=360,
        ge=1,
        le=100_000,
        alias="CRAWL_MAX_MINUTES",
        description="Minutes after which a crawl asks for no more pages; what it has read is kept.",
    )
    crawl_proxy: bool = Field(
        default=False,
        alias="CRAWL_PROXY",
        description="Crawl https through HTTPS_PROXY as well. Names are looked up and judged on this machine.",
    )
    crawl_headers: Annotated[Secret, AfterValidator(json_of_headers)] = Field(
        default=_EMPTY,
        alias="CRAWL_HEADERS",
        description="Headers for documentation behind a login, by source, as JSON: "
        '`{"handbook": {"Cookie": "session=..."}}`.',
    )
    docs_language: Text = Field(
        default="en",
        alias="DOCS_LANGUAGE",
        description="The language that wins where documentation is there in several; others are found by filter.",
    )
    embed_threads: int = Field(
        default=0,
        ge=0,
        le=256,
        alias="EMBED_THREADS",
        description="Threads of the local embedder for crawls; 0: all cores.",
    )
    health_address: Annotated[Text, AfterValidator(host_and_port_or_off)] = Field(
        default="127.0.0.1:8321",
        alias="HEALTH_ADDRESS",
        description="Where `up` and `worker` serve /healthz, /readyz and /metrics, as host:port; `off`: nowhere.",
    )
    console_address: Annotated[Text, AfterValidator(host_and_port_or_off)] = Field(
        default="127.0.0.1:8322",
        alias="CONSOLE_ADDRESS",
        description="Where `up` and `console` serve the web console, as host:port; `off`: nowhere.",
    )
    console_url: Annotated[Url, AfterValidator(base_of_console)] = Field(
        default="",
        alias="CONSOLE_URL",
        description="The address at which administrators reach the console, https:// unless it is on this machine. "
        "Links that `/docs console` gives begin with it.",
    )
    console_trusted_header: Annotated[Text, AfterValidator(header_name)] = Field(
        default="",
        alias="CONSOLE_TRUSTED_HEADER",
        description="A header in which a proxy with single sign-on names who looks, as `slack:U123`. Believed only if "
        "it comes from CONSOLE_TRUSTED_PROXY.",
    )
    console_trusted_proxy: Annotated[Text, AfterValidator(networks)] = Field(
        default="",
        alias="CONSOLE_TRUSTED_PROXY",
        description="Addresses of that proxy, with commas, as `10.0.0.7` or `10.0.0.0/28`.",
    )
    console_shows_private: bool = Field(
        default=False,
        alias="CONSOLE_SHOWS_PRIVATE",
        description="Let administrators read in the console what was asked in private.",
    )
    api_address: Annotated[Text, AfterValidator(host_and_port_or_nothing)] = Field(
        default="",
        alias="API_ADDRESS",
        description="Where `up` serves the HTTP API, as host:port, for example 127.0.0.1:8080. Unset: nowhere.",
    )
    api_open: bool = Field(
        default=False,
        alias="API_OPEN",
        description="Answer programs of this machine without an access token; API_ADDRESS must be on loopback.",
    )
    api_proxies: Annotated[Text, AfterValidator(networks)] = Field(
        default="",
        alias="API_PROXIES",
        description="Addresses or networks of the proxies before API_ADDRESS, with commas: only their X-Forwarded-For "
        "is believed.",
    )
    api_workers: int = Field(
        default=8,
        ge=1,
        le=256,
        alias="API_WORKERS",
        description="Questions and searches of the HTTP API or of MCP at once, apart from those of chat (WORKERS).",
    )
    api_address_limit: int = Field(
        default=20,
        ge=0,
        le=100_000,
        alias="API_ADDRESS_LIMIT",
        description="Calls a minute from one address with a token for web pages; 0: any.",
    )
    who_to_ask: Text = Field(
        default="",
        alias="WHO_TO_ASK",
        description="Whom people may ask where footnote cannot help, with one mention: `<!subteam^S123>` on Slack, "
        "`<@&123>` on Discord, or a channel or a link. Unset: nobody is named. A channel may name somebody else.",
    )
    admins: Annotated[Text, AfterValidator(ids_of_people)] = Field(
        default="",
        alias="ADMINS",
        description="Ids of the Slack and Discord users who may manage sources from chat, with commas: "
        "`U123`, or `slack:U123` for that platform alone. Unset: nobody.",
    )
    recrawl_cron: Annotated[Text, AfterValidator(schedule_text)] = Field(
        default="0 3 * * *",
        alias="RECRAWL_CRON",
        description="When sources without a schedule of their own are crawled again: a cron line in UTC, `every 6h`, "
        "`daily`, `weekly` or `off`.",
    )
    retention_days: int = Field(
        default=30, ge=1, le=3650, alias="RETENTION_DAYS", description="How long questions and answers are kept."
    )
    counts_days: int = Field(
        default=365,
        ge=1,
        le=36500,
        alias="COUNTS_DAYS",
        description="How long counts by day are kept that name nobody: of what models took. Those of people and "
        "channels go after RETENTION_DAYS.",
    )
    user_open_limit: int = Field(
        default=5,
        ge=0,
        le=10_000,
        alias="USER_OPEN_LIMIT",
        description="Questions of one person that may wait for an answer; 0: any number.",
    )
    user_minute_limit: int = Field(
        default=10, ge=0, le=10_000, alias="USER_MINUTE_LIMIT", description="Questions of one person a minute; 0: any."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lower_case)] = Field(
        default="info",
        alias="LOG_LEVEL",
        description="What `footnote up` and `footnote worker` log at least: debug, info, warning or error.",
    )
    log_format: Annotated[Literal["text", "json"], BeforeValidator(lower_case)] = Field(
        default="text",
        alias="LOG_FORMAT",
        description="How they log: `text`, lines for people, or `json`, one object a line. Times are UTC.",
    )
    workers: int = Field(default=32, ge=1, le=256, alias="WORKERS", description="Questions answered at once.")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources of settings; the environment lacks the secrets that an address of `.env` would get.

        The file lacks what says how a host is reached: that is the environment's alone.
        """
        environment = FilteredEnvironment(settings_cls, named["env_settings"], named["dotenv_settings"])
        return named["init_settings"], environment, FilteredFile(settings_cls, named["dotenv_settings"])

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_not_set(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, str) and not value.strip():
            return cls.model_fields[str(info.field_name)].default
        return value

    @property
    def admin_ids(self) -> frozenset[str]:
        """The parsed ADMINS: `"U1, Discord:7"` -> `{"U1", "discord:7"}`."""
        words = [word.strip("<@!>").partition(":") for word in self.admins.replace(",", " ").split()]
        named = {f"{platform.lower()}:{user}" if colon else platform for platform, colon, user in words}
        return frozenset(named - {""})

    @property
    def folder(self) -> Path:
        """FOOTNOTE_HOME as an absolute path. Raises `ConfigurationError` for a user without a home folder."""
        return absolute_folder(self.home)


def load(**overrides: Any) -> Settings:
    """Read the environment and `.env`. Raises `ConfigurationError` naming each wrong setting, not its value."""
    try:
        written = env_file()
        if written and written.unread:
            lines = ", ".join(str(number) for number in written.unread)
            raise ConfigurationError(
                f"The file .env cannot be understood in line {lines}: write NAME=value, or # before a remark."
            )
        for sentence in withheld() if not overrides else ():
            _log.warning(sentence)
        return Settings(**overrides)
    except ValidationError as error:
        wrong = "; ".join(_sentence(str(item["loc"][0]), item["msg"]) for item in error.errors(include_input=False))
        raise ConfigurationError(f"A setting is wrong: {wrong}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("The file .env cannot be read: is it text in UTF-8, and readable?") from error


def env_file() -> EnvFile | None:
    """Return the `.env` of the working folder, where there is one. Raises `OSError`, `UnicodeDecodeError`."""
    return read_env_file(Path(".env"))


def withheld() -> Iterator[str]:
    """Return a sentence for each unused setting of the environment. Raises `OSError`, `UnicodeDecodeError`."""
    written = env_file()
    return explain_withheld(os.environ, written.values if written else {})  # noqa: TID251 - the one reader of it


def names() -> tuple[str, ...]:
    """Return the names of all settings."""
    return tuple(str(field.alias) for field in Settings.model_fields.values())


def child_environment(*more: str) -> dict[str, str]:
    """Return the environment for a process that we start: what it needs to run, but no key, token or address.

    `more` are further names that a program needs.
    """
    environment = os.environ  # noqa: TID251 - this is the one place
    return {name: value for name, value in environment.items() if _FOR_CHILDREN.fullmatch(name) or name in more}


def _sentence(name: str, message: str) -> str:
    """Return what is wrong: `("WORKERS", "Input should ...")` -> `"WORKERS must be a whole number from 1 to 256"`."""
    for field in Settings.model_fields.values():
        bounds = {kind: getattr(item, kind) for item in field.metadata for kind in ("ge", "le") if hasattr(item, kind)}
        if field.alias == name and bounds:
            return f"{name} must be a whole number from {bounds['ge']} to {bounds['le']}"
    return f"{name} " + message.removeprefix("Value error, ").replace("Input should be", "must be").rstrip(".")


def env_example() -> str:
    """Return the text of `.env.example`: every setting with its meaning and its default."""
    parts = ["# Every setting of footnote; none is needed to start. Copy to .env and fill in what you want.\n"]
    for field in Settings.model_fields.values():
        default = "" if isinstance(field.default, SecretStr) else str(field.default)
        parts.append(f"\n# {field.description}\n# {field.alias}={default}\n")
    return "".join(parts)


def reference() -> str:
    """Return the table of `docs/configuration.md`, in markdown."""
    rows = ["| Setting | Default | What it does |", "|---|---|---|"]
    for field in Settings.model_fields.values():
        default = "" if isinstance(field.default, SecretStr) or field.default == "" else f"`{field.default}`"
        rows.append(f"| `{field.alias}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(env_example() if "--env" in sys.argv else reference())
