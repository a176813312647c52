"""Points of many windows, named by prompts: one product, one decoding, one suppression."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core_model.detection.stitching import Segments, Stitcher, Window
from core_model.detection.windows import WindowPoints, within_snippets
from core_model.postprocess import Candidates, DecodeConfig
from core_model.prompting.suppression import soft_nms_rows
from core_model.prompting.texts import PromptRows
from core_model.similarity import contrasted, fused
from core_model.uniav.model import PointFeatures, RawOutput, UniAV


def raw_outputs(
    head: UniAV,
    length: int,
    text: Float[Tensor, "labels dim"],
    windows: Sequence[WindowPoints],
    probabilities: Float[Tensor, "snippets labels"] | None,
    weight: float,
) -> RawOutput:
    """The head's scores of windows of ``length`` cells with as many snippets each, as one batch.

    ``probabilities`` are those of all snippets of the file; None where only the head is asked.
    """
    device = text.device
    count = windows[0].count
    embeddings = torch.stack([window.embeddings for window in windows]).float().to(device)
    offsets = torch.stack([window.offsets for window in windows]).to(device)
    cells = torch.arange(length) < count
    masks = [
        cells[:: 2**level].expand(len(windows), -1) for level in range(head.config.level_count)
    ]
    lengths = [mask.shape[1] for mask in masks]
    features = PointFeatures(
        list(embeddings.split(lengths, dim=1)),
        list(offsets.split(lengths, dim=1)),
        [mask.to(device) for mask in masks],
    )
    raw = RawOutput(head.score(features, text), features.offsets, features.masks)
    if probabilities is None or not weight:
        return raw
    firsts = torch.tensor([window.first for window in windows])
    inside = probabilities[firsts[:, None] + torch.arange(count)]
    return fused(raw, inside.to(device), weight)


@dataclass(frozen=True, slots=True)
class Found:
    """What a prompt finds in windows that follow each other: segments with seams closed, and the
    highest score over all levels of the pyramid at each snippet from the first to the last of the
    windows, float32 (n,)."""

    segments: Segments
    snippet_scores: np.ndarray


@torch.inference_mode()
def find(
    head: UniAV,
    length: int,
    prompts: Sequence[PromptRows],
    windows: Sequence[WindowPoints],
    probabilities: Float[Tensor, "snippets labels"] | None,
    weight: float,
    decoding: DecodeConfig,
) -> list[Found]:
    """What each prompt finds in windows that follow each other in time.

    ``probabilities`` have a column for each row of the prompts, one prompt after the other.
    """
    found: dict[int, list[Segments]] = {}
    highest: dict[int, np.ndarray] = {}
    for alike, raw in _named(head, length, prompts, windows, probabilities, weight):
        count = alike[0].count
        peaks = _highest(raw.logits, count)
        segments = _suppressed(raw, decoding)
        for position, window in enumerate(alike):
            highest[window.first] = peaks[position]
            found[window.first] = [
                within_snippets(segments[position][column], window.first, count)
                for column in range(len(prompts))
            ]
    ordered = sorted(windows, key=lambda each: each.first)
    curves = _in_a_row(ordered, highest)
    return [
        Found(_stitched(ordered, found, column, decoding), curves[:, column])
        for column in range(len(prompts))
    ]


@torch.inference_mode()
def snippet_scores(
    head: UniAV,
    length: int,
    prompts: Sequence[PromptRows],
    windows: Sequence[WindowPoints],
    probabilities: Float[Tensor, "snippets labels"] | None,
    weight: float,
) -> np.ndarray:
    """Like :attr:`Found.snippet_scores`, a column for each prompt (n, prompts); nothing is looked
    for."""
    highest: dict[int, np.ndarray] = {}
    for alike, raw in _named(head, length, prompts, windows, probabilities, weight):
        peaks = _highest(raw.logits, alike[0].count)
        highest |= {window.first: peaks[place] for place, window in enumerate(alike)}
    return _in_a_row(sorted(windows, key=lambda each: each.first), highest)


def _named(
    head: UniAV,
    length: int,
    prompts: Sequence[PromptRows],
    windows: Sequence[WindowPoints],
    probabilities: Float[Tensor, "snippets labels"] | None,
    weight: float,
) -> Iterator[tuple[list[WindowPoints], RawOutput]]:
    """Windows of one length after those of another, with their scores: a class is a prompt."""
    text = torch.cat([prompt.rows for prompt in prompts]).to(next(head.parameters()).device)
    sizes = [len(prompt.rows) for prompt in prompts]
    for count in sorted({window.count for window in windows}):
        alike = [window for window in windows if window.count == count]
        raw = raw_outputs(head, length, text, alike, probabilities, weight)
        logits = [
            torch.stack([contrasted(part) for part in level.split(sizes, dim=2)], dim=2)
            for level in raw.logits
        ]
        yield alike, RawOutput(logits, raw.offsets, raw.masks)


def _highest(logits: Sequence[Float[Tensor, "batch _ prompts"]], count: int) -> np.ndarray:
    """The best score over the levels at each of ``count`` snippets: (batch, count, prompts)."""
    best = logits[0][:, :count]
    for level, each in enumerate(logits):
        best = torch.maximum(best, each.repeat_interleave(2**level, dim=1)[:, :count])
    return best.sigmoid().cpu().numpy()


def _in_a_row(windows: Sequence[WindowPoints], scores: dict[int, np.ndarray]) -> np.ndarray:
    """Scores (count, prompts) of overlapping windows as one row of snippets: each snippet has
    that of the window in which it lies farther from the edges."""
    first, last = windows[0].first, max(window.first + window.count for window in windows)
    row = np.zeros((last - first, next(iter(scores.values())).shape[1]), np.float32)
    end = first
    for window in windows:
        begin = window.first if end <= window.first else (window.first + end + 1) // 2
        row[begin - first : window.first + window.count - first] = scores[window.first][
            begin - window.first :
        ]
        end = window.first + window.count
    return row


def _stitched(
    windows: Sequence[WindowPoints],
    found: dict[int, list[Segments]],
    column: int,
    decoding: DecodeConfig,
) -> Segments:
    stitcher = Stitcher(decoding.sigma, decoding.min_score)
    for window in windows:
        last = window.first + window.count - 1
        stitcher.add(Window(window.first, last, found[window.first][column]))
    return Segments.joined(stitcher.settled(), stitcher.open())


def _suppressed(raw: RawOutput, decoding: DecodeConfig) -> list[list[Candidates]]:
    """By item of the batch and by class: the kept candidates, as one window after the other would
    give them. A level holds fewer points than it may have candidates, so that cap never acts."""
    levels = [
        _candidates(logits, offsets, mask, 2**level, decoding)
        for level, (logits, offsets, mask) in enumerate(
            zip(raw.logits, raw.offsets, raw.masks, strict=True)
        )
    ]
    segments, scores, rows = (np.concatenate(parts) for parts in zip(*levels, strict=True))
    batch, _, classes = raw.logits[0].shape
    caps = [cap for cap in (decoding.max_per_class, decoding.max_per_video) if cap is not None]
    kept, decayed = soft_nms_rows(
        segments,
        scores,
        rows,
        sigma=decoding.sigma,
        min_score=decoding.min_score,
        max_per_row=min(caps, default=len(scores)),
    )
    ends = np.searchsorted(rows[kept], np.arange(batch * classes + 1))
    labels = np.zeros(len(kept), np.int64)
    flat = [Candidates(segments[kept[a:b]], decayed[a:b], labels[a:b]) for a, b in pairwise(ends)]
    return [flat[item * classes : (item + 1) * classes] for item in range(batch)]


def _candidates(
    logits: Float[Tensor, "batch points classes"],
    offsets: Float[Tensor, "batch points 2"],
    mask: Bool[Tensor, "batch points"],
    stride: int,
    decoding: DecodeConfig,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Segments (n, 2), scores (n,) and rows (n,), a row for each item and class."""
    valid = mask.cpu().numpy()
    probabilities = logits.float().sigmoid().cpu().numpy() * valid[:, :, None]
    distances = offsets.float().cpu().numpy()
    items, points, classes = np.nonzero(probabilities > decoding.min_score)
    scores = probabilities[items, points, classes]
    reach = distances[items, points]
    centres = points.astype(np.float32) * stride
    segments = np.stack((centres - reach[:, 0] * stride, centres + reach[:, 1] * stride), axis=1)
    long_enough = segments[:, 1] - segments[:, 0] > decoding.min_length_cells
    rows = items * logits.shape[2] + classes
    return segments[long_enough], scores[long_enough], rows[long_enough]
