"""A sound server of its own with a card that leads nowhere, and ears that hear what it plays."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np

RATE_HZ = 48_000
SERVER_WAIT_S = 15.0
# A null sink to which nobody listens plays in pieces of 2 s, which takes a while to end.
WAKES_WITHIN_S = 2.5
# What is that loud after a pause is the beginning of a beep.
LOUD = 0.05
PAUSE_S = 0.08
# The card's time for each moment is the median over the buffers within this distance.
NEAR_S = 0.5


class NoServerError(Exception):
    """PulseAudio can't be used here; the message says why."""


class NullSink:
    """PulseAudio with one null sink, as long as the context lasts; its files lie in ``folder``.

    ``environment`` is that of a process that plays to it and records from it. Raises NoServerError
    on entering where PulseAudio is missing or does not start.
    """

    def __init__(self, folder: Path) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: subprocess.Popen[bytes] | None = None
        self._folder = folder
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder / "pulse"),
            "PULSE_STATE_PATH": str(folder / "state"),
            "PULSE_SOURCE": "null.monitor",
            "HOME": str(folder),
        }

    def __enter__(self) -> NullSink:
        if not sys.platform.startswith("linux"):
            raise NoServerError("PulseAudio is tried on Linux only")
        if not (shutil.which("pulseaudio") and shutil.which("pactl")):
            raise NoServerError("PulseAudio is not installed")
        (self._folder / ".asoundrc").write_text(
            "pcm.!default { type pulse }\nctl.!default { type pulse }\n", encoding="utf-8"
        )
        self._process = subprocess.Popen(
            [
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                "--log-target=null",
                "-L", f"module-null-sink sink_name=null rate={RATE_HZ}",
                "-L", "module-native-protocol-unix",
            ],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if not self._is_ready():
            self.stop()
            raise NoServerError("PulseAudio does not start here")
        self._keep_awake()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server: for what plays, the card is unplugged."""
        for process in (self._listener, self._process):
            if process is not None:
                process.terminate()
                process.wait()
        self._listener = self._process = None

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Let the server stand still, as on a machine that has no time for it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _keep_awake(self) -> None:
        self._listener = subprocess.Popen(
            ["parec", "-d", "null.monitor", "--latency-msec=20"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(WAKES_WITHIN_S)

    def _is_ready(self) -> bool:
        end_s = time.monotonic() + SERVER_WAIT_S
        while time.monotonic() < end_s and self._process and self._process.poll() is None:
            asked = subprocess.run(
                ["pactl", "info"], env=self.environment, capture_output=True, check=False
            )
            if asked.returncode == 0:
                return True
            time.sleep(0.1)
        return False


class Ears:
    """A process that listens to what the null sink plays, as long as the context lasts.

    Afterwards ``beeps_s`` holds the moments, in seconds of the monotonic clock, at which beeps
    began, float64 (n,).
    """

    def __init__(self, sink: NullSink) -> None:
        self._sink = sink
        self._process: subprocess.Popen[bytes] | None = None
        self.beeps_s = np.empty(0)

    def __enter__(self) -> Ears:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.null_sink"],
            env=self._sink.environment,
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"listening\n":
            self.__exit__(None, None, None)
            raise NoServerError("PortAudio does not reach PulseAudio here")
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            said, _ = self._process.communicate()
            self.beeps_s = np.array([float(line) for line in said.split()])


def listen() -> None:
    """Listen until the input ends, then print when each beep began."""
    import sounddevice

    onsets: list[int] = []
    bases_s: list[float] = []
    firsts: list[int] = []
    heard, quiet_since = 0, 0

    def on_sound(sound: np.ndarray, count: int, timing, _status: object) -> None:
        nonlocal heard, quiet_since
        began_s = time.monotonic() + timing.inputBufferAdcTime - timing.currentTime
        firsts.append(heard)
        bases_s.append(began_s - heard / RATE_HZ)
        for place in np.flatnonzero(np.abs(sound[:, 0]) > LOUD):
            if heard + place - quiet_since > PAUSE_S * RATE_HZ:
                onsets.append(heard + int(place))
            quiet_since = heard + int(place)
        heard += count

    with sounddevice.InputStream(
        samplerate=RATE_HZ, channels=1, dtype="float32", latency=0.1, callback=on_sound
    ):
        print("listening", flush=True)
        sys.stdin.read()
    bases, places = np.array(bases_s), np.array(firsts)
    for onset in onsets:
        near = np.abs(places - onset) < NEAR_S * RATE_HZ
        print(f"{np.median(bases[near]) + onset / RATE_HZ:.6f}")


if __name__ == "__main__":
    listen()
