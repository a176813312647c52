"""From raw output to detections: decoding, Gaussian soft-NMS, grid coordinates to time.

All on the CPU in numpy. Suppression follows Bodla et al. (arXiv 1704.04503) as UniAV uses it: per
class, on grid coordinates, before the conversion to time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from core_model.timeline import Detection, SnippetGrid, Task
from core_model.uniav.model import RawOutput

Calibration = Callable[[Float[np.ndarray, " n"]], Float[np.ndarray, " n"]]

_LENGTH_EPS_CELLS = np.float32(1e-6)
_SIGMAS: Mapping[Task, float] = {Task.TAL: 0.75, Task.SED: 0.4, Task.AVEL: 0.4}


@dataclass(frozen=True, slots=True)
class DecodeConfig:
    """What counts as a candidate and how candidates suppress each other.

    ``min_score`` is a probability, ``min_length_cells`` and everything else about positions is in
    grid cells. The defaults are the published ones; a video of an hour needs larger caps, and
    None lifts a cap.
    """

    min_score: float = 0.001
    max_per_level: int | None = 2000
    min_length_cells: float = 0.05
    sigma: float = 0.75
    max_per_class: int | None = 100
    max_per_video: int | None = 100

    @classmethod
    def for_task(
        cls,
        task: Task,
        *,
        min_score: float = 0.001,
        max_per_level: int | None = 2000,
        max_per_class: int | None = 100,
        max_per_video: int | None = 100,
    ) -> "DecodeConfig":
        """With the published width of the Gaussian for ``task``."""
        return cls(
            min_score=min_score,
            max_per_level=max_per_level,
            sigma=_SIGMAS[task],
            max_per_class=max_per_class,
            max_per_video=max_per_video,
        )


class Candidates(NamedTuple):
    """Scored segments: (onset, offset) in grid coordinates, class indices in ``labels``."""

    segments: Float[np.ndarray, "n 2"]
    scores: Float[np.ndarray, " n"]
    labels: Int[np.ndarray, " n"]


@runtime_checkable
class TimeGrid(Protocol):
    """Anything that gives the presentation time of a grid coordinate."""

    def centre_us(self, coordinate: float) -> int: ...


@dataclass(frozen=True, slots=True)
class ResizedGrid:
    """A grid of ``length`` cells onto which ``snippet_count`` snippets were interpolated.

    The cells divide the time covered by the snippets evenly, so a coordinate is the centre of its
    cell (UniAV's TAL).
    """

    source: SnippetGrid
    snippet_count: int
    length: int

    @property
    def cell_us(self) -> float:
        """Microseconds per cell, not rounded."""
        covered_us = (self.snippet_count - 1) * self.source.stride_us + self.source.window_us
        return covered_us / self.length

    def centre_us(self, coordinate: float) -> int:
        """Presentation time of a grid coordinate, rounded to a microsecond."""
        return self.source.origin_us + round((coordinate + 0.5) * self.cell_us)

    def coordinate(self, time_us: int) -> float:
        """Grid coordinate of a presentation time: the inverse of :meth:`centre_us`."""
        return (time_us - self.source.origin_us) / self.cell_us - 0.5


def decode(raw: RawOutput, config: DecodeConfig, item: int = 0) -> Candidates:
    """The candidates of one item of a batch, finest level first, not yet suppressed.

    Per level: probabilities above ``min_score`` on valid points, the best ``max_per_level`` of
    them, without segments of ``min_length_cells`` or shorter.
    """
    levels = [
        _decode_level(logits[item], offsets[item], mask[item], 2**level, config)
        for level, (logits, offsets, mask) in enumerate(
            zip(raw.logits, raw.offsets, raw.masks, strict=True)
        )
    ]
    return Candidates(*(np.concatenate(parts) for parts in zip(*levels, strict=True)))


def suppress(candidates: Candidates, config: DecodeConfig) -> Candidates:
    """Gaussian soft-NMS: the kept candidates by falling decayed score."""
    kept, scores = gaussian_soft_nms(
        candidates.segments,
        candidates.scores,
        candidates.labels,
        sigma=config.sigma,
        min_score=config.min_score,
        max_per_class=config.max_per_class,
        max_total=config.max_per_video,
    )
    return Candidates(candidates.segments[kept], scores, candidates.labels[kept])


def gaussian_soft_nms(
    segments: Float[np.ndarray, "n 2"],
    scores: Float[np.ndarray, " n"],
    labels: Int[np.ndarray, " n"],
    *,
    sigma: float,
    min_score: float = 0.001,
    max_per_class: int | None = 100,
    max_total: int | None = 100,
) -> tuple[Int[np.ndarray, " kept"], Float[np.ndarray, " kept"]]:
    """Indices of the kept segments and their decayed scores, best first.

    The best segment is taken again and again; every other one of its class is multiplied with
    ``exp(-iou ** 2 / sigma)`` and dropped once below ``min_score``. Classes do not touch each
    other and the scores of one class come out falling, so taking the best of all classes each
    time gives the same as suppressing class by class and sorting, and can stop at ``max_total``.
    """
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(labels[order]) != 0]) if len(order) else order
    queues = [
        _ClassQueue(segments, scores, members, sigma, min_score)
        for members in np.split(order, starts[1:])
        if len(members)
    ]
    best = np.array([queue.best_score for queue in queues], dtype=np.float32)
    taken = np.zeros(len(queues), dtype=np.int64)
    indices: list[int] = []
    decayed: list[np.float32] = []
    while len(queues) and (max_total is None or len(indices) < max_total):
        chosen = int(best.argmax())
        if best[chosen] < min_score:
            break
        decayed.append(best[chosen])
        indices.append(queues[chosen].take())
        taken[chosen] += 1
        exhausted = max_per_class is not None and taken[chosen] >= max_per_class
        best[chosen] = -np.inf if exhausted else queues[chosen].best_score
    return np.array(indices, dtype=np.int64), np.array(decayed, dtype=np.float32)


def to_detections(
    candidates: Candidates,
    task: Task,
    label_names: Sequence[str],
    grid: TimeGrid,
    *,
    start_us: int,
    end_us: int,
    calibrate: Calibration | None = None,
) -> list[Detection]:
    """Events in presentation time, clipped to [``start_us``, ``end_us``], in the given order.

    Those that clipping leaves empty are left out. ``calibrate`` maps scores to probabilities.
    """
    scores = candidates.scores if calibrate is None else calibrate(candidates.scores)
    detections = []
    for (first, last), score, label in zip(
        candidates.segments.tolist(), scores.tolist(), candidates.labels.tolist(), strict=True
    ):
        onset_us = max(start_us, grid.centre_us(first))
        offset_us = min(end_us, grid.centre_us(last))
        if onset_us < offset_us:
            detections.append(
                Detection(task, label_names[int(label)], onset_us, offset_us, min(1.0, score))
            )
    return detections


class _ClassQueue:
    """The segments of one class that are still in the running, as shrinking arrays."""

    def __init__(
        self,
        segments: Float[np.ndarray, "n 2"],
        scores: Float[np.ndarray, " n"],
        members: Int[np.ndarray, " m"],
        sigma: float,
        min_score: float,
    ) -> None:
        self._members = members
        self._onsets = segments[members, 0].astype(np.float32)
        self._offsets = segments[members, 1].astype(np.float32)
        self._lengths = self._offsets - self._onsets + _LENGTH_EPS_CELLS
        self._scores = scores[members].astype(np.float32)
        self._sigma = np.float32(sigma)
        self._min_score = min_score
        self._best = int(self._scores.argmax())

    @property
    def best_score(self) -> float:
        """The highest score left; minus infinity when nothing is left."""
        return float(self._scores[self._best]) if len(self._scores) else -np.inf

    def take(self) -> int:
        """Remove the best segment, decay the others, and give its index."""
        best = self._best
        index = int(self._members[best])
        shared = np.minimum(self._offsets, self._offsets[best])
        shared -= np.maximum(self._onsets, self._onsets[best])
        np.maximum(shared, 0, out=shared)
        iou = shared / (self._lengths + self._lengths[best] - shared)
        self._scores *= np.exp(-(iou * iou) / self._sigma)
        self._scores[best] = -np.inf
        left = self._scores >= self._min_score
        # Dropping is a copy of everything, so it waits until a good part is to go.
        if np.count_nonzero(left) < 0.75 * len(left):
            self._keep(left)
        else:
            self._scores[~left] = -np.inf
        if len(self._scores):
            self._best = int(self._scores.argmax())
        return index

    def _keep(self, left: np.ndarray) -> None:
        self._members = self._members[left]
        self._onsets = self._onsets[left]
        self._offsets = self._offsets[left]
        self._lengths = self._lengths[left]
        self._scores = self._scores[left]


def _decode_level(
    logits: Float[Tensor, "points classes"],
    offsets: Float[Tensor, "points *classes 2"],
    mask: Tensor,
    stride: int,
    config: DecodeConfig,
) -> Candidates:
    valid = mask.cpu().numpy()
    probabilities = logits.detach().float().sigmoid().cpu().numpy() * valid[:, None]
    distances = offsets.detach().float().cpu().numpy()
    points, labels = np.nonzero(probabilities > config.min_score)
    scores = probabilities[points, labels]
    if config.max_per_level is not None and len(scores) > config.max_per_level:
        best = np.argsort(-scores, kind="stable")[: config.max_per_level]
        points, labels, scores = points[best], labels[best], scores[best]
    reach = distances[points, labels] if distances.ndim == 3 else distances[points]
    centres = points.astype(np.float32) * stride
    segments = np.stack((centres - reach[:, 0] * stride, centres + reach[:, 1] * stride), axis=1)
    long_enough = segments[:, 1] - segments[:, 0] > config.min_length_cells
    return Candidates(segments[long_enough], scores[long_enough], labels[long_enough])
