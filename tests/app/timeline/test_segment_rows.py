"""Rows of a project's segments: what overlaps lies below each other, and edits move little."""

from __future__ import annotations

import random
from itertools import chain

import numpy as np
import pytest

from app.limits import SegmentLimits
from app.project.columns import SegmentColumns, TextPool
from app.project.values import KINDS, ORIGINS, STATES
from app.timeline.event_rows import ACCEPTED, HUMAN, REJECTED, UNSURE
from app.timeline.segment_rows import Rows, Shown, arranged, followed, limited, renamed
from core_model.timeline import Task
from training.annotations.model import Origin, State

S = 1_000_000
Raw = tuple[int, int, int, int, int, int, int, float | None, int, str, str, str]


def raw(
    id_: int,
    onset_s: float,
    offset_s: float,
    label: int = 1,
    state: State = State.UNDECIDED,
    origin: Origin = Origin.MODEL,
    score: float | None = 0.5,
) -> Raw:
    kind = KINDS.index(Task.SED)
    codes = (kind, STATES.index(state), ORIGINS.index(origin))
    return (id_, round(onset_s * S), round(offset_s * S), label, *codes, score, 0, "", "", "")


def columns_of(*rows: Raw) -> SegmentColumns:
    ordered = sorted(rows, key=lambda row: (row[1], row[0]))
    return SegmentColumns.from_rows(1, ordered, TextPool())


def ids(rows: Rows) -> list[list[int]]:
    return [row.ids.tolist() for row in rows[Task.SED]]


def test_overlapping_segments_lie_in_rows_of_their_own() -> None:
    columns = columns_of(raw(1, 0, 2), raw(2, 1, 3), raw(3, 2, 4), raw(4, 5, 6, label=2))
    rows = arranged(columns, Shown())
    assert ids(rows) == [[1, 3, 4], [2]]
    assert rows[Task.TAL] == ()


def test_each_state_has_its_look_and_rejected_ones_are_hidden() -> None:
    columns = columns_of(
        raw(1, 0, 1, origin=Origin.HUMAN, state=State.ACCEPTED, score=None),
        raw(2, 1, 2, state=State.ACCEPTED),
        raw(3, 2, 3, state=State.UNSURE),
        raw(4, 3, 4, state=State.REJECTED),
        raw(5, 4, 5, score=0.25),
    )
    assert arranged(columns, Shown())[Task.SED][0].look.tolist() == [HUMAN, ACCEPTED, UNSURE, 4]
    (row,) = arranged(columns, Shown(ghosts=True, names={1: "dog"}))[Task.SED]
    assert row.look.tolist() == [HUMAN, ACCEPTED, UNSURE, REJECTED, 4]
    texts = row.texts(np.arange(5))
    assert texts == [("dog", ""), *(("dog", t) for t in ("✓ .50", "? .50", "✕ .50", ".25"))]


def test_thresholds_filter_only_what_nobody_decided() -> None:
    columns = columns_of(
        raw(1, 0, 1, score=0.4),
        raw(2, 1, 2, score=0.6),
        raw(3, 2, 3, state=State.ACCEPTED, score=0.1),
    )
    assert ids(arranged(columns, Shown(SegmentLimits({Task.SED: 0.5})))) == [[2, 3]]
    assert ids(arranged(columns, Shown(SegmentLimits({Task.SED: 2.0})))) == []


def test_rows_lose_what_other_limits_hide_and_nothing_moves() -> None:
    columns = columns_of(
        raw(1, 0, 2, score=0.4),
        raw(2, 1, 3, score=0.6),
        raw(3, 2, 4, score=0.7),
        raw(4, 0, 4, score=0.2),
        raw(5, 5, 6, state=State.ACCEPTED, score=0.1),
        raw(6, 5, 6, label=2, score=0.3),
    )
    rows = arranged(columns, Shown())
    assert ids(rows) == [[1, 3, 5], [4, 6], [2]]
    assert ids(limited(rows, SegmentLimits({Task.SED: 0.5}))) == [[3, 5], [2]]
    assert ids(limited(rows, SegmentLimits({Task.SED: 0.5}, {2: 0.1}))) == [[3, 5], [6], [2]]
    assert ids(limited(rows, SegmentLimits({Task.SED: 2.0}))) == []
    for row, same in zip(rows[Task.SED], limited(rows, SegmentLimits())[Task.SED], strict=True):
        assert row is same


def test_an_edit_leaves_the_others_in_their_rows() -> None:
    before = columns_of(raw(1, 0, 2), raw(2, 1, 3), raw(3, 2, 4))
    rows = arranged(before, Shown())
    assert ids(rows) == [[1, 3], [2]]
    after = before.updated([1], [raw(1, 0, 2.5)])
    moved = followed(rows, after, [1], Shown())
    assert ids(moved) == [[3], [2], [1]]
    gone = followed(moved, after.updated([2], []), [2], Shown())
    assert ids(gone) == [[3], [1]]


@pytest.mark.parametrize("seed", range(5))
def test_after_many_edits_every_segment_is_there_once_and_none_overlap(seed: int) -> None:
    source = random.Random(seed)

    def some(id_: int) -> Raw:
        onset_s = source.randrange(60)
        state = source.choice(list(State))
        return raw(id_, onset_s, onset_s + source.randrange(1, 9), source.randrange(4), state)

    columns = columns_of(*(some(id_) for id_ in range(1, 30)))
    shown = Shown(SegmentLimits({Task.SED: 0.3}))
    rows = arranged(columns, shown)
    for _ in range(60):
        id_ = source.randrange(1, 40)
        columns = columns.updated([id_], [] if source.random() < 0.3 else [some(id_)])
        rows = followed(rows, columns, [id_], shown)
        wanted = columns.ids[shown.looks(columns, slice(None)) >= 0]
        assert sorted(chain.from_iterable(ids(rows))) == sorted(wanted.tolist())
        for row in rows[Task.SED]:
            assert np.all(row.onset_us[1:] >= row.offset_us[:-1])
            places = columns.rows_of(row.ids)
            assert np.array_equal(columns.onset_us[places], row.onset_us)
            assert np.array_equal(columns.offset_us[places], row.offset_us)


def test_names_change_without_moving_anything() -> None:
    rows = arranged(
        columns_of(raw(1, 0, 1, state=State.ACCEPTED, score=None)), Shown(names={1: "a"})
    )
    assert renamed(rows, Shown(names={1: "b"}))[Task.SED][0].texts(np.array([0])) == [("b", "✓")]
