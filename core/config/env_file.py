"""The file `.env` as a person wrote it: lines that cannot be read, and names that resemble a setting but are none.

`core.config.settings` reads the values. This module finds what somebody meant and would not get, and which secrets of
the environment may not go where the file says: it lies in the working folder, which may be a stranger's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

CLOSE = 0.8
"""The cutoff of `difflib`: SLACK_TOKEN is close to SLACK_BOT_TOKEN, POSTGRES_PASSWORD to nothing."""

SECRETS_BY_ADDRESS: Mapping[str, tuple[str, ...]] = {
    "OPENAI_BASE_URL": (
        "OPENAI_API_KEY",
        "CHAT_API_KEY",
        "EMBEDDING_API_KEY",
        "AZURE_OPENAI_AD_TOKEN",
        "OPENAI_CUSTOM_HEADERS",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
    ),
    "CHAT_BASE_URL": ("CHAT_API_KEY",),
    "EMBEDDING_BASE_URL": ("EMBEDDING_API_KEY",),
    "COHERE_BASE_URL": ("COHERE_API_KEY",),
    "RERANK_BASE_URL": ("RERANK_API_KEY",),
    "SLACK_API_URL": ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"),
    "DISCORD_API_URL": ("DISCORD_BOT_TOKEN",),
    "DATABASE_URL": ("CRAWL_HEADERS",),
    "FOOTNOTE_HOME": ("CRAWL_HEADERS",),
}
"""Settings that hold an address, and the secrets that are sent there. A database decides which sites get headers."""

_OWN_ADDRESS = {"CHAT_API_KEY": "CHAT_BASE_URL", "EMBEDDING_API_KEY": "EMBEDDING_BASE_URL"}
"""Secrets that go to an address of their own where there is one, and nowhere else."""

_WITH_FILES = ("OPENAI_API_KEY", "CHAT_API_KEY", "EMBEDDING_API_KEY", "AZURE_OPENAI_AD_TOKEN")
KEY_FILES = tuple(f"{name}_FILE" for name in _WITH_FILES)
"""Files that hold a key. They are secrets as the keys are: they go where the key would go."""

ENVIRONMENT_ALONE = ("HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", *KEY_FILES)
"""How a host is reached, and which file is sent to one: a `.env`, which may be a stranger's, has no say in it."""


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The values of a `.env`. `unread`: the numbers of the lines that cannot be understood, from 1."""

    path: Path
    values: Mapping[str, str]
    unread: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the file sets."""
        return tuple(self.values)

    def find_misspelt(self, known: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield names not in `known`, each with the one it may mean: `("SLACK_TOKEN", "SLACK_BOT_TOKEN")`."""
        for name in self.names:
            close = get_close_matches(name.upper(), known, 1, CLOSE)
            if name not in known and close:
                yield name, close[0]


def read_env_file(path: Path) -> EnvFile | None:
    """Return the parsed file, or None where there is none. Raises `OSError`, `UnicodeDecodeError`."""
    if not path.is_file():
        return None
    with path.open(encoding="utf-8") as text:
        lines = list(parse_stream(text))
    return EnvFile(
        path.absolute(),
        {line.key: line.value or "" for line in lines if line.key},
        tuple(line.original.line for line in lines if line.error),
    )


def find_withheld_secrets(environment: Mapping[str, str], file: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets of the environment that would go to an address of the file, each with that address's name.

    `{"OPENAI_API_KEY": "k"}, {"OPENAI_BASE_URL": "https://x/v1"}` -> `{"OPENAI_API_KEY": "OPENAI_BASE_URL"}`
    """
    return {
        secret: address
        for address, secrets in SECRETS_BY_ADDRESS.items()
        if address not in environment and file.get(address, "").strip()
        for secret in (*secrets, *(name for name in KEY_FILES if name.removesuffix("_FILE") in secrets))
        if _goes_to(secret, address, environment, file)
        if environment.get(secret, "").strip() and environment[secret].strip() != file.get(secret, "").strip()
    }


def _goes_to(secret: str, address: str, environment: Mapping[str, str], file: Mapping[str, str]) -> bool:
    own = _OWN_ADDRESS.get(secret.removesuffix("_FILE"), address)
    return own == address or not (environment.get(own, "").strip() or file.get(own, "").strip())


def explain_withheld(environment: Mapping[str, str], file: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each withheld secret: that it is not used, why, and what to do; never its value."""
    for secret, address in find_withheld_secrets(environment, file).items():
        yield (
            f"{secret} of the environment is not used: {address} comes from .env, and what the environment holds is "
            "not sent where a file in the working folder says. Write both into .env, or set both in the environment."
        )
    for name in ENVIRONMENT_ALONE:
        if file.get(name, "").strip():
            what = "which file holds a key" if name in KEY_FILES else "how a host is reached"
            yield f"{name} of .env is not used: {what} is read from the environment alone."


class FilteredEnvironment(PydanticBaseSettingsSource):
    """The environment, without the secrets that an address of the folder's `.env` would get."""

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        environment: PydanticBaseSettingsSource,
        file: PydanticBaseSettingsSource,
    ) -> None:
        super().__init__(settings_cls)
        self._environment, self._file = environment, file

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Return one setting; never called, since all are read at once."""
        return self._environment.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """Return the settings by name, without those that are withheld."""
        environment = _known_names(self.settings_cls, self._environment())
        environment = {**_lower_case_names(self._environment), **environment}
        withheld = find_withheld_secrets(environment, self._file())
        return {name: value for name, value in environment.items() if name not in withheld}


class FilteredFile(PydanticBaseSettingsSource):
    """The folder's `.env`, without what only the environment may say."""

    def __init__(self, settings_cls: type[BaseSettings], file: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._file = file

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Return one setting; never called, since all are read at once."""
        return self._file.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """Return the settings by name."""
        settings = _known_names(self.settings_cls, self._file())
        return {name: value for name, value in settings.items() if name not in ENVIRONMENT_ALONE}


def _known_names(settings_cls: type[BaseSettings], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that are written as they are called.

    pydantic also takes the names of fields, `openai_base_url`: an address under such a name would get the secrets of
    the environment unnoticed.
    """
    names = {str(field.alias) for field in settings_cls.model_fields.values()}
    return {name: value for name, value in settings.items() if name in names}


def _lower_case_names(environment: PydanticBaseSettingsSource) -> dict[str, str]:
    """Return what is written in lower case, as many write it: https_proxy, no_proxy."""
    variables = environment.env_vars if isinstance(environment, EnvSettingsSource) else {}
    return {name: value for name in ENVIRONMENT_ALONE if (value := variables.get(name.lower()))}
