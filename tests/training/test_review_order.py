"""Which finds are to be reviewed first."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training import review_order
from training.review_order import doubt, learning_order

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]


def order(doubts: list[float], labels: list[str], rows: list[list[float]]) -> list[int]:
    return learning_order(np.array(doubts), np.array(labels), np.array(rows)).tolist()


def test_doubt_is_greatest_at_the_threshold():
    found = doubt(np.array([0.3, 0.0, 1.0, 0.65, np.nan]), np.full(5, 0.3))
    np.testing.assert_allclose(found, [1, 1 - 0.3 / 0.7, 0, 0.5, 0])


def test_like_finds_wait_for_unlike_ones():
    # 1 is nearly as doubtful as 0 but the same thing; 2 is another.
    assert order([0.9, 0.8, 0.5], ["dog"] * 3, [EAST, EAST, NORTH]) == [0, 2, 1]


def test_alone_doubt_decides():
    assert order([0.2, 0.9, 0.5], ["dog"] * 3, [[0.0, 0.0]] * 3) == [1, 2, 0]


def test_labels_do_not_stand_for_each_other():
    assert order([0.9, 0.8, 0.7], ["dog", "cat", "dog"], [EAST, EAST, EAST]) == [0, 1, 2]


def test_equal_worth_keeps_its_order():
    assert order([0.5] * 4, ["dog"] * 4, [EAST, NORTH, EAST, NORTH]) == [0, 1, 2, 3]


@given(st.integers(0, 30), st.integers(1, 40), st.integers(0, 1000))
def test_every_find_comes_once(count, one_by_one, seed):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    before, review_order.CHOSEN_ONE_BY_ONE = review_order.CHOSEN_ONE_BY_ONE, one_by_one
    try:
        found = learning_order(random.random(count), random.integers(3, size=count), rows)
    finally:
        review_order.CHOSEN_ONE_BY_ONE = before
    assert sorted(found.tolist()) == list(range(count))


def test_it_needs_no_torch():
    code = "import sys, training.review_order; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
