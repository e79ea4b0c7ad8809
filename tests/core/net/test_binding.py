"""An address that cannot be listened at is explained in words."""

from __future__ import annotations

import asyncio
import socket

import pytest

from core.net.binding import explain_unbound


async def test_an_address_that_is_taken_is_explained_without_a_tuple() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use") as failed:
            await asyncio.start_server(lambda _, __: None, "127.0.0.1", taken.getsockname()[1])
    assert explain_unbound(failed.value) == "another program listens there"


async def test_an_address_of_another_machine_is_explained() -> None:
    with pytest.raises(OSError, match="assign") as failed:
        await asyncio.start_server(lambda _, __: None, "192.0.2.1", 0)
    assert explain_unbound(failed.value) == "this machine has no such address"


async def test_a_name_that_cannot_be_looked_up_is_explained_without_a_number() -> None:
    with pytest.raises(socket.gaierror) as failed:
        await asyncio.start_server(lambda _, __: None, "no host", 0)
    assert explain_unbound(failed.value) == "its name has no address"
