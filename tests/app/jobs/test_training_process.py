"""A training's child process: what it says is heard, whatever else it does is survived."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.jobs.training_process import TrainingProcess, training_command
from core_model.timeline import Task
from training.corrections.events import (
    Remark,
    TrainingDone,
    TrainingEvent,
    TrainingFailed,
    TrainingStep,
    event_line,
)

DONE = TrainingDone("/anywhere", "f" * 16, "0" * 16, (), (), 3, 0, 1.5)
STEP = TrainingStep(1, 10, 3.5, {Task.SED: 0.7}, 1e-4)


class Child:
    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.process = TrainingProcess()
        self.heard: list[TrainingEvent] = []
        self.ended: list[str] = []
        self.process.told.connect(self.heard.append)
        self.process.ended.connect(self.ended.append)

    def start(self, program: str) -> None:
        self.process.start([sys.executable, "-c", f"import sys, time, os\n{program}"])

    def run(self, program: str) -> str:
        self.start(program)
        return self.wait()

    def wait(self) -> str:
        self.qtbot.waitUntil(lambda: bool(self.ended), timeout=60_000)
        (line,) = self.ended
        return line


@pytest.fixture
def child(qtbot: QtBot) -> Iterator[Child]:
    made = Child(qtbot)
    yield made
    made.process.shutdown()


def said(*events: TrainingEvent) -> str:
    return "".join(f"print({event_line(event)!r}, flush=True)\n" for event in events)


def test_events_are_heard_in_their_order(child: Child) -> None:
    remark = Remark("Größe 3 → 4")
    assert child.run("sys.stdout.reconfigure(encoding='utf-8')\n" + said(remark, STEP, DONE)) == ""
    assert child.heard == [remark, STEP, DONE]
    assert not child.process.is_running


def test_a_failure_is_its_own_line(child: Child) -> None:
    failed = TrainingFailed("a.mp4: the loss is not a number at step 7")
    assert child.run(said(STEP, failed) + "sys.exit(1)") == failed.reason


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("print('a'); print('Memory is full', file=sys.stderr); sys.exit(3)", "Memory is full"),
        ("raise ValueError('no such\\n label')", "label"),
        ("sys.exit(4)", "ended with 4"),
        ("os.kill(os.getpid(), 9)", "crashed"),
        ("pass", "ended with 0"),
        (said(DONE) + "sys.exit(5)", "ended with 5"),
    ],
)
def test_a_crash_is_one_line_with_its_last_words(child: Child, program: str, line: str) -> None:
    told = child.run(program)
    assert line in told and "\n" not in told and told.startswith("The training ")


@pytest.mark.parametrize(
    "nonsense",
    [
        "print('hello')",
        'print(\'{"event": "step"}\')',
        'print(\'{"event": "step", "step": 1e999}\')',
        "print('[' * 100_000)",
        "print('{\"event\": [1]}')",
        'print(\'{"event": {"a": 1}}\')',
        "print('null'); print('7'); print('\"done\"')",
        "sys.stdout.buffer.write(b'\\xff\\xfe\\x00\\n')",
        "print(__import__('json').dumps({'event': 'done', 'folder': '/etc'}))",
    ],
)
def test_lines_that_are_no_events_are_passed_over(child: Child, nonsense: str) -> None:
    assert child.run(f"{nonsense}\nsys.stdout.flush()\n" + said(STEP, DONE)) == ""
    assert child.heard == [STEP, DONE]


def test_a_line_without_end_is_cut_and_the_next_one_heard(child: Child) -> None:
    program = "sys.stdout.write('x' * 9_000_000 + '\\n')\n" + said(STEP, DONE)
    assert child.run(program) == ""
    assert child.heard == [STEP, DONE]


def test_a_flood_of_events_leaves_the_window_free(child: Child, qtbot: QtBot) -> None:
    gaps: list[float] = []
    last = [time.perf_counter()]

    def beat() -> None:
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(5)
    line = event_line(STEP)
    assert child.run(f"for _ in range(20_000): print({line!r})\n" + said(DONE)) == ""
    timer.stop()
    assert len(child.heard) == 20_001
    # A busy machine delays single beats; a window that reads all at once has next to none.
    assert len(gaps) > 10
    assert sorted(gaps)[len(gaps) // 2] < 0.1


def test_cancel_ends_a_child_that_listens(child: Child) -> None:
    child.start(said(STEP) + "time.sleep(60)")
    child.qtbot.waitUntil(lambda: child.heard == [STEP], timeout=30_000)
    began = time.monotonic()
    child.process.cancel()
    child.process.cancel()
    assert child.wait() == TrainingProcess.CANCELLED
    assert time.monotonic() - began < 30


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_cancel_ends_a_child_that_does_not_listen(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    child.process._patience.setInterval(100)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    child.start(deaf + said(STEP) + "time.sleep(60)")
    child.qtbot.waitUntil(lambda: child.heard == [STEP], timeout=30_000)
    child.process.cancel()
    assert child.wait() == TrainingProcess.CANCELLED


def test_closing_takes_the_child_along(child: Child) -> None:
    child.start(said(STEP) + "time.sleep(60)")
    child.qtbot.waitUntil(lambda: child.heard == [STEP], timeout=30_000)
    child.process.shutdown()
    assert not child.process.is_running and child.ended == []


def test_a_program_that_is_not_there_is_one_line(child: Child, tmp_path: Path) -> None:
    child.process.start([str(tmp_path / "nowhere"), "train"])
    assert child.wait().startswith("The training cannot be started: ")


def test_the_command_is_the_one_of_the_terminal(tmp_path: Path) -> None:
    program, script, *arguments = training_command(
        tmp_path / "p", tmp_path / "o", tmp_path, 3, tmp_path / "s"
    )
    assert program == sys.executable
    assert Path(script).name == "main.py" and Path(script).is_file()
    assert arguments[0] == "train" and arguments[-2:] == ["--format", "jsonl"]
