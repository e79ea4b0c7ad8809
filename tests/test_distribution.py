"""Long tests are given out alone; what may share a fixture stays together."""

from __future__ import annotations

import pytest

from tests.distribution import split_scope


@pytest.mark.parametrize(
    ("file", "apart"),
    [
        ("tests/bot/slack/test_kills.py", True),
        ("tests/test_wheel.py", False),  # its tests share a wheel
        ("tests/core/index/test_terms.py", False),  # nothing there takes long
    ],
)
def test_long_tests_without_a_fixture_of_their_module_are_given_out_alone(file: str, *, apart: bool) -> None:
    scopes = {split_scope(f"{file}::test_{number}") for number in range(2)}
    assert (len(scopes) == 2) is apart
