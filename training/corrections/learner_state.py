"""The state of a learner in a file: a training that was cut off goes on as if it had not been."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.corrections.events import Evaluated, TrainingStep, parse_event
from training.corrections.unfinished import HEADER_KEY, Progress, read_progress
from training.errors import TrainingError

# Of the time of a training, for keeping its state.
MOST_TIME_SHARE = 0.05
TELL_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class LearnerState:
    """A learner between two steps."""

    progress: Progress
    tensors: Mapping[str, Tensor]


@dataclass(slots=True)
class StateFile:
    """Where the state of one training is kept. It is written as a whole or not at all, every
    ``pause_s`` seconds, and more rarely where writing takes long."""

    path: Path
    fingerprint: str
    pause_s: float
    _kept_s: float = field(default_factory=time.monotonic)

    @property
    def is_due(self) -> bool:
        """Whether it is time to keep the state again."""
        return time.monotonic() - self._kept_s >= self.pause_s

    def keep(self, state: LearnerState) -> None:
        """Write a state. Raises TrainingError where the disk refuses it."""
        began_s = time.monotonic()
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        tensors = {name: each.cpu().contiguous() for name, each in state.tensors.items()}
        try:
            save_file(tensors, partial, metadata={HEADER_KEY: state.progress.to_text()})
            partial.replace(self.path)
        except (OSError, SafetensorError) as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            reason = " ".join(str(error).split())[:300]
            raise TrainingError(f"{self.path.name}: cannot be written ({reason})") from error
        self._kept_s = time.monotonic()
        self.pause_s = max(self.pause_s, (self._kept_s - began_s) / MOST_TIME_SHARE)

    def read(self) -> LearnerState | None:
        """The state of a training like this one; None where there is none of use."""
        progress = read_progress(self.path)
        if progress is None or progress.fingerprint != self.fingerprint:
            return None
        try:
            return LearnerState(progress, load_file(self.path))
        except (OSError, SafetensorError, ValueError):
            return None


class StepClock:
    """How long steps take, and whether it is time to tell of them."""

    def __init__(self, first: int, spent_s: float) -> None:
        """``first`` steps were done in ``spent_s`` before."""
        self._first, self._before_s = first, spent_s
        self._began_s = self._told_s = time.monotonic()

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._told_s >= TELL_EVERY_S

    @property
    def spent_s(self) -> float:
        """On all steps."""
        return self._before_s + time.monotonic() - self._began_s

    def tell(self, done: int, of: int) -> float:
        """Steps are told now; returns how many seconds the others will take."""
        self._told_s = time.monotonic()
        return (self._told_s - self._began_s) / (done - self._first) * (of - done)


def told_event(line: str) -> TrainingStep | Evaluated:
    """What a learner told as this line. Raises ValueError."""
    event = parse_event(line)
    if not isinstance(event, TrainingStep | Evaluated):
        raise ValueError(f"{type(event).__name__} is not told by a learner")
    return event
