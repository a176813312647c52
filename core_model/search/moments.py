"""From a number per snippet to moments: neighbours that are about as high are one stretch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

# A moment reaches as far as snippets have this part of its peak, over gaps of a snippet.
EDGE_PART = 0.5
GAP_SNIPPETS = 1
LEAST_SCORE = 1e-3


@dataclass(frozen=True, slots=True)
class Stretch:
    """The snippets ``first`` to ``last`` (inclusive) of the file ``source``."""

    source: int
    first: int
    last: int
    score: float


def smoothed(scores: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Each with a quarter of both neighbours: snippets overlap, so what is there is in several."""
    if not len(scores):
        return scores
    padded = np.pad(scores, 1, mode="edge")
    return 0.5 * padded[1:-1] + 0.25 * (padded[:-2] + padded[2:])


def best_stretches(
    scores: Sequence[Float[np.ndarray, " _"]],
    top: int,
    excluded: Iterable[Stretch] = (),
) -> list[Stretch]:
    """At most ``top`` stretches that do not overlap, by falling score, of one file or of many.

    The highest snippet left makes the next stretch, with its neighbours; its score is that of the
    peak, smoothed. An ``excluded`` stretch is left out, and its neighbours that are as high.
    """
    left = [smoothed(each) for each in scores]
    for stretch in excluded:
        _leave_out(left[stretch.source], stretch)
    peaks = np.array([each.max(initial=0.0) for each in left])
    found: list[Stretch] = []
    while len(found) < top and len(peaks):
        source = int(peaks.argmax())
        if peaks[source] < LEAST_SCORE:
            break
        peak = int(left[source].argmax())
        first, last = _extent(left[source], peak, EDGE_PART * float(peaks[source]))
        found.append(Stretch(source, first, last, float(peaks[source])))
        left[source][max(first - 1, 0) : last + 2] = 0
        peaks[source] = left[source].max(initial=0.0)
    return found


def _leave_out(scores: np.ndarray, stretch: Stretch) -> None:
    """An example lies in an event, whose rest is nothing new."""
    edge = EDGE_PART * float(scores[stretch.first : stretch.last + 1].max(initial=0.0))
    first = stretch.first - _steps(scores[: stretch.first][::-1], edge)
    last = stretch.last + _steps(scores[stretch.last + 1 :], edge)
    scores[first : last + 1] = 0


def _extent(scores: np.ndarray, peak: int, edge: float) -> tuple[int, int]:
    """First and last snippet around the peak that are still high."""
    return peak - _steps(scores[:peak][::-1], edge), peak + _steps(scores[peak + 1 :], edge)


def _steps(scores: np.ndarray, edge: float) -> int:
    """How far the scores stay at ``edge`` or above, but for short gaps."""
    low = scores < edge
    window = GAP_SNIPPETS + 1
    if len(low) >= window:
        gaps = np.flatnonzero(np.convolve(low, np.ones(window, int), "valid") == window)
        low = low[: gaps[0]] if len(gaps) else low
    high = np.flatnonzero(~low)
    return int(high[-1]) + 1 if len(high) else 0
