"""Gaussian soft-NMS over many short lists at once (Bodla et al., arXiv 1704.04503).

The same arithmetic as :func:`core_model.postprocess.gaussian_soft_nms` for one class, row by row,
so that both give equal results; a file of an hour has some hundred windows, and a step for all of
them costs about as much as a step for one.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

_LENGTH_EPS_CELLS = np.float32(1e-6)


def soft_nms_rows(
    segments: Float[np.ndarray, "n 2"],
    scores: Float[np.ndarray, " n"],
    rows: Int[np.ndarray, " n"],
    *,
    sigma: float,
    min_score: float,
    max_per_row: int,
) -> tuple[Int[np.ndarray, " kept"], Float[np.ndarray, " kept"]]:
    """Indices of the kept segments and their decayed scores, by row, the best of each row first.

    Segments of different ``rows`` do not touch each other.
    """
    table = _Table(segments, scores, rows)
    kept: list[np.ndarray] = []
    decayed: list[np.ndarray] = []
    rank = 0
    while rank < max_per_row and table.drop_rows_below(min_score):
        indices, best = table.take(np.float32(sigma))
        kept.append(indices)
        decayed.append(best)
        rank += 1
    if not kept:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    indices = np.concatenate(kept)
    order = np.argsort(rows[indices], kind="stable")
    return indices[order], np.concatenate(decayed)[order]


class _Table:
    """Segments as a matrix: a line per row that still has any, padded with scores of -inf."""

    def __init__(self, segments: np.ndarray, scores: np.ndarray, rows: np.ndarray) -> None:
        order = np.argsort(rows, kind="stable")
        _, starts, counts = np.unique(rows[order], return_index=True, return_counts=True)
        lines = np.repeat(np.arange(len(counts)), counts)
        columns = np.arange(len(order)) - np.repeat(starts, counts)
        shape = (len(counts), int(counts.max(initial=0)))
        self._members = np.full(shape, -1, np.int64)
        self._onsets = np.zeros(shape, np.float32)
        self._offsets = np.zeros(shape, np.float32)
        self._scores = np.full(shape, -np.inf, np.float32)
        self._members[lines, columns] = order
        self._onsets[lines, columns] = segments[order, 0]
        self._offsets[lines, columns] = segments[order, 1]
        self._scores[lines, columns] = scores[order]
        self._lengths = self._offsets - self._onsets + _LENGTH_EPS_CELLS

    def drop_rows_below(self, min_score: float) -> bool:
        """Leave lines out whose best is below; whether any is left."""
        if not self._scores.size:
            return False
        going_on = self._scores.max(axis=1) >= min_score
        if not going_on.all():
            self._members = self._members[going_on]
            self._onsets = self._onsets[going_on]
            self._offsets = self._offsets[going_on]
            self._scores = self._scores[going_on]
            self._lengths = self._lengths[going_on]
        return bool(going_on.any())

    def take(self, sigma: np.float32) -> tuple[np.ndarray, np.ndarray]:
        """The best member of each line and its score; the others of its line decay."""
        lines = np.arange(len(self._scores))
        best = self._scores.argmax(axis=1)
        scores = self._scores[lines, best]
        onsets, offsets = self._onsets[lines, best], self._offsets[lines, best]
        lengths = self._lengths[lines, best]
        shared = np.minimum(self._offsets, offsets[:, None])
        shared -= np.maximum(self._onsets, onsets[:, None])
        np.maximum(shared, 0, out=shared)
        iou = shared / (self._lengths + lengths[:, None] - shared)
        self._scores *= np.exp(-(iou * iou) / sigma)
        self._scores[lines, best] = -np.inf
        return self._members[lines, best], scores
