"""Segments of a project in rows: limits hide at once, and the layout follows when they rest."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.limits import SegmentLimits
from app.project.columns import SegmentColumns, TextPool
from app.project.values import KINDS, ORIGINS, STATES
from app.timeline.arranger import AT_ONCE
from app.timeline.segment_arranger import SegmentArranger
from app.timeline.segment_rows import Rows, Shown
from core_model.timeline import Task
from training.annotations.model import Origin, State

S = 1_000_000


def columns_of(count: int) -> SegmentColumns:
    """Finds of one label that overlap the next one, with scores 0, 0.01 .. 0.99 in turn."""
    codes = (
        KINDS.index(Task.SED),
        STATES.index(State.UNDECIDED),
        ORIGINS.index(Origin.MODEL),
    )
    rows = [
        (
            number + 1,
            number * S,
            number * S + 3 * S // 2,
            1,
            *codes,
            number % 100 / 100,
            0,
            "",
            "",
            "",
        )
        for number in range(count)
    ]
    return SegmentColumns.from_rows(1, rows, TextPool())


def limited_to(score: float) -> Shown:
    return Shown(SegmentLimits({Task.SED: score}))


def number(rows: Rows) -> int:
    return sum(len(row.ids) for row in rows[Task.SED])


def test_limits_hide_at_once_and_the_layout_follows(qtbot: QtBot) -> None:
    arranger = SegmentArranger()
    seen: list[Rows] = []
    arranger.rows_changed.connect(seen.append)
    columns = columns_of(AT_ONCE + 200)
    arranger.show(columns, limited_to(0.2))
    qtbot.waitUntil(lambda: len(seen) == 1)
    assert number(seen[0]) == 12 * 80
    for score, shown in ((0.5, 50), (0.9, 10), (0.1, 80)):
        arranger.limit(limited_to(score))
        # What was not laid out before comes with the layout.
        assert number(seen[-1]) == 12 * shown
    qtbot.waitUntil(lambda: len(seen) == 5)
    assert number(seen[-1]) == 12 * 90
    arranger.shutdown()


def test_an_edit_while_limits_move_is_not_lost(qtbot: QtBot) -> None:
    arranger = SegmentArranger()
    seen: list[Rows] = []
    arranger.rows_changed.connect(seen.append)
    columns = columns_of(AT_ONCE + 200)
    arranger.show(columns, limited_to(0.0))
    qtbot.waitUntil(lambda: len(seen) == 1)
    arranger.limit(limited_to(0.5))
    arranger.follow(columns.updated([100], []), [100])
    qtbot.waitUntil(lambda: number(seen[-1]) == 12 * 50 - 1)
    arranger.shutdown()
