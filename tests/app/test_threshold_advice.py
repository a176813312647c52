"""Advice from decisions: where it points, what it promises, and when it says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.project.values import Label
from app.threshold_advice import Advice, Decided, advise, decisions, of_kind
from core_model.timeline import Task
from training.annotations.model import State

LABELS = {1: Label(1, Task.SED, "dog"), 2: Label(2, Task.TAL, "dog")}


def decided(right: list[float], wrong: list[float]) -> Decided:
    scores = np.array(right + wrong)
    return Decided(scores, np.arange(len(scores)) < len(right))


def test_the_threshold_parts_right_from_wrong() -> None:
    advice = advise(decided([0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, 0.65], [0.1, 0.2, 0.3, 0.4]))
    assert advice.threshold is not None
    assert 0.4 < advice.threshold <= 0.65
    assert advice.precision == pytest.approx(9 / 10)
    assert advice.text == f"{advice.threshold:.2f} · 90 % right of 12 decided"


@pytest.mark.parametrize(
    ("right", "wrong"), [([0.9] * 5, [0.1] * 4), ([0.9] * 30, [0.1]), ([0.9], [0.1] * 30)]
)
def test_too_few_decisions_suggest_nothing(right: list[float], wrong: list[float]) -> None:
    advice = advise(decided(right, wrong))
    assert advice.threshold is None
    assert "too few" in advice.text
    assert str(len(right) + len(wrong)) in advice.text


def test_no_decisions_are_told() -> None:
    assert advise(decided([], [])).text == "No decisions yet"


@given(
    st.lists(st.floats(0, 1), min_size=5, max_size=60),
    st.lists(st.floats(0, 1), min_size=5, max_size=60),
)
def test_advice_is_never_worse_than_showing_everything(
    right: list[float], wrong: list[float]
) -> None:
    advice = advise(decided(right, wrong))
    assert advice.threshold is not None

    def f1(threshold: float) -> float:
        hits = sum(score >= threshold for score in right)
        shown = hits + sum(score >= threshold for score in wrong)
        return 2 * hits / (shown + len(right))

    assert f1(advice.threshold) >= f1(0.0) - 1e-12
    assert 0 < advice.precision < 1


def test_decisions_are_grouped_by_kind_and_label() -> None:
    found = decisions(
        [
            (1, 0.9, State.ACCEPTED),
            (2, 0.4, State.REJECTED),
            (1, 0.2, State.REJECTED),
            (9, 1, State.ACCEPTED),
        ],
        LABELS,
    )
    assert found.keys() == {(Task.SED, "dog"), (Task.TAL, "dog")}
    assert found[Task.SED, "dog"].is_right.tolist() == [True, False]
    assert len(of_kind(found, Task.SED)) == 2
    assert len(of_kind(found, Task.AVEL)) == 0


def test_advice_without_threshold_is_none() -> None:
    assert Advice(None, 0.0, 3).text == "3 decided: too few to suggest a threshold"
