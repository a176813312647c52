"""Sound through a real sound server: what is heard is what the clock and the picture say.

Skips where no PulseAudio can be started. The card is a null sink of an own server, and what it
played is recorded back from its monitor. The limits are wide: this machine may be busy, and
``python -m benchmarks.av_sync`` is there to measure.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.player.pacer import Pacer, SoundState
from app.player.route import Route
from benchmarks.av_sync import beeps_and_flashes, measure
from benchmarks.null_sink import RATE_HZ, NoServerError, NullSink
from tests.media_factory import Audio, write_media
from tests.tone_file import TONE_HZ, write_tone

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 9.0


@pytest.fixture
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NullSink]:
    made = NullSink(tmp_path_factory.mktemp("pulse"))
    try:
        made.__enter__()
    except NoServerError as error:
        pytest.skip(str(error))
    yield made
    made.stop()


PLAY = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from app.player.pacer import Pacer, SoundState
from app.player.route import Route

app = QCoreApplication([])
pacer = Pacer()
pacer.set_volume(1.0, muted=False)
pacer.set_media(Path(sys.argv[1]), has_sound=True)
start_us, end_us, speed, loops, seconds, *stays = map(float, sys.argv[2:])

def say(state, reason):
    print(state.name, reason, flush=True)
    if state is SoundState.NO_CARD and not stays:
        QTimer.singleShot(500, app.quit)

pacer.sound_changed.connect(say)
pacer.start(int(start_us), Route(int(start_us), int(end_us), speed, bool(loops)))
QTimer.singleShot(int(seconds * 1000), app.quit)
app.exec()
print("CLOCK", pacer.now_us(), flush=True)
pacer.stop(0)
pacer.shutdown()
"""


def playing(sink: NullSink, script: list[str]) -> subprocess.Popen[str]:
    """A process that runs a script with its arguments and plays to the sink."""
    return subprocess.Popen(
        [sys.executable, "-c", *script],
        env=sink.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )


def recorded(sink: NullSink, script: list[str]) -> tuple[np.ndarray, str]:
    """What the sink played while a script ran, float (n,), and what the script said."""
    with tempfile.TemporaryFile() as tape:
        # Into a file: a pipe that nobody empties would be full after half a second.
        recorder = subprocess.Popen(
            ["parec", "-d", "null.monitor", "--format=s16le", "--channels=1", f"--rate={RATE_HZ}"],
            env=sink.environment,
            stdout=tape,
        )
        said, _ = playing(sink, script).communicate()
        recorder.terminate()
        recorder.wait()
        tape.seek(0)
        heard = np.frombuffer(tape.read(), np.int16) / 32_768
    return heard, said


def route_played(sink: NullSink, path: Path, *arguments: float) -> np.ndarray:
    """The sound, float (n,), of a route: start and end in us, speed, loops, seconds to play."""
    heard, said = recorded(sink, [PLAY, str(path), *map(str, arguments)])
    if "PLAYING" not in said or "NO_CARD" in said:
        pytest.skip(f"too busy to play, or PortAudio does not reach PulseAudio: {said[-200:]}")
    return heard


@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_flashes_are_painted_when_beeps_are_heard(sink: NullSink, speed: float) -> None:
    offsets = measure(sink, beeps_and_flashes(25), speed, SECONDS)
    if offsets.sound != SoundState.PLAYING.name or len(offsets.values_ms) < 3:
        pytest.skip(f"too busy to play {SECONDS} s of sound: {offsets}")
    assert abs(np.median(offsets.values_ms)) < 30


def test_a_short_loop_is_heard_without_gaps(sink: NullSink, tmp_path: Path) -> None:
    tone = write_tone(tmp_path / "tone.wav", 1.0, RATE_HZ)
    heard = route_played(sink, tone, 300_000, 500_000, 1.0, 1, 4.0)
    loud = np.flatnonzero(np.abs(heard) > 0.1)
    assert len(loud) > RATE_HZ / 4
    gaps = np.flatnonzero(np.diff(loud) > 0.01 * RATE_HZ)
    laps = (loud[-1] - loud[0]) / RATE_HZ / 0.2
    # A busy machine may lose a buffer now and then, but not one per lap.
    assert len(gaps) < max(laps / 4, 2)


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_a_tone_is_heard_at_its_pitch(sink: NullSink, tmp_path: Path, speed: float) -> None:
    tone = write_tone(tmp_path / "tone.wav", 3.0 * speed, RATE_HZ)
    heard = route_played(sink, tone, 0, 3_000_000 * speed, speed, 0, 2.5)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    peak_hz = np.argmax(spectrum) * RATE_HZ / len(heard)
    assert peak_hz == pytest.approx(TONE_HZ, rel=0.01)


def test_an_unplugged_card_is_told_and_a_timer_goes_on(sink: NullSink, tmp_path: Path) -> None:
    beeping = write_media(
        tmp_path / "beeps.wav", audio=Audio(((0.0, 9.0),), codec="pcm_s16le", rate_hz=RATE_HZ)
    )
    player = playing(sink, [PLAY, str(beeping), "0", "9000000", "1", "0", "20"])
    assert player.stdout is not None
    states = [player.stdout.readline()]
    if not states[0].startswith("PLAYING"):
        player.communicate()
        pytest.skip(f"PortAudio does not reach PulseAudio here: {states}")
    sink.stop()
    said, _ = player.communicate()
    lost, clock = said.splitlines()
    assert lost.startswith("NO_CARD the sound card")
    # Half a second more on the timer before it ended, whenever the card was lost.
    assert int(clock.split()[1]) >= 400_000


def test_a_sound_server_that_sleeps_for_seconds_is_taken_back(
    sink: NullSink, tmp_path: Path
) -> None:
    tone = write_tone(tmp_path / "tone.wav", 30.0, RATE_HZ)
    player = playing(sink, [PLAY, str(tone), "0", "3e7", "1", "0", "9", "1"])
    assert player.stdout is not None
    states = [player.stdout.readline()]
    if not states[0].startswith("PLAYING"):
        player.communicate()
        pytest.skip(f"PortAudio does not reach PulseAudio here: {states}")
    with sink.asleep():
        states.append(player.stdout.readline())
        time.sleep(2.0)
    woke_s = time.monotonic()
    states.append(player.stdout.readline())
    took_s = time.monotonic() - woke_s
    player.communicate()
    assert [state.split()[0] for state in states] == ["PLAYING", "NO_CARD", "PLAYING"]
    assert took_s < 3.0


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
        pacer.change(Route(0, 2_000_000, 4.0))
        qtbot.waitUntil(lambda: pacer.now_us() > 1_200_000)
    finally:
        pacer.shutdown()


def test_without_portaudio_there_is_no_beep(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    pacer = Pacer()
    try:
        with qtbot.waitSignal(pacer.beep_failed) as failed:
            assert pacer.beep()
        assert failed.args == ["PortAudio is missing"]
        pacer.start(0, Route(0, 2_000_000))
        assert not pacer.beep()
        pacer.stop(0)
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


CHANGE_AND_SCRUB = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from app.player.pacer import Pacer
from app.player.route import Route

app = QCoreApplication([])
pacer = Pacer()
pacer.set_volume(1.0, muted=False)
pacer.set_media(Path(sys.argv[1]), has_sound=True)
pacer.sound_changed.connect(lambda state, reason: print(state.name, reason, flush=True))
speeds, places = [2.0, 0.5, 4.0, 0.25], list(range(0, 1_000_000, 20_000))

def change():
    if speeds:
        pacer.change(Route(0, 60_000_000, speeds.pop(0)))
    else:
        app.quit()

def scrub():
    if places:
        pacer.stop(places[0])
        pacer.play_grain(places.pop(0))
    else:
        app.quit()

timer = QTimer()
if sys.argv[2] == "change":
    pacer.start(0, Route(0, 60_000_000))
    timer.timeout.connect(change)
    timer.start(600)
else:
    timer.timeout.connect(scrub)
    timer.start(30)
app.exec()
timer.stop()
pacer.shutdown()
"""


@pytest.mark.parametrize("what", ["change", "scrub"])
def test_changes_of_speed_and_scrubbing_leave_no_gap(
    sink: NullSink, tmp_path: Path, what: str
) -> None:
    tone = write_tone(tmp_path / "tone.wav", 20.0, RATE_HZ)
    heard, said = recorded(sink, [CHANGE_AND_SCRUB, str(tone), what])
    loud = np.flatnonzero(np.abs(heard) > 0.1)
    if "NO_CARD" in said or len(loud) < RATE_HZ:
        pytest.skip(f"too busy to play a second of sound: {said}")
    # The first grain is mostly over before the next one comes.
    gaps = np.flatnonzero(np.diff(loud) > 0.03 * RATE_HZ)
    assert len(gaps) <= 2
