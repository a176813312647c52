"""The segments of one video as arrays, in the order of time, kept up to date edit by edit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from app.project.values import ORIGINS, STATES, Segment

# Up to this many changed segments are put in one by one instead of sorting all.
_FEW = 64


class TextPool:
    """Texts by number, shared by all videos of a project; "" is 0. Grows, never forgets."""

    def __init__(self) -> None:
        self._texts = [""]
        self._numbers = {"": 0}

    def number(self, text: str) -> int:
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self._texts)
            self._texts.append(text)
        return found

    def text(self, number: int) -> str:
        return self._texts[number]

    def numbers(self, texts: Iterable[str]) -> np.ndarray:
        """int32 numbers of many texts."""
        return np.fromiter(map(self.number, texts), np.int32)


@dataclass(frozen=True, slots=True)
class SegmentColumns:
    """All segments of a video, sorted by onset and id. Arrays of n values, never written to.

    ``ids``, ``onset_us``, ``offset_us``, ``label_ids``, ``run_ids`` (0: none) are int64;
    ``kinds``, ``states``, ``origins`` int8 indexes into KINDS, STATES, ORIGINS; ``scores``
    float64 in [0, 1] or NaN; ``annotators``, ``prompts``, ``notes`` int32 numbers in ``texts``.
    ``reach_us`` is the latest offset of a segment and all before it.
    """

    ids: np.ndarray
    onset_us: np.ndarray
    offset_us: np.ndarray
    label_ids: np.ndarray
    kinds: np.ndarray
    states: np.ndarray
    origins: np.ndarray
    scores: np.ndarray
    run_ids: np.ndarray
    annotators: np.ndarray
    prompts: np.ndarray
    notes: np.ndarray
    texts: TextPool = field(repr=False)
    video_id: int
    reach_us: np.ndarray

    @classmethod
    def from_rows(
        cls, video_id: int, rows: Sequence[tuple[Any, ...]], texts: TextPool
    ) -> SegmentColumns:
        """From rows of ``Reader.column_rows``, which are in order already."""
        columns = list(zip(*rows, strict=True)) or [()] * len(_DTYPES)
        arrays = [
            np.array(column, dtype) if dtype is not None else texts.numbers(column)
            for column, dtype in zip(columns, _DTYPES.values(), strict=True)
        ]
        return cls._of(arrays, texts, video_id)

    @classmethod
    def _of(cls, arrays: list[np.ndarray], texts: TextPool, video_id: int) -> SegmentColumns:
        offset_us = arrays[_OFFSET]
        reach_us = np.maximum.accumulate(offset_us) if len(offset_us) else offset_us
        named = dict(zip(_DTYPES, arrays, strict=True))
        return cls(**named, texts=texts, video_id=video_id, reach_us=reach_us)

    def __len__(self) -> int:
        return len(self.ids)

    def row_of(self, segment_id: int) -> int | None:
        """The row of a segment, or None where the video has none of this id."""
        rows = np.flatnonzero(self.ids == segment_id)
        return int(rows[0]) if len(rows) else None

    def rows_of(self, segment_ids: Iterable[int]) -> np.ndarray:
        """The rows of those of these segments that are there, in the order of time."""
        return np.flatnonzero(np.isin(self.ids, np.fromiter(segment_ids, np.int64)))

    def segment(self, row: int) -> Segment:
        """One row as a value."""
        score = float(self.scores[row])
        return Segment(
            int(self.ids[row]),
            self.video_id,
            int(self.label_ids[row]),
            int(self.onset_us[row]),
            int(self.offset_us[row]),
            STATES[self.states[row]],
            ORIGINS[self.origins[row]],
            None if score != score else score,
            self.texts.text(self.annotators[row]),
            self.texts.text(self.prompts[row]),
            int(self.run_ids[row]) or None,
            self.texts.text(self.notes[row]),
        )

    def within(self, start_us: int, end_us: int) -> np.ndarray:
        """Rows of the segments that touch ``[start_us, end_us]``, in the order of time."""
        first = int(np.searchsorted(self.reach_us, start_us, "left"))
        last = int(np.searchsorted(self.onset_us, end_us, "right"))
        if first >= last:
            return np.empty(0, np.int64)
        return first + np.flatnonzero(self.offset_us[first:last] >= start_us)

    def updated(
        self, changed_ids: Iterable[int], rows: Sequence[tuple[Any, ...]]
    ) -> SegmentColumns:
        """The columns after the segments ``changed_ids`` became ``rows`` (those still there).

        What did not change is shared with these columns.
        """
        changed = np.fromiter(changed_ids, np.int64)
        fresh = SegmentColumns.from_rows(self.video_id, rows, self.texts)
        if len(changed) == len(fresh) == 1 and (in_place := self._replaced(fresh)):
            return in_place
        stay = np.flatnonzero(~np.isin(self.ids, changed))
        arrays = [getattr(self, name) for name in _DTYPES]
        if len(stay) < len(self):
            arrays = [array[stay] for array in arrays]
        new = [getattr(fresh, name) for name in _DTYPES]
        if 0 < len(fresh) <= _FEW:
            places = _places(arrays[_ID], arrays[_ONSET], fresh)
            arrays = [np.insert(a, places, b) for a, b in zip(arrays, new, strict=True)]
        elif len(fresh):
            joined = [np.concatenate(pair) for pair in zip(arrays, new, strict=True)]
            order = np.lexsort((joined[_ID], joined[_ONSET]))
            arrays = [array[order] for array in joined]
        return SegmentColumns._of(arrays, self.texts, self.video_id)

    def _replaced(self, fresh: SegmentColumns) -> SegmentColumns | None:
        """With one row replaced where it stands; None where it would stand elsewhere."""
        row = self.row_of(int(fresh.ids[0]))
        if row is None or not self._fits(row, int(fresh.onset_us[0])):
            return None
        arrays: list[np.ndarray] = []
        for name in _DTYPES:
            array, value = getattr(self, name), getattr(fresh, name)[0]
            if array[row] != value:
                array = array.copy()
                array[row] = value
            arrays.append(array)
        return SegmentColumns._of(arrays, self.texts, self.video_id)

    def _fits(self, row: int, onset_us: int) -> bool:
        """Whether an onset keeps the row strictly between its neighbours, or is as before."""
        if onset_us == self.onset_us[row]:
            return True
        after = row == 0 or self.onset_us[row - 1] < onset_us
        return bool(after and (row + 1 == len(self) or onset_us < self.onset_us[row + 1]))


# The columns in the order of ``Reader.column_rows``; None for texts.
_DTYPES: dict[str, type[np.generic] | None] = {
    "ids": np.int64,
    "onset_us": np.int64,
    "offset_us": np.int64,
    "label_ids": np.int64,
    "kinds": np.int8,
    "states": np.int8,
    "origins": np.int8,
    "scores": np.float64,
    "run_ids": np.int64,
    "annotators": None,
    "prompts": None,
    "notes": None,
}
_ID, _ONSET, _OFFSET = 0, 1, 2
assert list(_DTYPES) == [each.name for each in fields(SegmentColumns)][: len(_DTYPES)]


def _places(ids: np.ndarray, onset_us: np.ndarray, fresh: SegmentColumns) -> np.ndarray:
    """Where each fresh segment goes in among rows sorted by onset and id."""
    low = np.searchsorted(onset_us, fresh.onset_us, "left")
    high = np.searchsorted(onset_us, fresh.onset_us, "right")
    return np.array(
        [
            start + np.searchsorted(ids[start:end], new_id)
            for start, end, new_id in zip(low, high, fresh.ids, strict=True)
        ],
        np.int64,
    )
