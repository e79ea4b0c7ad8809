"""Keys in files that something else renews, through the real SDK against a server that takes the current one alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest

from core.answer.prompt import Style
from core.config.env_file import explain_withheld
from core.config.key_file import KeyFile
from core.config.settings import Settings, load
from core.domain import Question
from core.errors import ConfigurationError, ModelError
from core.model_wiring import choose_reader
from core.models.openai_client import ModelServer
from core.models.openai_reader import OpenAIReader
from core.ports import Reading
from tests.core.models.test_openai_reader import LIMITS
from tests.fakes import hit
from tests.servers.openai_server import serve_openai, text
from tests.servers.scripted import ScriptedServer, status

READING = Reading(Question("Which port?"), (hit("It listens on port 5173."),))


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as served:
        yield served


def replace_file(path: Path, written: str) -> None:
    """Replace a file as a mounted secret is replaced: by another file under the same name."""
    new = path.with_suffix(".new")
    new.write_text(written)
    Path(new).replace(path)


async def read(reader: OpenAIReader) -> str:
    return "".join([piece async for piece in reader.read(READING) if isinstance(piece, str)])


@pytest.mark.parametrize("version", ["", "2024-10-21"])
async def test_a_key_that_was_renewed_goes_with_the_next_request(
    server: ScriptedServer, tmp_path: Path, version: str
) -> None:
    path = tmp_path / "token"
    path.write_text("first-canary\n")
    keys = KeyFile(str(path))
    url = server.base_url.removesuffix("/v1") if version else server.base_url
    where = ModelServer(keys.read(), url, api_version=version, key_file=keys)
    async with aclosing(OpenAIReader(where, model="m", style=Style(), budget=6_000, limits=LIMITS)) as reader:
        server.script(text("It is 5173 [1]."))
        assert await read(reader) == "It is 5173 [1]."
        server.script(status(401))  # the server takes the first one no longer
        with pytest.raises(ModelError):
            await read(reader)
        replace_file(path, "second-canary")
        server.script(text("It is 5173 [1]."))
        assert await read(reader) == "It is 5173 [1]."
        path.unlink()
        server.script(text("It is 5173 [1]."))
        assert await read(reader) == "It is 5173 [1].", "while the file is replaced, the key of before stays"
    names = ["authorization", *(["api-key"] if version else [])]
    sent = [[request.headers[name].removeprefix("Bearer ") for name in names] for request in server.requests]
    assert [each[0] for each in sent] == ["first-canary", "first-canary", "second-canary", "second-canary"]
    assert all(len(set(each)) == 1 for each in sent)
    assert {"first-canary", "second-canary"} <= set(where.secrets)


async def test_an_entra_token_is_read_again_and_sent_as_a_bearer_token(server: ScriptedServer, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("first-canary")
    ours = Settings(
        _env_file=None,
        OPENAI_BASE_URL=server.base_url.removesuffix("/v1"),
        OPENAI_API_VERSION="2024-10-21",
        AZURE_OPENAI_AD_TOKEN_FILE=str(path),
        CHAT_MODEL="chat",
    )
    async with AsyncExitStack() as closing:
        reader = await choose_reader(ours, closing)
        await reader.standalone(Question("and then?"))
        replace_file(path, "second-canary")
        await reader.standalone(Question("and then?"))
    assert [asked.headers["Authorization"] for asked in server.requests] == [
        "Bearer first-canary",
        "Bearer second-canary",
    ]
    assert not any("api-key" in asked.headers for asked in server.requests)


def test_a_setting_takes_its_key_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("canary\n")
    path = str(tmp_path / "key")
    settings = Settings(_env_file=None, OPENAI_API_KEY="other", OPENAI_API_KEY_FILE=path)
    assert settings.openai_api_key.get_secret_value() == "canary"
    assert (
        Settings(_env_file=None, AZURE_OPENAI_AD_TOKEN_FILE=path).azure_openai_ad_token.get_secret_value() == "canary"
    )


@pytest.mark.parametrize("written", [None, "", "two words", "one\ntwo", "caf\u00e9"])
def test_a_file_without_a_key_is_a_wrong_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "key"
    if written is not None:
        path.write_text(written, "utf-8")
    monkeypatch.setenv("CHAT_API_KEY_FILE", str(path))
    with pytest.raises(ConfigurationError, match="CHAT_API_KEY_FILE names a file that") as caught:
        load()
    assert written is None or not written or written not in str(caught.value)


def test_a_file_of_keys_is_named_by_the_environment_alone_and_goes_where_its_key_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_text("canary")
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY_FILE={tmp_path / 'key'}\n")
    assert load().openai_api_key.get_secret_value() == ""
    (tmp_path / ".env").write_text("OPENAI_BASE_URL=https://stranger.example/v1\n")
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(tmp_path / "key"))
    assert load().openai_api_key.get_secret_value() == ""
    sentences = list(explain_withheld({"OPENAI_API_KEY_FILE": "x"}, {"OPENAI_BASE_URL": "https://stranger.example/v1"}))
    assert "OPENAI_API_KEY_FILE of the environment is not used" in sentences[0]
