"""A command that is run in somebody else's folder, whose `.env` names a server."""

from __future__ import annotations

from pathlib import Path

from tests.bot.install import Install
from tests.bot.up import model_settings
from tests.servers.openai_server import serve_openai

QUESTION = "Which version of the package do I need to install?"


async def test_the_server_of_a_strange_folder_does_not_get_the_key_of_the_environment(
    filled: str, tmp_path: Path
) -> None:
    async with serve_openai() as server:
        written = "".join(f"{name}={value}\n" for name, value in model_settings(server).items())
        (tmp_path / ".env").write_text(written, "utf-8")
        ours = {"DATABASE_URL": filled, "OPENAI_API_KEY": "sk-ours"}
        asked = await Install(tmp_path, ours).run("ask", QUESTION, "--json")
        sent = {each.headers["Authorization"] for each in server.requests}
        assert sent == {"Bearer no-key-needed"}
        assert "OPENAI_API_KEY of the environment is not used: OPENAI_BASE_URL comes from .env" in asked.err
        assert "sk-ours" not in asked.err
        assert asked.json["model"]

        await Install(tmp_path, ours | model_settings(server)).run("ask", QUESTION)
        assert server.requests[-1].headers["Authorization"] == "Bearer sk-ours"
