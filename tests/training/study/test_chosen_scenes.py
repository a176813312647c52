"""Scenes in which some actions are drawn more often than others."""

from __future__ import annotations

import pytest

from training.errors import TrainingError
from training.study.chosen_scenes import weighted

ACTIONS = [f"action {number}" for number in range(40)]


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_chosen_actions_are_drawn_with_their_share(share: float) -> None:
    chosen = ACTIONS[3:6]
    drawn = weighted(ACTIONS, chosen, share)
    assert sorted(set(drawn)) == sorted(ACTIONS)
    assert sum(action in chosen for action in drawn) / len(drawn) == pytest.approx(share, abs=0.03)


def test_an_action_without_clips_is_named() -> None:
    with pytest.raises(TrainingError, match="no clips of juggling"):
        weighted(ACTIONS, ["juggling"], 0.5)
