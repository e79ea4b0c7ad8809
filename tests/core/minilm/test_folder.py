"""Models from a folder, in the form that exporters write, with tiny ones that are made here."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import numpy
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from core.errors import ConfigurationError, ModelError, ModelMismatch
from core.minilm.folder import FolderSettings, read_folder
from core.minilm.folder_encoder import FolderEncoder, FolderScorer
from core.minilm.folder_reranker import FolderReranker
from core.minilm.local import LocalEmbedder
from core.minilm.onnx_file import GraphWriter
from core.model_wiring import choose_embedder, choose_reranker
from core.postgres.database import Space
from tests.core.test_wiring import settings
from tests.fakes import hit

pytestmark = pytest.mark.usefixtures("nothing_set")

WORDS = ["[UNK]", "[CLS]", "[SEP]", "query", "passage", "port", "server", "cake", "the", "is"]
TABLE = numpy.array([[1.0 + (row == 0), float(row == 1), row / 4, -row] for row in range(len(WORDS))], numpy.float32)
NO_SAY = FolderSettings()


def write_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))


def write_embedder(folder: Path, **files: object) -> Path:
    """Write a model whose states are rows of `TABLE`, and the JSON files that are named (`pooling` in its folder)."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = GraphWriter()
    ids = graph.input("input_ids", numpy.int64, [1, "length"])
    graph.input("attention_mask", numpy.int64, [1, "length"])
    states = graph.add("Gather", [graph.constant(TABLE), ids])
    (folder / "model.onnx").write_bytes(graph.finish(states, numpy.float32, [1, "length", TABLE.shape[1]]))
    write_tokenizer(folder)
    (folder / "1_Pooling").mkdir(exist_ok=True)
    for name, content in files.items():
        file = folder / ("1_Pooling/config.json" if name == "pooling" else f"{name}.json")
        file.write_text(json.dumps(content), "utf-8")
    return folder


def write_scorer(folder: Path) -> Path:
    """Write a cross-encoder: the sum over all tokens of a column."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = GraphWriter()
    ids = graph.input("input_ids", numpy.int64, [1, "length"])
    column = numpy.array([[2.0 if word in ("port", "server") else -0.5] for word in WORDS], numpy.float32)
    states = graph.add("Gather", [graph.constant(column), ids])
    logits = graph.add("ReduceSum", [states, graph.constant(numpy.array([1], numpy.int64))], keepdims=0)
    (folder / "model.onnx").write_bytes(graph.finish(logits, numpy.float32, [1, 1]))
    write_tokenizer(folder)
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 16}', "utf-8")
    return folder


MEAN = {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False, "word_embedding_dimension": 4}
LENGTH = {"max_seq_length": 6}


def unit(vector: numpy.ndarray) -> list[float]:
    return [float(number) for number in vector / numpy.linalg.norm(vector)]


@pytest.mark.parametrize(
    ("pooling", "pooled"),
    [
        (MEAN, lambda states: states.mean(axis=0)),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, lambda states: states[0]),
        ({"pooling_mode_lasttoken": True}, lambda states: states[-1]),
        ({"pooling_mode": "cls"}, lambda states: states[0]),
    ],
)
def test_pooling_length_and_prefixes_are_read_from_the_files_next_to_the_model(
    tmp_path: Path,
    pooling: dict[str, object],
    pooled: Callable[..., numpy.ndarray],
) -> None:
    prompts = {"prompts": {"query": "query:", "document": "passage: "}}
    folder = write_embedder(
        tmp_path / "m", pooling=pooling, sentence_bert_config=LENGTH, config_sentence_transformers=prompts
    )
    encoder = FolderEncoder(read_folder(str(folder), "EMBEDDING_MODEL", NO_SAY))
    made = encoder.encode_query("port")
    assert encoder.dimensions == len(made) == 4
    assert math.isclose(math.hypot(*made), 1.0, abs_tol=1e-6)
    tokens = Tokenizer.from_file(str(folder / "tokenizer.json")).encode("query: port").ids[:6]
    assert len(tokens) == 5, "[CLS] query : port [SEP]"
    assert list(made) == pytest.approx(unit(pooled(TABLE[tokens])), abs=1e-6)
    assert pooling != MEAN or list(encoder.encode("port")) != list(made), "a passage has another prefix"
    long = Tokenizer.from_file(str(folder / "tokenizer.json"))
    long.enable_truncation(6)
    assert list(encoder.encode("port " * 50)) == pytest.approx(
        unit(pooled(TABLE[long.encode("passage: " + "port " * 50).ids])), abs=1e-6
    )


def test_settings_say_what_the_folder_does_not(tmp_path: Path) -> None:
    folder = write_embedder(tmp_path / "m")
    given = FolderSettings(pooling="cls", tokens=5, query_prefix="query:", passage_prefix="passage:")
    read = read_folder(str(folder), "EMBEDDING_MODEL", given)
    assert (read.pooling, read.tokens, read.query_prefix, read.passage_prefix) == ("cls", 5, "query: ", "passage: ")


def _remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _write(name: str, text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_text(text, "utf-8")

    return write


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_remove("model.onnx"), "has no model.onnx"),
        (_remove("tokenizer.json"), "has no tokenizer.json"),
        (_remove("1_Pooling/config.json"), "set EMBEDDING_POOLING to mean, cls or last"),
        (_remove("sentence_bert_config.json"), "set EMBEDDING_TOKENS"),
        (_write("1_Pooling/config.json", '{"pooling_mode_max_tokens": true}'), "a way that footnote does not know"),
        (_write("modules.json", '[{"type": "sentence_transformers.models.Dense"}]'), "has a layer Dense"),
        (_write("model.onnx", "no graph"), "cannot be loaded"),
        (_write("tokenizer.json", "{}"), "cannot be loaded"),
        (_write("sentence_bert_config.json", "{"), "set EMBEDDING_TOKENS"),
    ],
)
async def test_a_folder_that_does_not_say_is_refused_with_a_sentence(
    tmp_path: Path, spoil: Callable[[Path], None], says: str
) -> None:
    folder = write_embedder(tmp_path / "m", pooling=MEAN, sentence_bert_config=LENGTH)
    spoil(folder)
    async with AsyncExitStack() as closing:
        with pytest.raises(ConfigurationError, match=says) as refused:
            await choose_embedder(settings(embedding_model=str(folder)), None, closing)
    assert str(refused.value).endswith(".")


async def test_an_index_of_a_folder_knows_its_model_wherever_the_folder_lies(tmp_path: Path) -> None:
    folder = write_embedder(tmp_path / "here" / "tiny", pooling=MEAN, sentence_bert_config=LENGTH)
    async with AsyncExitStack() as closing:
        embedder = await choose_embedder(settings(embedding_model=str(folder)), None, closing)
        space = Space(1, embedder.model, embedder.dimensions)
        moved = tmp_path / "there"
        moved.mkdir()
        folder.rename(moved / "tiny")
        ours = settings(embedding_model=str(moved / "tiny"))
        assert (await choose_embedder(ours, space, closing)).model == embedder.model
        with pytest.raises(ConfigurationError, match="set EMBEDDING_MODEL to the path of its folder"):
            await choose_embedder(settings(), space, closing)
        (moved / "tiny" / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}', "utf-8")
        with pytest.raises(ModelMismatch):
            await choose_embedder(ours, space, closing)
    with pytest.raises(ConfigurationError, match="is no folder"):
        await choose_embedder(settings(embedding_model=str(folder)), None, AsyncExitStack())


async def test_passages_are_embedded_by_the_child_with_their_prefix(tmp_path: Path) -> None:
    prompts = {"prompts": {"query": "query:", "passage": "passage:"}}
    folder = write_embedder(
        tmp_path / "m", pooling=MEAN, sentence_bert_config=LENGTH, config_sentence_transformers=prompts
    )
    read = read_folder(str(folder), "EMBEDDING_MODEL", NO_SAY)
    async with LocalEmbedder(threads=1, folder=read) as embedder:
        passages = await embedder.embed_passages(["the port", "cake"])
        question = await embedder.embed_query("the port")
    here = FolderEncoder(read)
    assert [list(each) for each in passages] == [list(here.encode("the port")), list(here.encode("cake"))]
    assert list(question) == list(here.encode_query("the port"))


async def test_a_cross_encoder_from_a_folder_reorders_hits(tmp_path: Path) -> None:
    folder = write_scorer(tmp_path / "cross")
    async with AsyncExitStack() as closing:
        reranker = await choose_reranker(settings(rerank_model=str(folder)), closing)
        assert isinstance(reranker, FolderReranker)
        hits = [hit("cake cake cake"), hit("the port of the server"), hit("cake is cake")]
        ranked = await reranker.rerank("port", hits)
    assert ranked[0].passage.text == "the port of the server"
    assert sorted(each.passage.text for each in ranked) == sorted(each.passage.text for each in hits)
    assert ranked[0].score > 0.5 > ranked[-1].score >= 0.0


async def test_what_there_was_no_time_to_score_keeps_its_place(tmp_path: Path) -> None:
    folder = read_folder(str(write_scorer(tmp_path / "cross")), "RERANK_MODEL", NO_SAY, embeds=False)
    async with aclosing(FolderReranker(folder, seconds=-1.0)) as reranker:
        ranked = await reranker.rerank("port", [hit("cake"), hit("port"), hit("server")])
    assert [each.passage.text for each in ranked] == ["cake", "port", "server"]


async def test_a_model_that_is_no_cross_encoder_says_so(tmp_path: Path) -> None:
    folder = write_embedder(tmp_path / "m", pooling=MEAN, sentence_bert_config=LENGTH)
    read = read_folder(str(folder), "RERANK_MODEL", NO_SAY, embeds=False)
    with pytest.raises(ConfigurationError, match="is no cross-encoder"):
        FolderScorer(read)
    async with aclosing(FolderReranker(read)) as reranker:
        with pytest.raises(ModelError, match="is no cross-encoder"):
            await reranker.rerank("port", [hit("cake")])
