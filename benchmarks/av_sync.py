"""Sound and picture: python -m benchmarks.av_sync [--minutes N] [--minutes-other N] [--speeds ...]

A file with a beep and a white frame at the start of every second is played by the real player in
a real window, to a sound server of its own with a null sink. What that sink plays is recorded
from its monitor with the times at which it is heard, and the window notes when the white frame is
painted. Offset = painted - heard: positive where the picture is late. The first seconds, in which
the server settles, do not count.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication

from app.player.pacer import SoundState
from app.player.player import Player
from app.player.video_view import VideoView
from app.session import Session
from app.theme import DARK
from app.view_state import ViewState
from benchmarks.null_sink import RATE_HZ, Ears, NoServerError, NullSink

FRAME_RATE_HZ = 30
SIZE_PX = (320, 180)
BEEP_S = 0.05
BEEP_HZ = 1_000.0
SETTLING_S = 4.0
# Pairs further apart than this do not belong together: one of them was missed.
FURTHEST_S = 0.2


class Offsets(NamedTuple):
    """Milliseconds from each beep heard to its flash, how many flashes had no beep, and how often
    the card was lost."""

    values_ms: np.ndarray
    unmatched: int
    sound: str
    dropped: int
    lost: int


class FlashView(VideoView):
    """A view that notes when it painted a white frame for the first time."""

    def __init__(self, player: Player, view_state: ViewState) -> None:
        super().__init__(Session(), view_state, DARK)
        self._player = player
        self._last_us: int | None = None
        self.flashes_s: list[float] = []

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painted_s = time.monotonic()
        shown = self._player.picture.shown
        if shown is not None and shown.pts_us != self._last_us:
            self._last_us = shown.pts_us
            if shown.image[::8, ::8, :3].mean() > 128:
                self.flashes_s.append(painted_s)


def beeps_and_flashes(duration_s: int) -> Path:
    """A video of that length, H.264 and AAC in mp4; written unless it is there."""
    folder = Path(tempfile.gettempdir()) / "avscope-benchmarks"
    folder.mkdir(exist_ok=True)
    path = folder / f"beeps-and-flashes-{duration_s}s.mp4"
    if not path.exists():
        partial = path.with_name(f"{path.stem}-part.mp4")
        _write(partial, duration_s)
        partial.replace(path)
    return path


def _write(path: Path, duration_s: int) -> None:
    width_px, height_px = SIZE_PX
    images = [np.full((height_px, width_px, 3), value, np.uint8) for value in (0, 255)]
    pictures = [av.VideoFrame.from_ndarray(image, format="rgb24") for image in images]
    time_s = np.arange(RATE_HZ) / RATE_HZ
    beep = 0.5 * np.sin(2 * np.pi * BEEP_HZ * time_s) * (time_s < BEEP_S)
    second = np.ascontiguousarray(beep.astype(np.float32)[None])
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "crf": "30", "g": "60"}
        video = container.add_stream("libx264", rate=FRAME_RATE_HZ, options=options)
        video.width, video.height, video.pix_fmt = width_px, height_px, "yuv420p"
        audio = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        fifo = av.AudioFifo()
        for number in range(duration_s * FRAME_RATE_HZ):
            picture = pictures[number % FRAME_RATE_HZ == 0]
            picture.pts, picture.time_base = number, Fraction(1, FRAME_RATE_HZ)
            container.mux(video.encode(picture))
            if number % FRAME_RATE_HZ == 0:
                sound = av.AudioFrame.from_ndarray(second, format="fltp", layout="mono")
                sound.sample_rate = RATE_HZ
                sound.pts = number // FRAME_RATE_HZ * RATE_HZ
                sound.time_base = Fraction(1, RATE_HZ)
                fifo.write(sound)
                while (part := fifo.read(1_024)) is not None:
                    container.mux(audio.encode(part))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def play(path: Path, speed: float, duration_s: float) -> None:
    """Play in a window for so long; prints when flashes were painted, as JSON."""
    app = QApplication(sys.argv[:1])
    view_state = ViewState()
    player = Player(view_state)
    view = FlashView(player, view_state)
    player.picture.frame_shown.connect(view.set_frame)
    view.view_resized.connect(player.set_view_size)
    view.resize(640, 360)
    view.show()
    player.pacer.set_volume(1.0, muted=False)
    player.set_speed(speed)
    player.media_opened.connect(player.play)
    states: list[str] = []
    player.pacer.sound_changed.connect(lambda state, _reason: states.append(state.name))
    player.open(path)
    QTimer.singleShot(round(duration_s * 1_000), app.quit)
    app.exec()
    said = {
        "flashes_s": view.flashes_s,
        "sound": player.pacer.sound_state.name,
        "dropped": player.dropped_frames,
        "lost": states.count(SoundState.NO_CARD.name),
    }
    player.shutdown()
    print(json.dumps(said))


def measure(sink: NullSink, path: Path, speed: float, duration_s: float) -> Offsets:
    """Play for so long and compare; raises NoServerError where nothing can be heard."""
    command = [sys.executable, "-m", "benchmarks.av_sync", "--play", str(path)]
    command += ["--speeds", str(speed), "--seconds", str(duration_s)]
    if not os.environ.get("DISPLAY") and shutil.which("xvfb-run"):
        command = ["xvfb-run", "-a", "-s", "-screen 0 1280x820x24", *command]
    with Ears(sink) as ears:
        played = subprocess.run(
            command,
            env=sink.environment,
            cwd=Path(__file__).resolve().parent.parent,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    if played.returncode != 0:
        raise RuntimeError(f"the player ended with an error: {played.stderr.strip()[-500:]}")
    said = json.loads(played.stdout.splitlines()[-1])
    matched_ms, unmatched = compared(np.array(said["flashes_s"]), ears.beeps_s)
    return Offsets(matched_ms, unmatched, said["sound"], said["dropped"], said["lost"])


def compared(flashes_s: np.ndarray, beeps_s: np.ndarray) -> tuple[np.ndarray, int]:
    """Each flash, float64 (n,) in seconds, with the nearest of the beeps, float64 (m,): the
    offsets in ms, and how many flashes had no beep."""
    if not len(flashes_s) or not len(beeps_s):
        return np.empty(0), len(flashes_s)
    counted = flashes_s[flashes_s > flashes_s[0] + SETTLING_S]
    nearest = np.abs(counted[:, None] - beeps_s[None, :]).argmin(axis=1)
    offsets_s = counted - beeps_s[nearest]
    matched = np.abs(offsets_s) < FURTHEST_S
    return 1_000 * offsets_s[matched], int(np.sum(~matched))


def report(speed: float, minutes: float, offsets: Offsets) -> None:
    values_ms = offsets.values_ms
    half_frame_ms = 500 / FRAME_RATE_HZ / speed
    if not len(values_ms):
        print(f"{speed:5g}x {minutes:8g}   nothing to compare; sound: {offsets.sound}")
        return
    print(
        f"{speed:5g}x {minutes:8g} {len(values_ms):8d} {np.median(values_ms):+10.1f}"
        f" {np.median(np.abs(values_ms)):10.1f} {np.percentile(np.abs(values_ms), 95):10.1f}"
        f" {10 + half_frame_ms:10.1f} {np.abs(values_ms).max():8.1f} {offsets.unmatched:10d}"
        f" {offsets.dropped:8d} {offsets.lost:10d}  {offsets.sound.lower()}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2, help="at 1x")
    parser.add_argument("--minutes-other", type=float, default=2, help="at other speeds")
    parser.add_argument("--speeds", type=float, nargs="+", default=[1.0, 0.5, 2.0])
    parser.add_argument("--play", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.play is not None:
        play(arguments.play, arguments.speeds[0], arguments.seconds)
        return 0
    print(
        f"{'speed':>6}{'minutes':>9}{'flashes':>9}{'median ms':>11}{'median ||':>11}"
        f"{'p95 || ms':>11}{'allowed':>11}{'max ms':>9}{'unmatched':>11}{'dropped':>9}"
        f"{'card lost':>11}  sound"
    )
    with tempfile.TemporaryDirectory() as folder:
        try:
            with NullSink(Path(folder)) as sink:
                for speed in arguments.speeds:
                    minutes = arguments.minutes if speed == 1.0 else arguments.minutes_other
                    path = beeps_and_flashes(round(60 * minutes * speed) + 10)
                    report(speed, minutes, measure(sink, path, speed, 60 * minutes))
        except NoServerError as error:
            print(f"not measured: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
