"""Detection average precision as ActivityNet defines it, without its loops over data frames.

Predictions are taken by falling score; each is matched to the free ground truth of its video and
class that it overlaps most, if their tIoU reaches the threshold. Average precision is the area
under the interpolated precision-recall curve (VOC 2011), the mean runs over the classes that
occur in the ground truth.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from core_model.timeline import Task

TIOU_THRESHOLDS: Mapping[Task, tuple[float, ...]] = {
    Task.TAL: tuple(np.linspace(0.5, 0.95, 10).tolist()),
    Task.AVEL: tuple(np.linspace(0.1, 0.9, 9).tolist()),
    Task.SED: tuple(np.linspace(0.1, 0.9, 9).tolist()),
}
_DUPLICATE_S = 1e-3
_PAIRS_AT_ONCE = 1_000_000
_MOST_THRESHOLDS = 62


@dataclass(frozen=True, slots=True)
class Events:
    """Events of many videos: names or numbers of videos and classes, (onset, offset) in seconds.

    Predictions carry ``scores``, ground truth does not.
    """

    videos: Shaped[np.ndarray, " events"]
    segments: Float[np.ndarray, "events 2"]
    labels: Shaped[np.ndarray, " events"]
    scores: Float[np.ndarray, " events"] | None = None

    def __len__(self) -> int:
        return len(self.videos)

    def where(self, chosen: Shaped[np.ndarray, " _"]) -> "Events":
        """Some of the events, by mask or by index."""
        scores = None if self.scores is None else self.scores[chosen]
        return Events(self.videos[chosen], self.segments[chosen], self.labels[chosen], scores)


@dataclass(frozen=True, slots=True)
class MeanAveragePrecision:
    """Average precision by label, one value per threshold, and its mean over the labels."""

    tiou_thresholds: Float[np.ndarray, " thresholds"]
    per_threshold: Float[np.ndarray, " thresholds"]
    per_class: dict[str | int, Float[np.ndarray, " thresholds"]]

    @property
    def average(self) -> float:
        """The mean over all thresholds."""
        return float(self.per_threshold.mean())


def mean_average_precision(
    predictions: Events,
    ground_truth: Events,
    tiou_thresholds: Float[np.ndarray, " thresholds"],
) -> MeanAveragePrecision:
    """mAP per tIoU threshold in (0, 1].

    Repeated ground truth (same video and class, both ends within a millisecond) counts once;
    predictions of classes that do not occur in it are ignored.
    Raises ValueError without scores or without any ground truth.
    """
    if len(ground_truth) == 0:
        raise ValueError("mAP needs at least one event in the ground truth")
    truth = without_duplicates(ground_truth)
    # Numbers are compared and gathered much faster than names.
    videos = _numbers(np.concatenate((predictions.videos, truth.videos)))
    found = replace(predictions, videos=videos[: len(predictions)])
    true = replace(truth, videos=videos[len(predictions) :])
    per_class = {
        label: average_precision(
            found.where(predictions.labels == label),
            true.where(truth.labels == label),
            tiou_thresholds,
        )
        for label in np.unique(truth.labels).tolist()
    }
    mean = np.mean(list(per_class.values()), axis=0)
    return MeanAveragePrecision(tiou_thresholds, mean, per_class)


def average_precision(
    predictions: Events,
    ground_truth: Events,
    tiou_thresholds: Float[np.ndarray, " thresholds"],
) -> Float[np.ndarray, " thresholds"]:
    """AP of one class at each threshold; labels are not looked at. Raises ValueError."""
    if predictions.scores is None:
        raise ValueError("predictions need scores")
    if not 0 < len(tiou_thresholds) <= _MOST_THRESHOLDS:
        raise ValueError(f"between 1 and {_MOST_THRESHOLDS} thresholds, not {len(tiou_thresholds)}")
    # Not a stable sort: equal scores fall as they do in the published evaluation.
    ordered = predictions.where(np.argsort(predictions.scores)[::-1])
    hits = _true_positives(ordered, ground_truth, tiou_thresholds)
    found = hits.cumsum(axis=0)
    precision = found / np.arange(1, len(hits) + 1)[:, None]
    # Interpolated: the best precision at this recall or any higher one.
    envelope = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    return (envelope * hits).sum(axis=0) / max(len(ground_truth), 1)


def hits(predictions: Events, ground_truth: Events, tiou: float) -> Bool[np.ndarray, " events"]:
    """Which predictions of one class, in their order, take a ground truth, the best one first."""
    if predictions.scores is None:
        raise ValueError("predictions need scores")
    order = np.argsort(predictions.scores)[::-1]
    found = np.zeros(len(predictions), dtype=bool)
    taken = _true_positives(predictions.where(order), ground_truth, np.array([tiou]))
    found[order] = taken[:, 0]
    return found


def without_duplicates(events: Events, tolerance_s: float = _DUPLICATE_S) -> Events:
    """The events without those that repeat an earlier one of the same video and class."""
    groups = _group_numbers(events.videos, events.labels)
    order = np.argsort(groups, kind="stable")
    kept = np.ones(len(events), dtype=bool)
    for members in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        for position in range(1, len(members)):
            earlier = members[:position][kept[members[:position]]]
            gap = np.abs(events.segments[earlier] - events.segments[members[position]])
            kept[members[position]] = not (gap <= tolerance_s).all(axis=1).any()
    return events.where(kept)


def _true_positives(
    ordered: Events, truth: Events, thresholds: Float[np.ndarray, " thresholds"]
) -> Bool[np.ndarray, "predictions thresholds"]:
    """Which predictions, best first, take a ground truth at which threshold.

    A set of thresholds is one integer (a bit each), so all of them are matched in a single pass
    over the overlapping pairs.
    """
    taken_by_prediction = [0] * len(ordered)
    taken_of_truth = [0] * len(truth)
    for prediction, event, reached in _overlapping_pairs(ordered, truth, thresholds):
        new = reached & ~taken_by_prediction[prediction] & ~taken_of_truth[event]
        taken_by_prediction[prediction] |= new
        taken_of_truth[event] |= new
    bits = np.array(taken_by_prediction, dtype=np.int64)[:, None]
    return (bits >> np.arange(len(thresholds)) & 1).astype(bool)


def _overlapping_pairs(
    ordered: Events, truth: Events, thresholds: Float[np.ndarray, " thresholds"]
) -> Iterator[tuple[int, int, int]]:
    """(prediction, ground truth, bits of the thresholds reached), in the order of matching."""
    if not len(ordered) or not len(truth):
        return
    by_place, first, last = _neighbours(ordered, truth, float(thresholds.min()))
    count = last - first
    ends = np.cumsum(count)
    start = 0
    while start < len(ordered):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _PAIRS_AT_ONCE, side="right")))
        chunk = slice(start, stop)
        predictions = np.repeat(np.arange(start, stop), count[chunk])
        begins = ends[chunk] - count[chunk] - done
        within = np.arange(len(predictions)) - np.repeat(begins, count[chunk])
        events = by_place[first[predictions] + within]
        yield from _reaching_pairs(predictions, events, ordered, truth, thresholds)
        start = stop


def _neighbours(
    ordered: Events, truth: Events, least_iou: float
) -> tuple[Int[np.ndarray, " events"], Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """The ground truth by video and onset, and for each prediction the range [first, last) in
    that order outside of which nothing can reach ``least_iou``.

    Where the IoU is t, the union is at most length / t and the onsets lie at most (1 - t) unions
    apart. One number stands for video and onset, so a little is added for its rounding.
    """
    videos = _numbers(np.concatenate((ordered.videos, truth.videos)))
    own, theirs = videos[: len(ordered)], videos[len(ordered) :]
    onset, offset = ordered.segments.T
    reach = np.maximum(offset - onset, 0) * (1 - least_iou) / least_iou
    low, high = truth.segments[:, 0].min(), truth.segments[:, 0].max()
    span = (high - low) * 1.01 + 1e-6
    rounding = 1e-12 * span * (videos.max() + 1)
    places = theirs * span + (truth.segments[:, 0] - low)
    by_place = np.argsort(places, kind="stable")
    after = (onset - reach - low).clip(0, high - low) + own * span - rounding
    before = (np.minimum(onset + reach, offset) - low).clip(0, high - low) + own * span + rounding
    sorted_places = places[by_place]
    first = np.searchsorted(sorted_places, after, side="left")
    last = np.searchsorted(sorted_places, before, side="right")
    return by_place, first, np.maximum(first, last)


def _reaching_pairs(
    predictions: Int[np.ndarray, " pairs"],
    events: Int[np.ndarray, " pairs"],
    ordered: Events,
    truth: Events,
    thresholds: Float[np.ndarray, " thresholds"],
) -> Iterator[tuple[int, int, int]]:
    iou = temporal_iou(ordered.segments[predictions], truth.segments[events])
    near = np.flatnonzero(iou >= thresholds.min())
    near = near[np.lexsort((events[near], -iou[near], predictions[near]))]
    reached = (iou[near, None] >= thresholds) @ (1 << np.arange(len(thresholds)))
    return zip(predictions[near].tolist(), events[near].tolist(), reached.tolist(), strict=True)


def temporal_iou(
    first: Float[np.ndarray, "pairs 2"], second: Float[np.ndarray, "pairs 2"]
) -> Float[np.ndarray, " pairs"]:
    """Intersection over union of segments, pair by pair; 0 for two empty ones."""
    ends = np.minimum(first[:, 1], second[:, 1])
    shared = np.maximum(ends - np.maximum(first[:, 0], second[:, 0]), 0)
    union = (first[:, 1] - first[:, 0]) + (second[:, 1] - second[:, 0]) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _numbers(names: Shaped[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    return np.unique(names, return_inverse=True)[1]


def _group_numbers(
    videos: Shaped[np.ndarray, " n"], labels: Shaped[np.ndarray, " n"]
) -> Int[np.ndarray, " n"]:
    """Equal numbers for equal (video, class)."""
    classes = _numbers(labels)
    return _numbers(videos) * (classes.max(initial=0) + 1) + classes
