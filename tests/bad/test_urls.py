"""Urls of ../shared: refused by the policy, or by the guard when their name is looked up; no socket is opened."""

from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from core.errors import UrlRefused
from core.net.urls import check_url
from ingest.web.fetch import Fetcher
from ingest.web.guard import Guard
from ingest.web.results import FetchLimits, FetchRequest, Refused
from tests.bad.inputs import LATER, TESTED, Bad, bad, surfaces

pytestmark = pytest.mark.shared


class Names(AbstractResolver):
    """A resolver that answers every look-up with these addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0)
            for each in self.addresses
        ]

    async def close(self) -> None:
        pass


def guard_with(names: Names) -> Guard:
    """Return a guard of a public source whose look-ups are answered here."""
    guard = Guard(["https://docs.example/"])
    guard._resolver = names
    return guard


def test_every_surface_of_the_file_is_tested_or_comes_later() -> None:
    assert surfaces() == TESTED | LATER


@bad("ingest.url")
async def test_a_url_that_must_not_be_asked_opens_no_socket(bad: Bad) -> None:
    guard = guard_with(Names("127.0.0.1", "10.0.0.1"))
    async with Fetcher(guard, user_agent="footnote-bot/test", limits=FetchLimits(tries=1)) as fetcher:
        answer = await fetcher.get(FetchRequest(bad.text))
    assert answer == Refused(bad.text, "address not allowed")
    assert guard.dialled == 0


@bad("ingest.url")
def test_what_an_operator_is_told_holds_no_query(bad: Bad) -> None:
    if bad.text.endswith(".nip.io/"):
        check_url(bad.text)  # only a look-up can tell that this name leads to loopback
        return
    with pytest.raises(UrlRefused) as refused:
        check_url(bad.text + "?token=canary")
    assert "canary" not in str(refused.value)
    assert str(refused.value).endswith((".", ")."))
