"""Which network addresses are on the public internet: one table, for the url policy and for the address guard.

    IPv4   everything but the ranges below
    IPv6   2000::/3 alone, minus the ranges that carry an IPv4 address or are not routed; an IPv4-mapped one is judged
           as the IPv4 address it is

Written out here because `ipaddress.is_global` differs between Python versions: on 3.11 it calls 64:ff9b::a9fe:a9fe,
2002:a9fe:a9fe::, 168.63.129.16 and 224.0.0.1 global. Resolves no names and opens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host agent, on a public-looking address
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3ffe::/16",  # the former 6bone
        "3fff::/20",  # documentation
    )
)


@lru_cache(4096)
def is_public(address: str) -> bool:
    """Return whether an address is on the public internet.

    `"93.184.216.34"` -> True, `"127.0.0.1"`, `"::ffff:7f00:1"`, `"fe80::1%eth0"`, `"nonsense"` -> False.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC_4)
    if parsed.ipv4_mapped is not None:
        return is_public(str(parsed.ipv4_mapped))
    return parsed in _PUBLIC_6 and not any(parsed in network for network in _NOT_PUBLIC_6)


def is_loopback(host: str) -> bool:
    """Return whether a name or address means this machine alone: `"localhost"`, `"127.0.0.2"`, `"[::1]"` -> True."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def parse_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks of a list with commas: `"10.0.0.7, fd00::/8"`. Raises `ValueError`."""
    return tuple(ip_network(word, strict=False) for word in text.replace(",", " ").split())


def is_within(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Return whether an address is in one of the networks; an IPv4-mapped one as the IPv4 address it is."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = None if isinstance(parsed, IPv4Address) else parsed.ipv4_mapped
    return any((mapped or parsed) in network for network in networks)
