"""Sound through a real sound server: what is heard is what the clock says.

Skips where no PulseAudio can be started. The card is a null sink of an own server, and what it
played is recorded back from its monitor.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.player.pacer import Pacer, SoundState
from app.player.route import Route
from tests.media_factory import Audio, write_media

RATE_HZ = 48_000
SERVER_WAIT_S = 10.0
# The second beep is at 2 s, and a little later heard.
TWO_BEEPS_US = 2_300_000


class PulseServer:
    """An own server with one null sink; its socket and state lie in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder / "pulse"),
            "PULSE_STATE_PATH": str(folder / "state"),
            "HOME": str(folder),
        }
        (folder / ".asoundrc").write_text(
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

    def is_ready(self) -> bool:
        end_s = time.monotonic() + SERVER_WAIT_S
        while time.monotonic() < end_s and self._process.poll() is None:
            asked = subprocess.run(
                ["pactl", "info"], env=self.environment, capture_output=True, check=False
            )
            if asked.returncode == 0:
                return True
            time.sleep(0.1)
        return False

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PulseServer]:
    if not sys.platform.startswith("linux") or not (
        shutil.which("pulseaudio") and shutil.which("pactl")
    ):
        pytest.skip("no PulseAudio here")
    started = PulseServer(tmp_path_factory.mktemp("pulse"))
    try:
        if not started.is_ready():
            pytest.skip("PulseAudio does not start here")
        yield started
    finally:
        started.close()


PLAY = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from app.player.pacer import Pacer, SoundState
from app.player.route import Route

app = QCoreApplication([])
pacer = Pacer()
pacer.set_volume(1.0, muted=False)
pacer.sound_changed.connect(lambda state, reason: print(state, reason, file=sys.stderr))
pacer.set_media(Path(sys.argv[1]), has_sound=True)
readings = []

def look():
    readings.append((time.time(), pacer.now_us()))

timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
# Between two beeps: the recorder may miss what is heard while it starts.
pacer.start(500_000, Route(0, 9_000_000, float(sys.argv[2])))
QTimer.singleShot(3000, app.quit)
app.exec()
timer.stop()
print(pacer.sound_state.name)
pacer.stop(0)
pacer.shutdown()
for at_s, media_us in readings:
    print(f"{at_s:.6f} {media_us}")
"""


@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_the_clock_follows_what_is_heard(server: PulseServer, tmp_path: Path, speed: float) -> None:
    beeping = write_media(
        tmp_path / "beeps.mkv", audio=Audio(((0.0, 9.0),), codec="flac", rate_hz=RATE_HZ)
    )
    recorded = tmp_path / "recorded.raw"
    with recorded.open("wb") as sink:
        recorder = subprocess.Popen(
            ["parec", "-d", "null.monitor", "--format=s16le", "--channels=1", f"--rate={RATE_HZ}",
             "--latency-msec=20"],
            env=server.environment, stdout=sink,
        )  # fmt: skip
        played = subprocess.run(
            [sys.executable, "-c", PLAY, str(beeping), str(speed)],
            env=server.environment,
            cwd=Path(__file__).resolve().parents[3],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        recorder.terminate()
        recorder.wait()
    lines = played.stdout.splitlines()
    if not lines or lines[0] == SoundState.NO_CARD.name:
        pytest.skip(f"PortAudio does not reach PulseAudio here: {played.stderr[-200:]}")
    assert lines[0] == SoundState.PLAYING.name, played.stderr
    readings = np.array([[float(word) for word in line.split()] for line in lines[1:]])
    if readings[-1, 1] < TWO_BEEPS_US:
        pytest.skip("the machine is too busy to play two beeps in the time that they take")
    running = readings[readings[:, 1] > 1_200_000]
    media_s, at_s = running[:, 1] / 1e6, running[:, 0]
    # Medians: a machine under load may lose a buffer now and then.
    apart = len(at_s) // 3
    rates = (media_s[apart:] - media_s[:-apart]) / (at_s[apart:] - at_s[:-apart])
    assert np.median(rates) == pytest.approx(speed, rel=0.05)
    beep_starts_s = _beep_starts_s(np.fromfile(recorded, np.int16))
    gaps_s = np.diff(beep_starts_s)
    assert len(gaps_s) >= 1
    assert np.median(gaps_s) == pytest.approx(1.0 / speed, abs=0.03)


def _beep_starts_s(samples: np.ndarray) -> np.ndarray:
    """Beginnings of loud stretches that follow a tenth of a second of silence."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 4_000) / RATE_HZ
    return loud[np.flatnonzero(np.diff(loud, prepend=-1.0) > 0.1)]


def test_without_portaudio_the_pacer_says_so_and_goes_on(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beeping = write_media(tmp_path / "beeps.mkv", audio=Audio())
    # What importing sounddevice does where the library of the system is missing.
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    pacer = Pacer()
    try:
        pacer.set_media(beeping, has_sound=True)
        with qtbot.waitSignal(pacer.sound_changed) as changed:
            pacer.start(500_000, Route(0, 2_000_000))
        assert changed.args == [SoundState.NO_CARD, "PortAudio is missing"]
        qtbot.waitUntil(lambda: pacer.now_us() > 600_000)
    finally:
        pacer.shutdown()


def test_sound_that_cannot_be_read_does_not_stop_the_clock(qtbot: QtBot, tmp_path: Path) -> None:
    gone = tmp_path / "gone.mp4"
    pacer = Pacer()
    try:
        pacer.set_media(gone, has_sound=True)
        with qtbot.waitSignal(pacer.sound_changed) as changed:
            pacer.start(0, Route(0, 2_000_000))
        assert changed.args is not None
        assert changed.args[0] in (SoundState.NO_CARD, SoundState.UNREADABLE)
        qtbot.waitUntil(lambda: pacer.now_us() > 50_000)
        pacer.stop(70_000)
        assert pacer.now_us() == 70_000
    finally:
        pacer.shutdown()
