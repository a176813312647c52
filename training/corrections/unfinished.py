"""A training that was cut off: what is kept of it, and whether another one can go on from there.

The state is one safetensors file: tensors, and everything else as JSON in its header, which is
read here without torch. It fits one model to start from, one set of corrections and one seed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from core_model.bundle_version import bundle_version
from core_model.timeline import Task
from training.corrections.data import TrainingData
from training.corrections.json_form import from_json, to_json
from training.recipe.schedule import StopAndGo

HEADER_KEY = "training"
# To be raised whenever a training from the same state would go another way.
FORM = 1
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Control:
    """Dynamic Stop-and-Go of one task; ``best`` is None before it was first judged."""

    best: float | None
    stopped: bool
    worse_epochs: int
    unjudged: int

    @classmethod
    def of(cls, control: StopAndGo) -> Control:
        best = None if control.best == -math.inf else control.best
        return cls(best, control.stopped, control.worse_epochs, control.unjudged)

    def restored(self) -> StopAndGo:
        return StopAndGo(
            best=-math.inf if self.best is None else self.best,
            stopped=self.stopped,
            worse_epochs=self.worse_epochs,
            unjudged=self.unjudged,
        )


@dataclass(frozen=True, slots=True)
class DrawState:
    """A numpy generator (PCG64) between two draws."""

    state: int
    inc: int
    has_uint32: int
    uinteger: int

    @classmethod
    def of(cls, random: np.random.Generator) -> DrawState:
        raw = random.bit_generator.state
        return cls(**raw["state"], has_uint32=raw["has_uint32"], uinteger=raw["uinteger"])

    def restore(self, random: np.random.Generator) -> None:
        """Let the generator draw what it would have drawn. Raises ValueError."""
        inner = {"state": self.state, "inc": self.inc}
        random.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": inner,
            "has_uint32": self.has_uint32,
            "uinteger": self.uinteger,
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything of a state but its tensors.

    ``fingerprint`` as :func:`fingerprint` gives it, ``settings`` the learner's as text. ``step``
    of ``of`` steps are done, in ``spent_s`` seconds; ``told`` are the lines of the events so far.
    """

    fingerprint: str
    settings: str
    step: int
    of: int
    spent_s: float
    normaliser: Mapping[Task, float]
    control: Mapping[Task, Control]
    draw: DrawState
    told: tuple[str, ...]

    def to_text(self) -> str:
        """As one line of JSON."""
        return json.dumps(to_json(self), ensure_ascii=False)


def fingerprint(data: TrainingData, init: Path, seed: int) -> str:
    """Equal for trainings that go the same way. Raises BundleError.

    The number of edits does not count: what they came to does.
    """
    told = {
        "form": FORM,
        "data": to_json(replace(data, revision=0)),
        "init": bundle_version(init),
        "seed": seed,
    }
    text = json.dumps(told, sort_keys=True).encode("utf-8")
    return hashlib.blake2b(text, digest_size=_DIGEST_BYTES).hexdigest()


def read_progress(file: Path) -> Progress | None:
    """What a file says of a training that was cut off; None where it says nothing of use."""
    try:
        with safe_open(file, framework="np") as stored:
            text = (stored.metadata() or {}).get(HEADER_KEY, "")
        return from_json(Progress, json.loads(text))
    except (OSError, SafetensorError, ValueError, RecursionError):
        return None


def default_state_file(out: Path) -> Path:
    """Where the state of a training into ``out`` is kept: a hidden file beside it."""
    return out.parent / f".{out.name}.training"


def forget_state(file: Path) -> None:
    """There is nothing to go on with any more."""
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)
