"""`bench.hostile` has a site for each input that needs one, and serves good pages next to it."""

from __future__ import annotations

import pytest

from bench.hostile_sites import GOOD, RAW, TRAPS, ingest_inputs, opened
from tests.ingest.crawling import kept, walked
from tests.servers.site import DocSite

pytestmark = pytest.mark.shared

SLOW = {"net-006", "net-012"}
"""Inputs that wait for a deadline."""


def test_the_sites_of_the_bench_are_those_of_inputs_that_exist() -> None:
    assert RAW.keys() | TRAPS.keys() <= {each.id for each in ingest_inputs()}


@pytest.mark.parametrize("name", sorted(RAW.keys() - SLOW))
async def test_good_pages_are_found_next_to_a_bad_answer(name: str) -> None:
    bad = next(each for each in ingest_inputs() if each.id == name)
    async with opened(bad) as site:
        found = kept(await walked(DocSite(base_url=site.url)))
    assert {f"/docs/{good}" for good in GOOD} <= set(found)
