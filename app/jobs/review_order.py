"""In which order finds are worth a look, from the embeddings that are kept of their file."""

from __future__ import annotations

import math

import numpy as np

from app.jobs.requests import ReviewOrder, ReviewOrderRequest
from core_model.prompting.kept import KeptFile
from core_model.timeline import Task
from training.review_order import learning_order

_KINDS = tuple(Task)


def review_order(request: ReviewOrderRequest, file: KeptFile | None) -> ReviewOrder:
    """Finds beyond what is encoded of ``file`` so far are ordered by doubt alone."""
    if file is None or not file.extent.ready:
        return ReviewOrder(request.id, None)
    rows = np.stack(
        [
            _embedding(file, _KINDS[kind], int(onset_us), int(offset_us))
            for kind, (onset_us, offset_us) in zip(request.kinds, request.spans_us, strict=True)
        ]
        or [np.empty(0, np.float32)]
    )
    order = learning_order(request.doubts, request.label_ids, rows[: len(request.ids)])
    return ReviewOrder(request.id, request.ids[order])


def _embedding(file: KeptFile, kind: Task, onset_us: int, offset_us: int) -> np.ndarray:
    """The mean of a stretch's snippets, of unit length: picture, then sound; what does not
    matter to the kind is zero, and so is a stretch that is not encoded."""
    ready = file.extent.ready
    first = min(max(math.floor(file.grid.coordinate(onset_us)), 0), max(ready - 1, 0))
    last = min(max(math.ceil(file.grid.coordinate(offset_us)), first + 1), ready)
    visual, audio = (part.astype(np.float32) for part in file.features.part(first, last))
    parts = [
        _unit(visual.mean(axis=0)) * (kind is not Task.SED),
        _unit(audio.mean(axis=0)) * (kind is not Task.TAL),
    ]
    if file.grid.coordinate(onset_us) >= ready:
        parts = [np.zeros_like(part) for part in parts]
    return _unit(np.concatenate(parts))


def _unit(row: np.ndarray) -> np.ndarray:
    return row / max(float(np.linalg.norm(row)), 1e-9)
