"""A company's network: everything behind a proxy whose certificates its own authority signed, the real process."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.bot.install import Install
from tests.bot.up import slack_settings
from tests.servers.cohere_server import serve_cohere
from tests.servers.discord.server import serve_discord
from tests.servers.openai_server import serve_openai
from tests.servers.proxy import ProxyServer, make_authority, serve_proxy
from tests.servers.slack import serve_slack

HOSTS = ("gateway.example", "slack.example", "discord.example", "rerank.example")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return make_authority(tmp_path_factory.mktemp("authority"), *HOSTS)


@pytest.fixture
async def network(authority: tuple[Path, ssl.SSLContext]) -> AsyncIterator[tuple[ProxyServer, dict[str, str]]]:
    """Serve models, Slack and Discord behind a proxy. -> it, and the settings that name them by their hosts."""
    async with AsyncExitStack() as closing:
        models = await closing.enter_async_context(serve_openai())
        cohere = await closing.enter_async_context(serve_cohere())
        slack = await closing.enter_async_context(serve_slack())
        discord = await closing.enter_async_context(serve_discord())
        chat = slack_settings(slack)
        reached = dict(
            zip(HOSTS, (models.base_url, chat["SLACK_API_URL"], discord.api_url, cohere.base_url), strict=True)
        )
        ports = {f"{host}:443": urlsplit(url).port or 0 for host, url in reached.items()}
        proxy = await closing.enter_async_context(serve_proxy(ports, authority[1]))
        moved = {host: urlsplit(url)._replace(scheme="https", netloc=host).geturl() for host, url in reached.items()}
        yield (
            proxy,
            chat
            | {
                "OPENAI_BASE_URL": moved["gateway.example"],
                "CHAT_MODEL": "served-model",
                "COHERE_API_KEY": "co-key",
                "COHERE_BASE_URL": moved["rerank.example"],
                "SLACK_API_URL": moved["slack.example"],
                "DISCORD_API_URL": moved["discord.example"],
                "DISCORD_BOT_TOKEN": discord.token,
            },
        )


async def doctor(folder: Path, dsn: str, settings: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Run doctor. -> the first check of each subject: (health, sentence)."""
    ended = await Install(folder, {"DATABASE_URL": dsn, **settings}).run("doctor", "--json")
    checks: dict[str, tuple[str, str]] = {}
    for check in ended.json["checks"]:
        checks.setdefault(check["subject"], (check["health"], check["says"]))
    return checks


async def test_doctor_and_a_question_get_through_a_proxy_with_the_companys_authority(
    filled: str, tmp_path: Path, authority: tuple[Path, ssl.SSLContext], network: tuple[ProxyServer, dict[str, str]]
) -> None:
    proxy, settings = network
    settings |= {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(authority[0])}
    checks = await doctor(tmp_path, filled, settings)
    assert {checks[subject][0] for subject in ("reader", "reranker", "slack", "discord")} == {"ok"}, checks
    assert set(proxy.asked) == {f"{host}:443" for host in HOSTS}
    asked = await Install(tmp_path, {"DATABASE_URL": filled, **settings}).run("ask", "How do I install it?", "--json")
    assert asked.json["model"] == "served-model"
    assert asked.json["faults"] == []


@pytest.mark.parametrize(
    ("trusted", "proxied", "says"),
    [(False, True, "SSL_CERT_FILE"), (True, False, "OPENAI_BASE_URL")],
    ids=["without the authority", "without the proxy"],
)
async def test_without_them_one_sentence_names_the_cause(
    filled: str,
    tmp_path: Path,
    authority: tuple[Path, ssl.SSLContext],
    network: tuple[ProxyServer, dict[str, str]],
    *,
    trusted: bool,
    proxied: bool,
    says: str,
) -> None:
    proxy, settings = network
    settings |= {"HTTPS_PROXY": proxy.url} if proxied else {}
    settings |= {"SSL_CERT_FILE": str(authority[0])} if trusted else {}
    checks = await doctor(tmp_path, filled, settings)
    for subject in ("reader", "slack", "discord"):
        assert checks[subject][0] == "fail", checks
        assert trusted or says in checks[subject][1]
    assert says in checks["reader"][1]
