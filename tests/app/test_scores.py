"""Scores are counted as one by one, and drawn within their room."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.scores import BINS, Scores, session_scores
from app.session import Session
from core_model.timeline import Detection, Task


@given(st.lists(st.floats(0, 1)), st.floats(0, 1))
def test_counting_is_comparing(scores: list[float], threshold: float) -> None:
    assert Scores.of(scores).at_least(threshold) == sum(each >= threshold for each in scores)


@given(st.lists(st.floats(0, 1), min_size=1))
def test_the_highest_bar_fills_the_room(scores: list[float]) -> None:
    heights = Scores.of(scores).heights
    assert heights.shape == (BINS,)
    assert heights.max() == 1 and heights.min() >= 0


def test_no_scores_have_no_bars() -> None:
    assert not Scores().heights.any()
    assert len(Scores.of([np.nan])) == 0


def test_labels_of_the_open_file_have_their_own_scores() -> None:
    session = Session()
    session.set_detections(
        (
            Detection(Task.SED, "dog", 0, 1, 0.9),
            Detection(Task.TAL, "dog", 0, 1, 0.3),
            Detection(Task.SED, "dog", 2, 3, 0.1),
        )
    )
    found = session_scores(session)
    assert found[Task.SED, "dog"].ascending.tolist() == [0.1, 0.9]
    assert found[Task.TAL, "dog"].ascending.tolist() == [0.3]
    assert session_scores(Session()) == {}
