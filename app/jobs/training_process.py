"""Training in a child process, and what it says while it runs.

The child prints one event of :mod:`training.corrections.events` per line. Whatever else it
prints is not believed: lines that are no events are passed over, endless ones are cut, and only
so much is read at a time that the window stays free.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from training.corrections.events import TrainingDone, TrainingFailed, parse_event

# Some twenty events: a few milliseconds of the window.
READ_BYTES = 4_096
LONGEST_LINE_BYTES = 4_000_000
LONGEST_COMPLAINT = 500
# How long a child that was asked to end has, before it is made to.
GRACE_MS = 2_000
LAST_WAIT_MS = 5_000


class TrainingProcess(QObject):
    """One child, from its start to its end.

    ``told(TrainingEvent)``: it said something. ``ended(str)``: it is gone; empty where it said
    TrainingDone before, else one line that says why not, CANCELLED where it was asked to end.
    """

    CANCELLED = "cancelled"

    told = Signal(object)
    ended = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = QProcess(self)
        self._process.setStandardInputFile(QProcess.nullDevice())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read_complaints)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(GRACE_MS)
        self._patience.timeout.connect(self._process.kill)
        self._next_read = QTimer(self)
        self._next_read.setSingleShot(True)
        self._next_read.timeout.connect(self._read)
        self._begun = b""
        self._complaint = b""
        self._is_skipping = False
        self._is_cancelled = False
        self._outcome: str | None = None

    @property
    def is_running(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self, command: Sequence[str]) -> None:
        """Start the child; ``command`` as :func:`training_command` gives it."""
        program, *arguments = command
        self._process.start(program, arguments)

    def cancel(self) -> None:
        """Ask the child to end, and make it end if it does not within two seconds."""
        if self.is_running and not self._is_cancelled:
            self._is_cancelled = True
            self._process.terminate()
            self._patience.start()

    def shutdown(self) -> None:
        """End the child at once and wait until it is gone."""
        self._is_cancelled = True
        self._patience.stop()
        self._next_read.stop()
        self._process.blockSignals(True)
        if self.is_running:
            self._process.kill()
            self._process.waitForFinished(LAST_WAIT_MS)

    def _read(self) -> None:
        """A part of what the child has printed; the rest when the window had its turn."""
        self._process.setReadChannel(QProcess.ProcessChannel.StandardOutput)
        self._take(bytes(self._process.read(READ_BYTES).data()))
        if self._process.bytesAvailable() and not self._next_read.isActive():
            self._next_read.start(0)

    def _take(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole, self._begun = self._begun + line, b""
            if not self._is_skipping:
                self._hear(whole)
            self._is_skipping = False
        self._begun += rest
        if len(self._begun) > LONGEST_LINE_BYTES:
            self._begun, self._is_skipping = b"", True

    def _hear(self, line: bytes) -> None:
        try:
            event = parse_event(line.decode("utf-8"))
        except (ValueError, RecursionError):
            return
        if self._outcome is not None or self._is_cancelled:
            return
        if isinstance(event, TrainingDone):
            self._outcome = ""
        elif isinstance(event, TrainingFailed):
            self._outcome = event.reason
        self.told.emit(event)

    def _read_complaints(self) -> None:
        """Only the last line is kept: where a child crashes, it names the reason there."""
        data = self._complaint + bytes(self._process.readAllStandardError().data())
        lines = [line for line in data.splitlines() if line.strip()]
        self._complaint = lines[-1][-LONGEST_COMPLAINT:] if lines else b""
        if data.endswith(b"\n") and self._complaint:
            self._complaint += b"\n"

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._patience.stop()
        self._next_read.stop()
        while self._process.bytesAvailable():
            self._take(bytes(self._process.read(READ_BYTES).data()))
        self._take(b"\n")
        self._read_complaints()
        if self._is_cancelled:
            self.ended.emit(self.CANCELLED)
        elif self._outcome is not None and (self._outcome or code == 0):
            self.ended.emit(self._outcome)
        else:
            how = "crashed" if status == QProcess.ExitStatus.CrashExit else f"ended with {code}"
            last = " ".join(self._complaint.decode("utf-8", "replace").split())
            self.ended.emit(f"The training {how}: {last}" if last else f"The training {how}.")

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.ended.emit(f"The training cannot be started: {self._process.errorString()}")


def training_command(project: Path, out: Path, init: Path, seed: int, state: Path) -> list[str]:
    """How ``main.py train`` is called by the interpreter that runs the window."""
    main = importlib.util.find_spec("main")
    script = main.origin if main is not None and main.origin is not None else "main.py"
    return [
        *(sys.executable, script, "train"),
        *("--project", str(project), "--out", str(out), "--init", str(init)),
        *("--seed", str(seed), "--state", str(state), "--format", "jsonl"),
    ]
