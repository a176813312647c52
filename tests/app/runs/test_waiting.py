"""What waits for detection, as a value: its order, and what a project remembers of it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from app.runs.waiting import Waiting

KNOWN = frozenset(range(1, 9))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


def test_videos_come_in_their_order_and_the_open_one_first() -> None:
    waiting = Waiting().with_added((3, 1, 2, 1))
    assert waiting.order == (3, 1, 2)
    assert waiting.next(None) == 3 and waiting.next(2) == 2 and waiting.next(7) == 3
    assert waiting.with_added((1, 4)).order == (3, 1, 2, 4)
    assert waiting.with_first({2, 1}).order == (1, 2, 3)
    assert waiting.with_moved({3}, 2).order == (1, 3, 2)
    assert waiting.with_moved({2, 3}, 1).order == (3, 2, 1)
    assert waiting.with_moved({3}, None).order == (1, 2, 3)
    assert waiting.with_moved({3, 1}, 1).order == (3, 1, 2)
    assert waiting.without({1}).order == (3, 2)
    assert Waiting().next(1) is None


def test_what_is_done_is_counted_until_the_queue_is_empty() -> None:
    waiting = Waiting().with_added((1, 2, 3)).with_finished(1).with_failed(2, "torn")
    assert (waiting.finished, waiting.total, dict(waiting.failed)) == (2, 3, {2: "torn"})
    waiting = waiting.with_finished(3)
    assert (waiting.finished, waiting.total) == (3, 3)
    again = waiting.with_added((2,))
    assert (again.finished, again.total, dict(again.failed)) == (0, 1, {})


@given(
    st.lists(st.sampled_from(sorted(KNOWN)), unique=True),
    st.dictionaries(st.sampled_from(sorted(KNOWN)), st.text(max_size=20)),
    st.integers(0, 99),
    st.booleans(),
)
def test_a_project_gives_back_what_it_was_told(
    order: list[int], failed: dict[int, str], finished: int, is_paused: bool
) -> None:
    waiting = Waiting(tuple(order), failed, finished, is_paused)
    raw = json.loads(json.dumps(waiting.to_json()))
    assert Waiting.from_json(raw, KNOWN) == waiting


@given(
    JSON
    | st.fixed_dictionaries({"order": JSON, "failed": JSON, "finished": JSON, "paused": JSON})
)
def test_nonsense_in_a_project_does_no_harm(raw: object) -> None:
    waiting = Waiting.from_json(raw, KNOWN)
    assert set(waiting.order) <= KNOWN and set(waiting.failed) <= KNOWN
    assert len(set(waiting.order)) == len(waiting.order)
    assert waiting.finished >= 0 and isinstance(waiting.is_paused, bool)


def test_videos_that_are_gone_are_not_waited_for() -> None:
    assert Waiting.from_json({"order": [9, 1, True, "2"]}, KNOWN).order == (1,)
