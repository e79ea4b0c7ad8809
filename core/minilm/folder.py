"""A model as a folder, in the form that exporters write: what it is, read from the files next to `model.onnx`.

    model.onnx or onnx/model.onnx     the graph; its weights may lie in model.onnx_data
    tokenizer.json                    the tokenizer
    1_Pooling/config.json             how states become one vector: mean, cls, last        else EMBEDDING_POOLING
    sentence_bert_config.json,        the tokens of a text that are read                   else EMBEDDING_TOKENS
      tokenizer_config.json, config.json
    config_sentence_transformers.json prefixes of questions and of passages                else EMBEDDING_..._PREFIX

Nothing is guessed: a folder that does not say is refused with a sentence that names the file and the setting. Vectors
are always scaled to length one. Opens no graph: that is `core.minilm.folder_encoder`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import ConfigurationError

POOLINGS: Final = ("mean", "cls", "last")
_MODES: Final = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "last",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
}
_LONGEST: Final = 100_000
_PREFIX: Final = "folder:"
_SAMPLE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class FolderSettings:
    """What an operator says of a folder that does not say it by itself; empty and 0: nothing."""

    pooling: str = ""
    tokens: int = 0
    query_prefix: str = ""
    passage_prefix: str = ""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model in a folder. `pooling` empty: the graph pools by itself, or is no embedder."""

    file: Path
    tokenizer: Path
    name: str
    tokens: int
    pooling: str = ""
    query_prefix: str = ""
    passage_prefix: str = ""

    def to_json(self) -> str:
        """Return all of it as text, for the child that embeds."""
        return json.dumps(
            {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}
        )

    @classmethod
    def from_json(cls, text: str) -> ModelFolder:
        """Return what `to_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "file": Path(fields["file"]), "tokenizer": Path(fields["tokenizer"])})


def is_folder_name(model: str) -> bool:
    """Return whether a setting names a folder, rather than a model of a server: `/models/bge`, `./bge`, `~/bge`."""
    return model.startswith(("/", "./", "../", "~"))


def is_recorded_folder(model: str) -> bool:
    """Return whether an index was embedded with a model from a folder."""
    return model.startswith(_PREFIX)


def read_folder(path: str, setting: str, given: FolderSettings, *, embeds: bool = True) -> ModelFolder:
    """Return what the model in a folder is. `setting` named it. Raises `ConfigurationError`."""
    folder = Path(path).expanduser().absolute()
    if not folder.is_dir():
        raise ConfigurationError(f"{setting} names {folder}, which is no folder.")
    file = _find_graph(folder, setting)
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise ConfigurationError(
            f"{folder} has no tokenizer.json: export the model once more with a fast tokenizer, for {setting}."
        )
    pooling = _find_pooling(folder, given.pooling) if embeds else ""
    query, passage = _find_prefixes(folder, given) if embeds else ("", "")
    tokens = _find_length(folder, given.tokens if embeds else 0, setting)
    name = f"{_PREFIX}{folder.name}@{_fingerprint(file, tokenizer, pooling, query, passage, str(tokens))}"
    return ModelFolder(file, tokenizer, name, tokens, pooling, query, passage)


def explain_unpooled(folder: ModelFolder) -> ConfigurationError:
    """Return the error for a graph whose states nobody says how to pool."""
    return ConfigurationError(
        f"{folder.file.parent} does not say how states become a vector: it has no 1_Pooling/config.json, so set "
        f"EMBEDDING_POOLING to {', '.join(POOLINGS[:-1])} or {POOLINGS[-1]}, as the model's card says."
    )


def _find_graph(folder: Path, setting: str) -> Path:
    for place in (folder / "model.onnx", folder / "onnx" / "model.onnx"):
        if place.is_file():
            return place
    found = sorted([*folder.glob("*.onnx"), *folder.glob("onnx/*.onnx")])
    if len(found) == 1:
        return found[0]
    what = "several files .onnx and no model.onnx" if found else "no model.onnx"
    raise ConfigurationError(f"{folder} has {what}: {setting} must name a folder with model.onnx and tokenizer.json.")


def _find_pooling(folder: Path, given: str) -> str:
    """Return how states are pooled; "" where neither setting nor folder says. Raises `ConfigurationError`."""
    modules = _read(folder / "modules.json")
    for module in modules if isinstance(modules, list) else []:
        kind = str(module.get("type", "")).rpartition(".")[2] if isinstance(module, Mapping) else ""
        if kind not in ("", "Transformer", "Pooling", "Normalize"):
            raise ConfigurationError(
                f"{folder} has a layer {kind} behind its pooling, which footnote does not run: export it, too."
            )
    if given:
        return given
    config = _read_object(folder / "1_Pooling" / "config.json")
    modes = [mode for name, mode in _MODES.items() if config.get(name) is True]
    modes = modes or [str(config["pooling_mode"])] if config.get("pooling_mode") else modes
    if not config:
        return ""
    if len(modes) != 1 or modes[0] not in POOLINGS:
        raise ConfigurationError(
            f"{folder} pools its states in a way that footnote does not know ({', '.join(modes) or 'none is named'}): "
            f"it knows {', '.join(POOLINGS)}."
        )
    return modes[0]


def _find_length(folder: Path, given: int, setting: str) -> int:
    if given:
        return given
    config = _read_object(folder / "config.json")
    positions = config.get("max_position_embeddings")
    if isinstance(positions, int) and str(config.get("model_type", "")) in ("roberta", "xlm-roberta", "camembert"):
        positions -= 2  # these count positions from 2
    for stated in (
        _read_object(folder / "sentence_bert_config.json").get("max_seq_length"),
        _read_object(folder / "tokenizer_config.json").get("model_max_length"),
        positions,
    ):
        if isinstance(stated, int | float) and 0 < stated < _LONGEST:
            return int(min(stated, positions)) if isinstance(positions, int) and positions > 0 else int(stated)
    raise ConfigurationError(
        f"{folder} does not say how many tokens the model reads: it has neither max_seq_length in "
        "sentence_bert_config.json nor model_max_length in tokenizer_config.json"
        + (", so set EMBEDDING_TOKENS." if setting == "EMBEDDING_MODEL" else ".")
    )


def _find_prefixes(folder: Path, given: FolderSettings) -> tuple[str, str]:
    prompts = _read_object(folder / "config_sentence_transformers.json").get("prompts")
    prompts = prompts if isinstance(prompts, Mapping) else {}
    query = given.query_prefix or str(prompts.get("query") or "")
    passage = given.passage_prefix or str(prompts.get("passage") or prompts.get("document") or "")
    return _with_gap(query), _with_gap(passage)


def _with_gap(prefix: str) -> str:
    return f"{prefix} " if prefix and not prefix[-1].isspace() else prefix


def _read(file: Path) -> Any:
    """Return the JSON of a file; None where it is missing or unreadable."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _read_object(file: Path) -> dict[str, Any]:
    value = _read(file)
    return value if isinstance(value, dict) else {}


def _fingerprint(file: Path, tokenizer: Path, *words: str) -> str:
    """Return what changes when the vectors of a model do: its size, its first and last megabyte, and how it is used."""
    digest = hashlib.sha256("\x1f".join(words).encode())
    digest.update(tokenizer.read_bytes())
    weights = [file, *sorted(file.parent.glob(f"{file.name}?data*"))]
    for each in weights:
        size = each.stat().st_size
        digest.update(f"{each.name} {size}".encode())
        with each.open("rb") as content:
            digest.update(content.read(_SAMPLE))
            content.seek(max(0, size - _SAMPLE))
            digest.update(content.read(_SAMPLE))
    return digest.hexdigest()[:12]
