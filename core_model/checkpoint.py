"""Weights in and out: our own files (safetensors) and the authors' published state dict.

A saved file holds its config, so it rebuilds itself; nothing in it is ever executed.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from core_model.timeline import Task
from core_model.uniav.backbone import PositionEmbedding
from core_model.uniav.config import ConfigError, UniAVConfig
from core_model.uniav.model import UniAV
from core_model.uniav.official import converted, official_config, official_names

_FORMAT = "avscope-uniav-1"
_FLOATS = {"F16", "BF16", "F32", "F64"}


class CheckpointError(ValueError):
    """Weights that cannot be read or that do not fit; the message names the file or the key."""


def save_checkpoint(
    path: Path,
    model: UniAV,
    extra: Mapping[str, Any] | None = None,
    *,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write weights (as ``dtype``), config and ``extra`` (JSON values), all of it or nothing.

    The file appears under its name only once it is complete. Raises CheckpointError where the
    folder cannot be written.
    """
    metadata = {
        "format": _FORMAT,
        "config": json.dumps(model.config.to_dict()),
        "extra": json.dumps(dict(extra or {})),
    }
    weights = {
        name: value.detach().to("cpu", dtype).contiguous()
        for name, value in model.state_dict().items()
    }
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
            complete = Path(folder) / path.name
            save_file(weights, complete, metadata)
            with complete.open("rb+") as written:
                os.fsync(written.fileno())
            complete.replace(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path.name}: cannot be written ({error})") from error


def load_checkpoint(path: Path) -> tuple[UniAV, dict[str, Any]]:
    """The model of a saved file, in evaluation mode and fp32 on the CPU, and its ``extra``.

    Raises CheckpointError for anything that is not such a file, whatever its bytes are.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            config, extra = _read_metadata(path.name, stored.metadata() or {})
            shapes = _shapes(config)
            _check_names(path.name, shapes, stored.keys())
            weights = {}
            for name, shape in shapes.items():
                entry = stored.get_slice(name)
                if tuple(entry.get_shape()) != shape or entry.get_dtype() not in _FLOATS:
                    found = f"{entry.get_dtype()} {tuple(entry.get_shape())}"
                    raise CheckpointError(f"{path.name}: {name} is {found}, not {tuple(shape)}")
                # A copy: what the library gives may still be the file, mapped.
                weights[name] = stored.get_tensor(name).to(torch.float32, copy=True)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path.name}: not a readable checkpoint ({error})") from error
    return _model(config, weights), extra


def load_official_uniav(
    state_dict: Mapping[str, Tensor], text_embeddings: Mapping[Task, Tensor]
) -> UniAV:
    """The authors' weights (``state_dict_ema`` of their files), in evaluation mode.

    Keys as published, with or without ``module.``; sizes are read from the shapes.
    ``text_embeddings`` are the class embeddings, (classes, text dim) per task; a task left out
    can be given its own later. Raises CheckpointError naming missing, unknown or misshapen keys.
    """
    if "state_dict_ema" in state_dict:
        raise CheckpointError("official weights: pass the entry 'state_dict_ema' of the file")
    if strays := [key for key, value in state_dict.items() if not isinstance(value, Tensor)]:
        raise CheckpointError(f"official weights: not a tensor: {_listed(map(str, strays))}")
    official = {str(key).removeprefix("module."): value for key, value in state_dict.items()}
    if len(official) < len(state_dict):
        raise CheckpointError("official weights: a key occurs with and without 'module.'")
    for task, text in text_embeddings.items():
        if text.ndim != 2:
            raise CheckpointError(f"text embeddings: those of {task} are {tuple(text.shape)}")
    try:
        config = official_config(official, {task: len(t) for task, t in text_embeddings.items()})
    except ConfigError as error:
        raise CheckpointError(f"official weights: {error}") from error
    shapes = _shapes(config)
    sources = {name: keys for name, keys in official_names(config).items() if name in shapes}
    _check_names("official weights", [key for keys in sources.values() for key in keys], official)
    weights = {
        name: _from_official({key: official[key] for key in keys}, shapes[name])
        for name, keys in sources.items()
    }
    model = _model(config, weights)
    for task, text in text_embeddings.items():
        try:
            model.set_text_embeddings(task, text)
        except ValueError as error:
            raise CheckpointError(f"text embeddings: {error}") from error
    return model


def _from_official(tensors: Mapping[str, Tensor], shape: torch.Size) -> Tensor:
    """One of our weights from its official tensor, or from several scalars."""
    pieces = []
    for key, tensor in tensors.items():
        piece = converted(tensor, shape if len(tensors) == 1 else torch.Size([]))
        if piece is None:
            found = tuple(tensor.shape)
            raise CheckpointError(
                f"official weights: {key} is {tensor.dtype} {found}, which does not fit the others"
            )
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else torch.stack(pieces)


def _shapes(config: UniAVConfig) -> dict[str, torch.Size]:
    """Names and shapes of the weights of ``config``, without allocating any."""
    with torch.device("meta"):
        return {name: value.shape for name, value in UniAV(config).state_dict().items()}


def _model(config: UniAVConfig, weights: Mapping[str, Tensor]) -> UniAV:
    """A model holding ``weights`` themselves, made without drawing random ones first."""
    with torch.device("meta"):
        model = UniAV(config)
    model.load_state_dict(dict(weights), assign=True)
    model.backbone.positions = PositionEmbedding(config)
    return model.eval()


def _read_metadata(source: str, metadata: Mapping[str, str]) -> tuple[UniAVConfig, dict[str, Any]]:
    if metadata.get("format") != _FORMAT:
        raise CheckpointError(f"{source}: not a checkpoint of this program")
    try:
        raw, extra = json.loads(metadata["config"]), json.loads(metadata["extra"])
    except (KeyError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{source}: its description is damaged ({error})") from error
    if not isinstance(raw, dict) or not isinstance(extra, dict):
        raise CheckpointError(f"{source}: its description is damaged")
    try:
        return UniAVConfig.from_dict(raw, source), extra
    except ConfigError as error:
        raise CheckpointError(str(error)) from error


def _check_names(source: str, expected: Iterable[str], found: Iterable[str]) -> None:
    wanted, given = set(expected), set(found)
    if missing := wanted - given:
        raise CheckpointError(f"{source}: missing {_listed(missing)}")
    if unknown := given - wanted:
        raise CheckpointError(f"{source}: unknown {_listed(unknown)}")


def _listed(names: Iterable[str]) -> str:
    """The first few names and how many more there are."""
    ordered = sorted(names)
    more = f" and {len(ordered) - 3} more" if len(ordered) > 3 else ""
    return ", ".join(ordered[:3]) + more
