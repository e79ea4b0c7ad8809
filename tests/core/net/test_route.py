"""How hosts are reached: the proxy, its exceptions, the authorities that are trusted."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.config.settings import load
from core.domain import Question, Turn
from core.errors import ConfigurationError, ModelUnavailable
from core.model_wiring import choose_embedder, choose_reader, choose_reranker
from core.models.openai_client import ModelServer
from core.models.openai_embedder import OpenAIEmbedder
from core.net.route import Route, explain_unreachable, parse_no_proxy
from tests.fakes import hit
from tests.servers.cohere_server import serve_cohere
from tests.servers.openai_server import serve_openai
from tests.servers.proxy import ProxyServer, make_authority, serve_proxy

pytestmark = pytest.mark.usefixtures("nothing_set")

PROXY = "http://user:pass@proxy.example:3128"
FOLLOW_UP = Question("And then?", (Turn("How?", "So."),))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return make_authority(tmp_path_factory.mktemp("authority"), "gateway.example", "rerank.example", "127.0.0.1")


@pytest.fixture
async def proxy(authority: tuple[Path, ssl.SSLContext]) -> AsyncIterator[ProxyServer]:
    async with serve_proxy({}, authority[1]) as served:
        yield served


@pytest.mark.parametrize(
    ("no_proxy", "url", "proxied"),
    [
        ("", "https://api.example.org/v1", True),
        ("", "wss://gateway.example.org/", True),
        ("", "http://gpu.example.org/v1", False),
        ("", "https://127.0.0.1:8000/v1", False),
        ("", "https://[::1]/v1", False),
        ("", "https://localhost/v1", False),
        ("api.example.org", "https://api.example.org/v1", False),
        ("example.org", "https://api.example.org/v1", False),
        (".example.org", "https://api.example.org/v1", False),
        ("*.example.org", "https://API.example.org./v1", False),
        ("ample.org", "https://api.example.org/v1", True),
        ("other.example, 10.0.0.0/8", "https://10.1.2.3/v1", False),
        ("10.0.0.0/8", "https://11.1.2.3/v1", True),
        ("api.example.org:8443", "https://api.example.org/v1", True),
        ("api.example.org:8443", "https://api.example.org:8443/v1", False),
        ("*", "https://api.example.org/v1", False),
        (" , ,", "https://api.example.org/v1", True),
        ("", "https://[broken/v1", False),
    ],
)
def test_https_goes_through_the_proxy_but_what_is_excepted_and_never_loopback(
    no_proxy: str, url: str, *, proxied: bool
) -> None:
    assert Route(PROXY, parse_no_proxy(no_proxy)).proxy_for(url) == (PROXY if proxied else "")
    assert Route().proxy_for(url) == ""


def test_a_file_of_authorities_that_is_none_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("no certificate", "utf-8")
    for name in ("text.pem", "missing.pem"):
        with pytest.raises(ConfigurationError, match="SSL_CERT_FILE cannot be used"):
            Route(ca_file=str(tmp_path / name)).open_tls()
    assert Route().open_tls() is None


def test_a_file_of_authorities_is_read_once_and_again_when_it_has_changed(
    authority: tuple[Path, ssl.SSLContext], tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(authority[0].read_bytes())
    route = Route(ca_file=str(file))
    first = route.open_tls()
    assert first is not None
    assert route.open_tls() is first
    os.utime(file, ns=(0, 0))
    assert route.open_tls() is not first


@pytest.mark.parametrize("spelt", [str.upper, str.lower])
def test_how_hosts_are_reached_is_read_from_the_environment_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, spelt: type[str]
) -> None:
    (tmp_path / ".env").write_text(f"HTTPS_PROXY={PROXY}\nSSL_CERT_FILE=/ca.pem\nNO_PROXY=*\n", "utf-8")
    assert load().route == Route()
    assert sum("of .env is not used: how a host is reached" in each for each in caplog.messages) == 3
    assert "pass@" not in caplog.text
    for name, value in {"HTTPS_PROXY": PROXY, "NO_PROXY": ".corp,10.0.0.0/8", "SSL_CERT_FILE": "/x.pem"}.items():
        monkeypatch.setenv(spelt(name), value)
    assert load().route == Route(PROXY, (".corp", "10.0.0.0/8"), "/x.pem")


async def test_models_are_asked_through_a_proxy_whose_authority_is_trusted(
    proxy: ProxyServer, authority: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve_openai() as models, serve_cohere() as cohere, AsyncExitStack() as closing:
        proxy.hosts |= {"gateway.example:443": _port(models.base_url), "rerank.example:443": _port(cohere.base_url)}
        for name, value in {
            "OPENAI_BASE_URL": "https://gateway.example/v1",
            "EMBEDDING_MODEL": "nomic",
            "CHAT_MODEL": "m",
            "COHERE_BASE_URL": "https://rerank.example",
            "COHERE_API_KEY": "co",
            "HTTPS_PROXY": proxy.url,
            "SSL_CERT_FILE": str(authority[0]),
        }.items():
            monkeypatch.setenv(name, value)
        settings = load()
        await (await choose_embedder(settings, None, closing)).embed_query("a question")
        assert await (await choose_reader(settings, closing)).standalone(FOLLOW_UP)
        reranker = await choose_reranker(settings, closing)
        assert reranker is not None
        assert await reranker.rerank("a question", [hit("a"), hit("b")])
        assert len(models.requests) == 2
    assert set(proxy.asked) == {"gateway.example:443", "rerank.example:443"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("certificate verify failed: certificate has expired", "has expired: it must be renewed there"),
        ("certificate verify failed: certificate is not yet valid", "the clock of this machine"),
        ("certificate verify failed: Hostname mismatch, certificate is not valid for 'a'", "for another name"),
        ("certificate verify failed: IP address mismatch, certificate is not valid for '::1'", "for another name"),
        ("certificate verify failed: self-signed certificate", "not trusted: set SSL_CERT_FILE"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "speaks no TLS there: is its url one of http://?"),
    ],
)
def test_a_failure_of_tls_is_told_by_its_cause(words: str, says: str) -> None:
    failed = ConnectionError("no connection")
    failed.__cause__ = ssl.SSLError(1, f"{words} (_ssl.c:1006)")
    assert says in explain_unreachable(failed)


@pytest.mark.parametrize(
    ("trusted", "host", "says"),
    [(False, "gateway.example", "SSL_CERT_FILE"), (True, "other.example", "HTTPS_PROXY")],
    ids=["authority not trusted", "proxy refuses"],
)
async def test_what_keeps_a_model_from_being_reached_is_named(
    proxy: ProxyServer, authority: tuple[Path, ssl.SSLContext], *, trusted: bool, host: str, says: str
) -> None:
    async with serve_openai() as models:
        proxy.hosts["gateway.example:443"] = _port(models.base_url)
        route = Route(proxy.url, ca_file=str(authority[0]) if trusted else "")
        embedder = OpenAIEmbedder(ModelServer("key", f"https://{host}/v1", route=route), model="m")
        async with aclosing(embedder):
            with pytest.raises(ModelUnavailable, match=says):
                await embedder.embed_query("a question")
        assert not models.requests


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
