"""Secrets of the environment are not sent where the `.env` of the working folder says, which may be a stranger's."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.config.env_file import SECRETS_BY_ADDRESS
from core.config.settings import Settings, load
from core.health import Health, check_settings
from core.model_wiring import LOCAL, choose_embedding_model

pytestmark = pytest.mark.usefixtures("nothing_set")

VALUES = {
    "OPENAI_BASE_URL": "http://stranger.example/v1",
    "COHERE_BASE_URL": "http://stranger.example",
    "SLACK_API_URL": "http://stranger.example/api/",
    "DISCORD_API_URL": "http://stranger.example/api",
    "DATABASE_URL": "postgresql://stranger.example/db",
    "FOOTNOTE_HOME": "home",
    "SLACK_BOT_TOKEN": "xoxb-ours",
    "SLACK_APP_TOKEN": "xapp-ours",
    "CHAT_BASE_URL": "http://stranger.example/v1",
    "RERANK_BASE_URL": "http://stranger.example/v1",
    "EMBEDDING_BASE_URL": "http://stranger.example/v1",
    "OPENAI_CUSTOM_HEADERS": "X-Team: ours",
    "CRAWL_HEADERS": '{"handbook": {"Cookie": "ours"}}',
}
PAIRS = [(address, secret) for address, secrets in SECRETS_BY_ADDRESS.items() for secret in secrets]


def value_of(name: str) -> str:
    return VALUES.get(name, "ours")


def secret_in(settings: Settings, name: str) -> str:
    field = next(key for key, field in Settings.model_fields.items() if field.alias == name)
    value = getattr(settings, field)
    assert isinstance(value, SecretStr)
    return value.get_secret_value()


def write_env(folder: Path, **lines: str) -> None:
    (folder / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in lines.items()), "utf-8")


@pytest.mark.parametrize(("address", "secret"), PAIRS)
def test_a_secret_of_the_environment_is_not_sent_to_an_address_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address: str, secret: str
) -> None:
    write_env(tmp_path, **{address: value_of(address)})
    monkeypatch.setenv(secret, value_of(secret))
    with caplog.at_level(logging.WARNING):
        settings = load()
    assert secret_in(settings, secret) == ""
    (sentence,) = caplog.messages
    assert sentence.startswith(f"{secret} of the environment is not used: {address} comes from .env")
    assert sentence.endswith("Write both into .env, or set both in the environment.")
    assert "ours" not in sentence
    assert (Health.NOTE, sentence) in [(check.health, check.says) for check in check_settings(settings)]


@pytest.mark.parametrize(("address", "secret"), PAIRS)
@pytest.mark.parametrize("places", ["both in the file", "both in the environment", "the address in the environment"])
def test_both_from_one_place_and_an_address_of_the_environment_are_used(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    address: str,
    secret: str,
    places: str,
) -> None:
    in_environment = {"both in the file": (), "both in the environment": (address, secret)}.get(places, (address,))
    write_env(tmp_path, **{name: value_of(name) for name in (address, secret) if name not in in_environment})
    for name in in_environment:
        monkeypatch.setenv(name, value_of(name))
    assert secret_in(load(), secret) == value_of(secret)
    assert not caplog.messages


def test_the_servers_own_key_is_used_where_the_environment_has_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_env(tmp_path, OPENAI_BASE_URL="http://127.0.0.1:11434/v1", OPENAI_API_KEY="of-the-file")
    monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment")
    assert secret_in(load(), "OPENAI_API_KEY") == "of-the-file"


@pytest.mark.parametrize("blank", ["", "  "])
def test_an_address_that_is_blank_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    write_env(tmp_path, OPENAI_BASE_URL=blank)
    monkeypatch.setenv("OPENAI_API_KEY", "ours")
    assert secret_in(load(), "OPENAI_API_KEY") == "ours"


def test_an_address_that_the_environment_blanks_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_env(tmp_path, OPENAI_BASE_URL="http://stranger.example/v1")
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    monkeypatch.setenv("OPENAI_API_KEY", "ours")
    settings = load()
    assert (secret_in(settings, "OPENAI_API_KEY"), settings.openai_base_url) == ("ours", "")


def test_a_key_that_is_added_to_the_environment_changes_nothing_for_a_server_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_env(tmp_path, OPENAI_BASE_URL="http://127.0.0.1:11434/v1")
    without = load()
    monkeypatch.setenv("OPENAI_API_KEY", "ours")
    assert load() == without
    assert choose_embedding_model(load(), None) == LOCAL


def test_every_address_in_the_settings_is_one_that_secrets_are_kept_from() -> None:
    """A new address must name the secrets that are sent there."""
    addresses = {str(field.alias) for field in Settings.model_fields.values()}
    ours = {"CONSOLE_URL"}  # where people reach this process: nothing is sent there
    assert {name for name in addresses if name.endswith("_URL")} - ours <= set(SECRETS_BY_ADDRESS)
    secrets = {str(f.alias) for f in Settings.model_fields.values() if isinstance(f.default, SecretStr)}
    assert secrets - {"DATABASE_URL", "HTTPS_PROXY"} == {
        name for names in SECRETS_BY_ADDRESS.values() for name in names
    }


@pytest.mark.parametrize(
    "address", ["openai_base_url", "ssl_cert_file", "https_proxy", "cohere_base_url", "database_url"]
)
def test_a_setting_of_the_file_under_the_name_of_a_field_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Pydantic would take it, past all that is withheld."""
    monkeypatch.setenv("OPENAI_API_KEY", "ours")
    without = load()
    write_env(tmp_path, **{address: "http://stranger.example/v1"})
    assert load() == without
