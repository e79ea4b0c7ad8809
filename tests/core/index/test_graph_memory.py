"""How much memory the graph's build may have: on any server, and on this machine where the server runs here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from core.index import graph_memory
from core.index.graph_memory import Build, Machine, choose_build, look_at_machine

MB, GB = 1 << 20, 1 << 30
ROOMY = Machine(16 * GB, 8 * GB)


def test_what_is_estimated_is_what_pgvector_takes_and_a_tenth_more() -> None:
    measured = {(22_959, 8): 16 * MB, (11_315, 384): 16 * MB, (4_428, 1536): 16 * MB}  # then, it reported, no more fit
    for (rows, dimensions), taken in measured.items():
        assert 1.05 * taken <= graph_memory.graph_memory(rows, dimensions) - 16 * MB <= 1.15 * taken


@pytest.mark.parametrize(
    ("need", "own", "machine", "build"),
    [
        pytest.param(1600 * MB, 256 * MB, ROOMY, Build(1600 * MB, True, True), id="this machine has it"),
        pytest.param(
            8 * MB, 256 * MB, ROOMY, Build(64 * MB, True, True), id="a small graph takes no more than need be"
        ),
        pytest.param(1600 * MB, 256 * MB, Machine(2 * GB, GB), Build(GB, True, False), id="half of what is free"),
        pytest.param(1600 * MB, 256 * MB, Machine(0, GB), Build(256 * MB, True, False), id="at least the server's own"),
        pytest.param(
            1600 * MB, 64 * MB, Machine(8 * GB, 64 * MB), Build(1600 * MB, False, True), id="a small /dev/shm"
        ),
        pytest.param(40 * MB, 64 * MB, Machine(8 * GB, 64 * MB), Build(64 * MB, True, True), id="that is enough here"),
        pytest.param(1600 * MB, 64 * MB, Machine(8 * GB, 0), Build(1600 * MB, False, True), id="no /dev/shm"),
        pytest.param(1600 * MB, 64 * MB, None, Build(64 * MB, True, False), id="elsewhere only what it allows"),
        pytest.param(1600 * MB, 2 * GB, None, Build(1600 * MB, True, True), id="elsewhere, and it allows enough"),
        pytest.param(1600 * MB, 16 * MB, None, Build(16 * MB, True, False), id="elsewhere, and it allows little"),
    ],
)
def test_a_build_may_have(need: int, own: int, machine: Machine | None, build: Build) -> None:
    assert choose_build(need, own, machine) == build


def group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def free(root: Path, ours: str) -> list[int]:
    file = root / "self"
    file.write_text(ours)
    return list(graph_memory.free_in_cgroups(root, file))


def test_in_a_container_its_limit_counts_and_cache_that_can_be_dropped_does_not(tmp_path: Path) -> None:
    stat = f"anon 7\ninactive_file {64 * MB}\nactive_file 9"
    group(tmp_path, memory__max=str(512 * MB), memory__current=str(256 * MB), memory__stat=stat)
    assert free(tmp_path, "0::/\n") == [320 * MB]


def test_every_group_around_the_process_counts(tmp_path: Path) -> None:
    group(tmp_path / "system.slice", memory__max="max", memory__current=str(GB))
    group(tmp_path / "system.slice/footnote.service", memory__max=str(GB), memory__current=str(100 * MB))
    group(tmp_path / "system.slice/other.service", memory__max=str(MB), memory__current="0")
    assert free(tmp_path, "0::/system.slice/footnote.service\n") == [924 * MB]
    group(tmp_path / "system.slice", memory__max=str(GB), memory__current=str(GB))
    assert free(tmp_path, "0::/system.slice/footnote.service\n") == [0, 924 * MB]


def test_groups_of_the_first_version_count_as_well(tmp_path: Path) -> None:
    limits = {"memory__limit_in_bytes": str(GB), "memory__usage_in_bytes": str(GB)}
    group(tmp_path / "memory/docker/7", **limits, memory__stat=f"total_inactive_file {MB}")
    assert free(tmp_path, "9:cpu:/elsewhere\n8:memory:/docker/7\n") == [MB]
    assert free(tmp_path, "8:memory:/docker/8\n") == []


def test_this_machine_has_some_memory() -> None:
    machine = look_at_machine()
    assert 0 < machine.available < 1 << 50
    assert (machine.shared == sys.maxsize) is (sys.platform != "linux")
