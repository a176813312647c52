"""Events of one kind laid out in rows, as sorted arrays that any view of time cuts quickly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt

from app.detection_table import DetectionTable
from app.kind_style import score_text
from app.timeline.row_layout import Places, RowLayout, Times, layers_of
from core_model.timeline import Detection

# Looks 0 .. SCORE_STEPS are those of undecided finds by their score; then come the others.
SCORE_STEPS = 16
HUMAN, ACCEPTED, UNSURE, REJECTED = range(SCORE_STEPS + 1, SCORE_STEPS + 5)
LOOK_COUNT = SCORE_STEPS + 5
# Colour and pattern; "" for those of the kind.
Style = tuple[str, str]
KIND_STYLE: Style = ("", "")


@dataclass(frozen=True, slots=True, eq=False)
class TimeRow(ABC):
    """Spans of one row: no two overlap, so onsets and offsets (n,), in us, both rise.

    A row equals only itself: whoever keeps what is made of rows tells by that which are others.
    """

    onset_us: Times
    offset_us: Times

    @abstractmethod
    def looks(self, first: int, last: int) -> npt.NDArray[np.intp]:
        """How the spans ``first .. last`` are drawn, as numbers of ``LOOK_COUNT`` looks (k,)."""

    @abstractmethod
    def texts(self, indexes: Places) -> list[tuple[str, str]]:
        """Label and score as they are written on each of some spans (k,); "" for no score."""

    def styles_of(self, first: int, last: int) -> list[Style] | None:
        """The styles that spans ``first .. last`` have instead of their kind's; None where none
        of the row has one of its own.
        """
        return None

    def span(self, start_us: int, end_us: int) -> tuple[int, int]:
        """Index range of the spans that touch ``[start_us, end_us)``."""
        first = int(self.offset_us.searchsorted(start_us, side="right"))
        return first, int(self.onset_us.searchsorted(end_us, side="left"))

    def index_at(self, time_us: int) -> int | None:
        """Which span has ``onset_us <= time_us < offset_us``."""
        index = int(self.onset_us.searchsorted(time_us, side="right")) - 1
        return index if index >= 0 and time_us < self.offset_us[index] else None


@dataclass(frozen=True, slots=True, eq=False)
class Row(TimeRow):
    """Detections of one row in their order: ``places`` (n,) in a table."""

    table: DetectionTable
    places: Places

    @classmethod
    def of(cls, table: DetectionTable, places: Places) -> Row:
        """Those at ``places`` (n,), which do not overlap, in the order of time."""
        return cls(table.onset_us[places], table.offset_us[places], table, places)

    @property
    def events(self) -> tuple[Detection, ...]:
        return tuple(map(self.table.detections.__getitem__, self.places.tolist()))

    def looks(self, first: int, last: int) -> npt.NDArray[np.intp]:
        score = self.table.scores[self.places[first:last]]
        return np.rint(score * SCORE_STEPS).astype(np.intp)

    def texts(self, indexes: Places) -> list[tuple[str, str]]:
        events = map(self.table.detections.__getitem__, self.places[indexes].tolist())
        return [(event.label, score_text(event.score)) for event in events]

    def at(self, time_us: int) -> Detection | None:
        """The event with ``onset_us <= time_us < offset_us``."""
        index = self.index_at(time_us)
        return None if index is None else self.table.detections[self.places[index]]


@dataclass
class LabelOrder:
    """Numbers labels in the order in which they were first met.

    Kept while media is open, so that rows stay where they are as results stream in. Any thread
    may ask.
    """

    _numbers: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def number(self, label: str) -> int:
        with self._lock:
            return self._numbers.setdefault(label, len(self._numbers))


def rows_of(events: Iterable[Detection], order: LabelOrder) -> tuple[Row, ...]:
    """Lay events out in rows so that a label keeps to one row wherever its events allow it.

    Labels come in ``order``; each goes whole into the first row that has room for all its events,
    else into a new row. Where events of one label overlap, they are first split into layers.
    """
    table = DetectionTable.of(tuple(events))
    return rows_in(table, np.arange(len(table.detections)), order)


def rows_in(
    table: DetectionTable,
    places: Places,
    order: LabelOrder,
    goes_on: Callable[[], bool] = lambda: True,
) -> tuple[Row, ...]:
    """Like :func:`rows_of`, of the events at ``places`` (n,) of a table.

    Ends with what there is by then once ``goes_on`` says no, which it is asked before each label.
    """
    # By label and then by time; equal labels of a table are one group of a kind.
    groups = table.groups[places]
    by_time = np.lexsort((table.offset_us[places], table.onset_us[places], groups))
    sorted_places = places[by_time]
    begins = np.flatnonzero(np.diff(groups[by_time], prepend=-1)).tolist()
    own = [
        sorted_places[begin:end]
        for begin, end in zip(begins, [*begins[1:], len(places)], strict=False)
    ]
    # Labels are numbered as they come in the table.
    own.sort(key=lambda part: part.min())
    own.sort(key=lambda part: order.number(table.keys[table.groups[part[0]]][1]))
    layout = RowLayout(table.onset_us, table.offset_us)
    for part in own:
        if not goes_on():
            break
        layout.add(layers_of(table.onset_us, table.offset_us, part))
    return tuple(Row.of(table, row) for row in layout.rows)


def kept(rows: tuple[Row, ...], is_shown: npt.NDArray[np.bool_]) -> tuple[Row, ...]:
    """The same rows without the events that are not shown (of all of their table, in its order);
    rows that lose nothing are the very same, those that lose all are gone.
    """
    if not rows:
        return ()
    places = np.concatenate([row.places for row in rows])
    stays = is_shown[places]
    before = np.array([len(row.places) for row in rows])
    # Cutting all rows at once is cheaper than asking each for what stays.
    after = np.add.reduceat(stays, np.cumsum(before) - before, dtype=np.intp)
    table, ends = rows[0].table, np.cumsum(after).tolist()
    left = places[stays]
    onset_us, offset_us = table.onset_us[left], table.offset_us[left]
    found: list[Row] = []
    for row, has_all, count, end in zip(
        rows, (before == after).tolist(), after.tolist(), ends, strict=True
    ):
        if has_all:
            found.append(row)
        elif count:
            cut = slice(end - count, end)
            found.append(Row(onset_us[cut], offset_us[cut], table, left[cut]))
    return tuple(found)


def same_rows(rows: tuple[Row, ...], before: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows, with the very same ones as before where these hold the same of the same table."""
    known = {row.places.tobytes(): row for row in before}
    found = ((row, known.get(row.places.tobytes())) for row in rows)
    return tuple(row if old is None or old.table is not row.table else old for row, old in found)
