"""Few events are laid out at once, many in a thread, and only for the media that is open."""

from __future__ import annotations

import random

from pytestqt.qtbot import QtBot

from app.detection_table import DetectionTable
from app.limits import Limits
from app.timeline.arranger import AT_ONCE, EventArranger
from app.timeline.event_rows import LabelOrder, Row, rows_of
from core_model.timeline import Detection, Task

Rows = dict[Task, tuple[Row, ...]]


def events(count: int, task: Task = Task.SED) -> tuple[Detection, ...]:
    source = random.Random(count)
    onsets = sorted(source.randrange(3_600_000_000) for _ in range(count))
    return tuple(
        Detection(task, f"label {source.randrange(9)}", onset, onset + 500_000, source.random())
        for onset in onsets
    )


def number(rows: Rows, task: Task) -> int:
    return sum(len(row.events) for row in rows[task])


def test_few_are_there_at_once_and_thresholds_hold(qtbot: QtBot) -> None:
    arranger = EventArranger()
    seen: list[Rows] = []
    arranger.rows_changed.connect(seen.append)
    sounds, actions = events(60), events(40, Task.TAL)
    arranger.arrange(DetectionTable.of(sounds + actions), Limits({Task.SED: 0.5}))
    (rows,) = seen
    assert set(rows) == set(Task)
    assert number(rows, Task.SED) == sum(event.score >= 0.5 for event in sounds)
    assert number(rows, Task.TAL) == 40
    assert rows[Task.AVEL] == ()


def test_many_come_from_a_thread_and_the_newest_wins(qtbot: QtBot) -> None:
    arranger = EventArranger()
    seen: list[Rows] = []
    arranger.rows_changed.connect(seen.append)
    for extra in (1, 2, 3):
        arranger.arrange(DetectionTable.of(events(AT_ONCE + extra)), Limits())
    assert seen == []
    qtbot.waitUntil(lambda: bool(seen) and number(seen[-1], Task.SED) == AT_ONCE + 3)
    assert len(seen) == 2
    arranger.shutdown()


def test_rows_of_the_media_before_are_dropped(qtbot: QtBot) -> None:
    arranger = EventArranger()
    seen: list[Rows] = []
    arranger.rows_changed.connect(seen.append)
    arranger.arrange(DetectionTable.of(events(AT_ONCE + 1)), Limits())
    arranger.reset()
    arranger.arrange(DetectionTable.of(()), Limits())
    qtbot.waitUntil(lambda: bool(seen))
    assert [number(rows, Task.SED) for rows in seen] == [0]
    arranger.shutdown()


def test_shutdown_ends_the_thread(qtbot: QtBot) -> None:
    arranger = EventArranger()
    arranger.arrange(DetectionTable.of(events(AT_ONCE + 500)), Limits())
    arranger.arrange(DetectionTable.of(events(AT_ONCE + 600)), Limits())
    arranger.shutdown()


def test_a_threshold_that_is_dragged_hides_at_once_and_lays_out_when_it_rests(
    qtbot: QtBot,
) -> None:
    arranger = EventArranger()
    seen: list[Rows] = []
    arranger.rows_changed.connect(seen.append)
    found = events(4 * AT_ONCE)
    table = DetectionTable.of((*found, *events(60, Task.TAL)))
    arranger.arrange(table, Limits())
    qtbot.waitUntil(lambda: len(seen) == 1)
    actions = seen[0][Task.TAL]
    for limit in (0.2, 0.4, 0.3):
        arranger.arrange(table, Limits({Task.SED: limit}))
        shown = [event for event in found if event.score >= limit]
        assert number(seen[-1], Task.SED) == len(shown)
        assert seen[-1][Task.TAL] == actions
    assert len(seen) == 4
    # The layout follows; it is that of what is shown alone.
    qtbot.waitUntil(lambda: len(seen) == 5)
    expected = rows_of(shown, LabelOrder())
    laid_out = [[e.onset_us for e in row.events] for row in seen[-1][Task.SED]]
    assert len(laid_out) == len(expected)
    assert sum(map(len, laid_out)) == len(shown)
    # So few are laid out within a frame.
    arranger.arrange(table, Limits({Task.SED: 0.9}))
    assert len(seen) == 6
    arranger.shutdown()
