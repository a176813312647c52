"""Children that say what a training would say, without training anything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from core_model.timeline import Task
from training.corrections.events import (
    ComparedLabel,
    Depth,
    Encoding,
    Evaluated,
    KeptDetections,
    PlannedLabel,
    PlannedVideo,
    Remark,
    SplitBy,
    TrainingDone,
    TrainingEvent,
    TrainingPlan,
    TrainingStep,
    event_line,
)

Command = Callable[[Path, Path, Path, int, Path], list[str]]

PLAN = TrainingPlan(
    project="study.avscope",
    revision=12,
    init="tiny 0.1",
    videos=(
        PlannedVideo("a.wav", 0, 4_000_000, False, 3),
        PlannedVideo("b.wav", 0, 4_000_000, True, 1),
    ),
    left_out=(),
    labels=(PlannedLabel(Task.SED, "kettle", True, 1, 1, 1, 2, 2, 1),),
    stray_segments=0,
    split_by=SplitBy.VIDEO,
    depth=Depth.LABELS,
    trained=("calibration",),
    frozen=("encoders",),
    why="With 3 events only the labels are adjusted.",
)
DONE = TrainingDone(
    folder="/elsewhere",
    version="f" * 16,
    parent="0" * 16,
    compared=(
        ComparedLabel(Task.SED, "", False, 4, 0.41, 0.52, 0.5, 0.6),
        ComparedLabel(Task.SED, "kettle", True, 4, 0.1, 0.52, 0.2, 0.75),
    ),
    untouched=(KeptDetections(Task.TAL, 10, 9, 1),),
    revision=12,
    seed=0,
    seconds=83.0,
)


def step(number: int, of: int = 20) -> TrainingStep:
    loss = {Task.SED: 1.0 / number, Task.TAL: 2.0 / number}
    return TrainingStep(number, of, float(of - number), loss, 1e-4)


def evaluated(number: int, of: int = 20) -> Evaluated:
    score = {Task.SED: 0.2 + number / 100, Task.TAL: 0.5}
    return Evaluated(number, of, score, {Task.SED: False, Task.TAL: number > 5})


USUAL: tuple[TrainingEvent, ...] = (
    PLAN,
    Encoding(0, 2, "a.wav", 0.5),
    Encoding(2, 2, "b.wav", 1.0),
    evaluated(0),
    *(step(number) for number in range(1, 11)),
    evaluated(10),
    Remark("b.wav: shorter than its header says"),
    *(step(number) for number in range(11, 21)),
    evaluated(20),
)


def scripted(*events: TrainingEvent, source: Path | None = None, then: str = "") -> Command:
    """A child that copies the bundle in ``source`` to where it was told, says ``events``, and
    does what the program ``then`` says.
    """

    def command(project: Path, out: Path, init: Path, seed: int, state: Path) -> list[str]:
        program = [
            "import os, shutil, sys, time",
            "sys.stdout.reconfigure(encoding='utf-8')",
            f"assert os.path.isfile({str(project)!r}) and os.path.isdir({str(init)!r})",
        ]
        if source is not None:
            program.append(f"shutil.copytree({str(source)!r}, {str(out)!r}, dirs_exist_ok=True)")
        program += [f"state = {str(state)!r}"]
        program += [f"print({event_line(event)!r}, flush=True)" for event in events]
        return [sys.executable, "-c", "\n".join([*program, then])]

    return command
