"""Snippets of one stream compared with words: the part that no prompt changes is kept."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core_model.similarity import comparison, contrasted

# Rows that are turned into float32 at a time: what fits into the caches of a processor.
_BLOCK = 4096
_LEAST = 1e-6


class ComparedStream:
    """Embeddings (n, dim) float16 of a file, of which ever more are ready, and the rows that
    snippets are compared with.

    Gives the same as :func:`core_model.similarity.snippet_probabilities`. Keeps two numbers per
    snippet, 115 kB per hour.
    """

    def __init__(
        self, embeddings: np.ndarray, reference: Float[Tensor, "rows dim"], scale: float
    ) -> None:
        self._embeddings = torch.from_numpy(embeddings)
        self._reference = reference.cpu().float()
        self._scale = scale
        self._known = 0
        self._totals = torch.empty(len(embeddings))
        self._factors = torch.empty(len(embeddings))

    @torch.inference_mode()
    def probabilities(
        self, text: Float[Tensor, "labels dim"], ready: int
    ) -> Float[Tensor, "ready labels"]:
        """How far each label outshines the reference in the first ``ready`` snippets, in [0, 1]."""
        self._compare(ready)
        columns = text.cpu().float().T
        parts = [
            self._embeddings[start : min(start + _BLOCK, ready)].float() @ columns
            for start in range(0, ready, _BLOCK)
        ]
        products = torch.cat(parts) if parts else columns.new_empty(0, columns.shape[1])
        logits = products * self._factors[:ready, None] - self._totals[:ready, None]
        return logits.exp().clamp(max=1.0)

    def _compare(self, ready: int) -> None:
        for start in range(self._known, ready, _BLOCK):
            end = min(start + _BLOCK, ready)
            part = comparison(self._embeddings[start:end].float(), self._reference, self._scale)
            self._factors[start:end], self._totals[start:end] = part
        self._known = max(self._known, ready)


def likeness(probabilities: Float[Tensor, "n meanings"]) -> Float[Tensor, " n"]:
    """Columns of one prompt (n, meanings), negatives behind, as one number per snippet (n,)."""
    if probabilities.shape[1] == 1:
        return probabilities[:, 0].clamp(min=_LEAST)
    return contrasted(torch.logit(probabilities, eps=_LEAST)).sigmoid()
