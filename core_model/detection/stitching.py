"""One list of detections out of overlapping windows.

Every window has already been through soft-NMS. What two neighbouring windows both report lies in
the seam, the stretch that both of them see: there a detection of one and a detection of the other
are the same event when they agree on that stretch, even if a window's edge cut one of them. Their
union is then one event, so that music over minutes comes out in one piece. Other pairs decay each
other as in Gaussian soft-NMS (Bodla et al., arXiv 1704.04503).

Soft-NMS goes by overlap over union, so a short find inside a long one of its label keeps its
score. It says nothing that the stronger one does not say, and is left out (``NESTED_SHARE``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SAME_EVENT_IOU = 0.5
# Snippets by which an event may reach beyond the centres of a window's outermost snippets: half
# a snippet's own length.
EDGE_CELLS = 2.0
# The part of a find that may lie in one stronger find of the same label; with as much of it or
# more it is left out. docs/study.md has what shares from 0.5 to 0.9 do to mAP.
NESTED_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Segments:
    """n detections of one task in grid coordinates, as four arrays (n,).

    ``onsets < offsets`` and ``scores`` in [0, 1] are float64, ``labels`` are class indices.
    """

    onsets: np.ndarray
    offsets: np.ndarray
    scores: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def pick(self, chosen: np.ndarray) -> Segments:
        """Those of an index array or of a mask."""
        return Segments(
            self.onsets[chosen], self.offsets[chosen], self.scores[chosen], self.labels[chosen]
        )

    @classmethod
    def empty(cls) -> Segments:
        """No detections."""
        return cls(np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int64))

    @classmethod
    def joined(cls, *parts: Segments) -> Segments:
        """All parts, one after the other."""
        return cls(
            np.concatenate([part.onsets for part in parts]),
            np.concatenate([part.offsets for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.labels for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Window:
    """The detections of the snippets ``first`` to ``last`` (inclusive), on the grid of all."""

    first: int
    last: int
    segments: Segments


class Stitcher:
    """Takes windows in order of time and keeps one list.

    ``sigma`` is the width of the decay between detections of two windows; what decays below
    ``floor`` is dropped, and what lies with ``nested_share`` of its length in a stronger one of
    its label; None keeps that.
    """

    def __init__(
        self, sigma: float, floor: float, nested_share: float | None = NESTED_SHARE
    ) -> None:
        self._sigma = sigma
        self._floor = floor
        self._nested_share = nested_share
        self._settled: list[Segments] = []
        self._open = Segments.empty()
        self._last = -1

    def add(self, window: Window) -> None:
        """Append the next window."""
        settled, self._open = self._split(window.first)
        self._settled.append(settled)
        self._open = self._join(self._open, window)
        self._last = window.last

    def settled(self) -> Segments:
        """What became final since the last call: no later window can reach it any more."""
        final = Segments.joined(Segments.empty(), *self._settled)
        self._settled.clear()
        return final

    def open(self) -> Segments:
        """What a later window may still change."""
        return self._open

    def preview(self, window: Window) -> Segments:
        """:meth:`open` as it would be with this window, which is not kept."""
        settled, still_open = self._split(window.first)
        return Segments.joined(settled, self._join(still_open, window))

    def _split(self, first: int) -> tuple[Segments, Segments]:
        """Detections that end before a window beginning at ``first``, and the others."""
        ended = self._open.offsets < first - EDGE_CELLS
        return self._open.pick(ended), self._open.pick(~ended)

    def _join(self, earlier: Segments, window: Window) -> Segments:
        if not len(earlier) or not len(window.segments):
            joined = Segments.joined(earlier, window.segments)
        else:
            joined = _join_seam(earlier, window.segments, (window.first, self._last), self._sigma)
            joined = joined.pick(joined.scores >= self._floor)
        if self._nested_share is None:
            return joined
        return joined.pick(~nested(joined, self._nested_share))


def nested(segments: Segments, share: float) -> np.ndarray:
    """Which ones (n,) lie with ``share`` of their length or more in a stronger one of their label
    that does not itself lie in another; of equal ones the first is the stronger."""
    order = np.argsort(-segments.scores, kind="stable")
    ranked = segments.pick(order)
    shared = np.minimum(ranked.offsets[:, None], ranked.offsets)
    shared -= np.maximum(ranked.onsets[:, None], ranked.onsets)
    # A row for what holds, a column for what is held; only what is stronger holds.
    holds = np.triu(shared >= share * (ranked.offsets - ranked.onsets), k=1)
    holds &= ranked.labels[:, None] == ranked.labels
    stays = ~holds.any(axis=0)
    while True:
        goes = holds[stays].any(axis=0)
        doubtful = ~(stays | goes)
        if not doubtful.any():
            break
        # Only what goes holds these: those that no other doubtful one holds stay, too.
        stays |= doubtful & ~holds[doubtful].any(axis=0)
    result = np.empty(len(order), bool)
    result[order] = goes
    return result


def _join_seam(earlier: Segments, later: Segments, seam: tuple[int, int], sigma: float) -> Segments:
    """Both lists as one; ``seam`` are the first and the last snippet that both of them saw."""
    agreement = _agreement(earlier, later, seam)
    pairs = _matched(agreement, earlier.scores, later.scores)
    same = _united(earlier.pick(pairs[0]), later.pick(pairs[1]), seam)
    # Each of a weaker lot decays by all stronger ones of the other window.
    decay = np.exp(-(agreement**2) / sigma)
    stronger = earlier.scores[:, None] > later.scores[None, :]
    earlier_decay = np.where(stronger, 1.0, decay).prod(axis=1)
    later_decay = np.where(stronger, decay, 1.0).prod(axis=0)
    return Segments.joined(
        _rest(earlier, earlier_decay, pairs[0]), same, _rest(later, later_decay, pairs[1])
    )


def _rest(segments: Segments, decay: np.ndarray, taken: np.ndarray) -> Segments:
    """The segments not taken, with decayed scores."""
    left = np.ones(len(segments), bool)
    left[taken] = False
    rest = segments.pick(left)
    return Segments(rest.onsets, rest.offsets, rest.scores * decay[left], rest.labels)


def _agreement(earlier: Segments, later: Segments, seam: tuple[int, int]) -> np.ndarray:
    """(earlier, later): the IoU of what lies in the seam; 0 between different labels."""
    low, high = seam[0] - EDGE_CELLS, seam[1] + EDGE_CELLS
    onsets_a, offsets_a = (np.clip(v, low, high)[:, None] for v in _bounds(earlier))
    onsets_b, offsets_b = (np.clip(v, low, high)[None, :] for v in _bounds(later))
    shared = np.minimum(offsets_a, offsets_b) - np.maximum(onsets_a, onsets_b)
    covered = np.maximum(offsets_a, offsets_b) - np.minimum(onsets_a, onsets_b)
    agreement = np.clip(shared, 0, None) / np.maximum(covered, 1e-6)
    return np.where(earlier.labels[:, None] == later.labels[None, :], agreement, 0.0)


def _bounds(segments: Segments) -> tuple[np.ndarray, np.ndarray]:
    return segments.onsets, segments.offsets


def _matched(
    agreement: np.ndarray, earlier_scores: np.ndarray, later_scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of pairs that are the same event: the surest first, each segment once."""
    rows, columns = np.nonzero(agreement >= SAME_EVENT_IOU)
    sureness = agreement[rows, columns] * earlier_scores[rows] * later_scores[columns]
    taken_rows: list[int] = []
    taken_columns: list[int] = []
    free_rows = np.ones(len(earlier_scores), bool)
    free_columns = np.ones(len(later_scores), bool)
    for index in np.argsort(-sureness, kind="stable"):
        row, column = int(rows[index]), int(columns[index])
        if free_rows[row] and free_columns[column]:
            free_rows[row] = free_columns[column] = False
            taken_rows.append(row)
            taken_columns.append(column)
    return np.array(taken_rows, np.int64), np.array(taken_columns, np.int64)


def _united(earlier: Segments, later: Segments, seam: tuple[int, int]) -> Segments:
    """Pairs of the same event, each as one.

    An end in the first half of the seam is taken from the earlier window, one in the second half
    from the later: from the window that has more on both sides of it. The score is that of the
    window that saw the whole event (the greater if both did), else the mean weighed by how much
    each saw.
    """
    middle = (seam[0] + seam[1]) / 2
    onsets = np.where(earlier.onsets < middle, earlier.onsets, later.onsets)
    offsets = np.where(later.offsets > middle, later.offsets, earlier.offsets)
    # Two different views of one short event around the middle could cross; then the surer wins.
    crossed = offsets <= onsets
    surer = earlier.scores >= later.scores
    onsets = np.where(crossed, np.where(surer, earlier.onsets, later.onsets), onsets)
    offsets = np.where(crossed, np.where(surer, earlier.offsets, later.offsets), offsets)
    seen_earlier = np.minimum(offsets, seam[1] + EDGE_CELLS) - onsets
    seen_later = offsets - np.maximum(onsets, seam[0] - EDGE_CELLS)
    length = offsets - onsets
    whole_earlier, whole_later = seen_earlier >= length, seen_later >= length
    weights = np.clip([seen_earlier, seen_later], 1e-6, None)
    mean = (weights[0] * earlier.scores + weights[1] * later.scores) / weights.sum(axis=0)
    scores = np.select(
        [whole_earlier & whole_later, whole_earlier, whole_later],
        [np.maximum(earlier.scores, later.scores), earlier.scores, later.scores],
        mean,
    )
    return Segments(onsets, offsets, scores, earlier.labels)
