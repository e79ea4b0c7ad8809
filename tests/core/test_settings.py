from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import Settings, env_example, load
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)


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
        ("SLACK_BOT_TOKEN", "xapp-1", "SLACK_APP_TOKEN"),
        ("SLACK_APP_TOKEN", "xoxb-1", "SLACK_BOT_TOKEN"),
    ],
)
def test_a_wrong_setting_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=says):
        load()


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://user:hunter2@h/db")
    with pytest.raises(ConfigurationError) as caught:
        load()
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.__cause__)
