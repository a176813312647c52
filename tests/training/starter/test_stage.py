"""One stage: resumed where it stopped, and stopped when its time is over."""

from __future__ import annotations

import threading
from collections.abc import Generator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from training.starter.stage import OutOfTimeError, StageOptions, in_background, run_stage

STEPS = 6


def _batches() -> Generator[Tensor]:
    return in_background(lambda: torch.ones(4, 2))


def _loss(model: nn.Module, batch: Tensor, progress: float) -> Tensor:
    return (model(batch) - 3 * progress).square().mean()


def _run(folder: Path, **changed: float) -> nn.Module:
    torch.manual_seed(5)
    options = StageOptions(steps=STEPS, learning_rate=0.1, warm_up=1, **changed)  # type: ignore[arg-type]
    return run_stage("small", nn.Linear(2, 1), _batches(), _loss, options, folder)


def _step(folder: Path) -> int:
    return int(torch.load(folder / "small.pt", weights_only=True)["step"])


def test_a_stage_out_of_time_keeps_its_state_and_goes_on_to_the_same_weights(
    tmp_path: Path,
) -> None:
    whole = _run(tmp_path / "whole")
    for step in range(1, STEPS):
        with pytest.raises(OutOfTimeError, match=f"step {step} of {STEPS}"):
            _run(tmp_path / "parts", most_minutes=0.0)
        assert _step(tmp_path / "parts") == step
    parts = _run(tmp_path / "parts", most_minutes=0.0)
    assert _step(tmp_path / "parts") == STEPS
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_stage_that_stops_leaves_no_thread_behind(tmp_path: Path) -> None:
    with pytest.raises(OutOfTimeError):
        _run(tmp_path, most_minutes=0.0)
    assert not [thread for thread in threading.enumerate() if thread.name == "batches"]


def test_a_finished_stage_learns_no_further(tmp_path: Path) -> None:
    first = _run(tmp_path)
    again = _run(tmp_path)
    for one, other in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
