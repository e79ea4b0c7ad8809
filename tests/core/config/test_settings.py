from __future__ import annotations

from pathlib import Path

import pytest

from core.config.settings import Settings, env_example, load
from core.errors import ConfigurationError
from core.health import Health, check_settings
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("nothing_set")


def test_env_example_is_the_settings_written_out() -> None:
    assert (ROOT / ".env.example").read_text("utf-8") == env_example()


def test_nothing_needs_to_be_set() -> None:
    assert load().workers == 32


def test_an_empty_key_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "  ")
    assert load().openai_api_key.get_secret_value() == ""


def test_a_dotenv_file_in_the_working_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHAT_MODEL=some-model\n", "utf-8")
    assert load().chat_model == "some-model"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("WORKERS", "0", "WORKERS must be a whole number from 1 to 256"),
        ("WORKERS", "1e9", "WORKERS must be a whole number from 1 to 256"),
        ("DATABASE_URL", "mysql://h/db", "DATABASE_URL must start with postgresql://"),
        ("OPENAI_BASE_URL", "localhost:11434", "OPENAI_BASE_URL must be an http:// or https:// url"),
        ("OPENAI_BASE_URL", "http://db..example.org/v1", "OPENAI_BASE_URL must name a host that can be looked up"),
        ("SLACK_API_URL", f"https://{'a' * 64}.org/", "SLACK_API_URL must name a host that can be looked up"),
        ("DISCORD_API_URL", "https://example.org:99999/", "DISCORD_API_URL must name a port from 1 to 65535"),
        ("COHERE_BASE_URL", "https://[::1", "COHERE_BASE_URL must be an http:// or https:// url"),
        ("HEALTH_ADDRESS", "db..example.org:80", "HEALTH_ADDRESS must be host:port"),
        ("HEALTH_ADDRESS", "127.0.0.1:80:90", "HEALTH_ADDRESS must be host:port"),
        ("API_ADDRESS", f"{'a' * 64}:80", "API_ADDRESS must be host:port"),
        ("CONSOLE_ADDRESS", "a..b:80", "CONSOLE_ADDRESS must be host:port"),
        ("SLACK_BOT_TOKEN", "xapp-1", "SLACK_APP_TOKEN"),
        ("SLACK_APP_TOKEN", "xoxb-1", "SLACK_BOT_TOKEN"),
    ],
)
def test_a_wrong_setting_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=says):
        load()


@pytest.mark.parametrize(
    "value",
    [
        *("*", "slack:*", "discord:*", "U*", "U1,*", "everyone", "@everyone", "<!everyone>", "all", "slack:everyone"),
        *("slack:", ":U1", "slack::U1", "U1,slack:", "<@>", "teams:U1", "U1:slack", "T0123", "C0123", "slack:T1/U1"),
        *("bob", "bob@example.org", "-1", "1.0", "\u0661\u0662", "U", "U1\u200b"),
    ],
)
def test_an_administrator_who_is_no_person_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ADMINS", value)
    with pytest.raises(ConfigurationError, match=r"ADMINS must name people by their ids.*no word for everybody"):
        load()


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("U0123, slack:W45 Discord:81384788765712384", {"U0123", "slack:W45", "discord:81384788765712384"}),
        ("<@U0123>,<@!81384788765712384>", {"U0123", "81384788765712384"}),
        (" , ,", set()),
        ("U_ADMIN", {"U_ADMIN"}),
    ],
)
def test_administrators_are_people_by_their_ids(monkeypatch: pytest.MonkeyPatch, value: str, ids: set[str]) -> None:
    monkeypatch.setenv("ADMINS", value)
    assert load().admin_ids == ids


@pytest.mark.parametrize("value", ["[::1]:8321", "localhost:1", "0.0.0.0:8321", "bücher.example:80"])
def test_an_address_may_be_of_any_kind(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HEALTH_ADDRESS", value)
    assert load().health_address == value


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://user:hunter2@h/db")
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.__cause__)


@pytest.mark.parametrize("around", ['"{}"', "'{}'", "{}\nx", "{} x", "Bot {}", "{}\u200b", "{}\u00e4"])
@pytest.mark.parametrize(
    "name", ["SLACK_BOT_TOKEN", "DISCORD_BOT_TOKEN", "SLACK_SIGNING_SECRET", "OPENAI_API_KEY", "COHERE_API_KEY"]
)
def test_a_token_is_copied_alone(monkeypatch: pytest.MonkeyPatch, name: str, around: str) -> None:
    monkeypatch.setenv(name, around.format("xoxb-hunter2"))
    with pytest.raises(ConfigurationError, match=f"{name} holds a quote, a blank or another letter") as caught:
        load()
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv(name, " xoxb-hunter2\n")
    load()


def test_a_blank_setting_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.setenv(str(field.alias), " ")
    assert load() == Settings(_env_file=None, **{str(f.alias): f.default for f in Settings.model_fields.values()})


def test_a_blank_in_the_environment_hides_what_the_file_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-file\nWORKERS=\n", "utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert (load().openai_api_key.get_secret_value(), load().workers) == ("", 32)


def test_a_dotenv_file_may_have_come_from_windows(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b'CHAT_MODEL="some-model"\r\nRETENTION_DAYS=7 # a week\r\n\r\n')
    assert (load().chat_model, load().retention_days) == ("some-model", 7)


def test_a_line_that_says_nothing_is_told_by_its_number(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# ours\nOPENAI_API_KEY: sk-hunter2\nWORKERS=4\nRETENTION_DAYS 7\n", "utf-8")
    with pytest.raises(ConfigurationError, match="line 2, 4: write NAME=value") as caught:
        load()
    assert "hunter2" not in str(caught.value)


def test_doctor_says_which_file_is_read_and_what_in_it_does_nothing(tmp_path: Path) -> None:
    assert next((check.health, check.says) for check in check_settings(load())) == (
        Health.OK,
        f"from the environment; {tmp_path} has no .env",
    )
    names = "SLACK_TOKEN=xoxb-1\nretention_days=7\nPOSTGRES_PASSWORD=x\nWORKERS=4\n"
    (tmp_path / ".env").write_text(names, "utf-8")
    where, *notes = [check for check in check_settings(load()) if check.subject == "settings"]
    assert where.says == f"from the environment and {tmp_path / '.env'}"
    assert [(note.health, note.says.split()[0], note.says.split()[-2]) for note in notes] == [
        (Health.NOTE, "SLACK_TOKEN", "SLACK_BOT_TOKEN"),
        (Health.NOTE, "retention_days", "RETENTION_DAYS"),
    ]
