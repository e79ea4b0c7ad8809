"""`ingest.web.guard`: no socket to an address that is not public, unless an operator named its endpoint."""

from __future__ import annotations

import socket

import pytest

from core.errors import UrlRefused
from ingest.web.guard import AddressInfo, AddressRefused, Guard
from ingest.web.results import FetchRequest, Refused
from tests.ingest.crawling import fetcher_of
from tests.servers.site import DocSite, page, serve_site

FACT_9 = ["64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::127.0.0.1", "fec0::1", "168.63.129.16", "192.0.0.8", "224.0.0.1"]
PRIVATE = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1"]
WRAPPED = ["::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "fe80::1", "fd00::1", "255.255.255.255", "198.18.0.1", "2001:db8::1"]


def info(address: str, port: int = 443) -> AddressInfo:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, 0, "", (address, port))


@pytest.mark.parametrize("address", FACT_9 + PRIVATE + WRAPPED)
def test_an_address_that_is_not_public_gets_no_socket(address: str) -> None:
    guard = Guard(["https://docs.example/"])
    with pytest.raises(AddressRefused):
        guard.socket_factory(info(address))
    assert guard.dialled == 0


@pytest.mark.parametrize("address", FACT_9 + PRIVATE + WRAPPED)
def test_the_url_of_such_an_address_is_refused_before_it_is_asked(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(UrlRefused):
        Guard().check(f"http://{host}/latest/meta-data/")


@pytest.mark.parametrize("address", FACT_9 + PRIVATE + WRAPPED)
async def test_a_name_that_leads_to_such_an_address_has_no_address(address: str) -> None:
    with pytest.raises((AddressRefused, OSError)):
        await Guard().resolve(address, 80)


@pytest.mark.parametrize(
    "url", ["http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://[::]/"]
)
def test_odd_notations_of_loopback_are_refused(url: str) -> None:
    with pytest.raises(UrlRefused):
        Guard().check(url)


def test_a_public_address_gets_a_socket() -> None:
    guard = Guard()
    guard.socket_factory(info("93.184.216.34")).close()
    assert guard.dialled == 1


def test_what_an_operator_named_is_let_in_by_host_and_port_together() -> None:
    guard = Guard(["http://127.0.0.1:8000/docs/"], allow_private=True)
    guard.check("http://127.0.0.1:8000/other")
    guard.socket_factory(info("127.0.0.1", 8000)).close()
    with pytest.raises(UrlRefused):
        guard.check("http://127.0.0.1:5432/")
    with pytest.raises(AddressRefused):
        guard.socket_factory(info("127.0.0.1", 5432))


def test_naming_a_private_place_without_permission_opens_nothing() -> None:
    guard = Guard(["http://127.0.0.1:8000/docs/"])
    with pytest.raises(UrlRefused):
        guard.check("http://127.0.0.1:8000/docs/")
    with pytest.raises(AddressRefused):
        guard.socket_factory(info("127.0.0.1", 8000))


async def test_a_name_that_an_operator_named_may_lead_to_loopback() -> None:
    guard = Guard(["http://localhost:8000/"], allow_private=True)
    found = await guard.resolve("localhost", 8000)
    assert found
    with pytest.raises(AddressRefused):
        await guard.resolve("localhost", 5432)
    await guard.close()


async def test_a_redirect_to_another_port_of_loopback_is_refused_without_a_socket() -> None:
    async with serve_site(DocSite()) as inner, serve_site(DocSite({"/": page("Start")})) as outer:
        outer.redirects["/go"] = inner.url("/secret")
        async with fetcher_of(outer.base_url) as fetcher:
            assert await fetcher.get(FetchRequest(outer.url("/go"))) == Refused(
                inner.url("/secret"), "address not allowed"
            )
        assert not inner.asked


@pytest.mark.parametrize("url", ["http://docs.example:80:80/", "http://[::1/", "http://docs.example:99999/"])
def test_a_malformed_root_names_nothing_and_is_refused(url: str) -> None:
    guard = Guard([url], allow_private=True)
    with pytest.raises(UrlRefused):
        guard.check(url)
