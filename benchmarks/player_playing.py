"""How fast frames are read, and which of them are shown in time: python -m benchmarks.player"""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import av
import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QPaintEvent

from app.jobs.runner import JobRunner
from app.player.frame_source import FrameSource
from app.player.player import Player
from app.player.video_view import VideoView
from app.session import Session
from app.theme import DARK
from app.timeline.shot_finder import ShotFinder
from app.timeline.shot_store import ShotStore
from app.view_state import ViewState
from benchmarks.player_media import HD_30, HD_60, UHD_30, Kind, video_to_play
from benchmarks.player_room import VIEW_PX, opened, wait_until
from core_model.media.video import PaintedFrame
from core_model.timeline import Detection, Task

READ_FRAMES, ROUNDS = 60, 5
PLAYED = (
    ("1080p30 at 1x", HD_30, 1.0),
    ("1080p30 at 2x", HD_30, 2.0),
    ("1080p60 at 1x", HD_60, 1.0),
    ("2160p30 at 1x", UHD_30, 1.0),
)


@dataclass(frozen=True, slots=True)
class _Spent:
    """Time on the wall, which other threads share, and of this thread on a processor."""

    wall_ms: float
    cpu_ms: float

    @classmethod
    def now(cls) -> _Spent:
        return cls(1000 * time.perf_counter(), 1000 * time.thread_time())

    def __add__(self, other: _Spent) -> _Spent:
        return _Spent(self.wall_ms + other.wall_ms, self.cpu_ms + other.cpu_ms)

    def __sub__(self, other: _Spent) -> _Spent:
        return _Spent(self.wall_ms - other.wall_ms, self.cpu_ms - other.cpu_ms)


# As in most videos, something is going on; each kind has a frame and a line of its own.
_GOING_ON = tuple(
    Detection(task, label, -(10**12), 10**12, 0.9)
    for task, label in ((Task.TAL, "archery"), (Task.SED, "speech"), (Task.AVEL, "clapping"))
)


class PaintedView(VideoView):
    """A view that notes how long each paint took, with what it does to show a frame, and which
    frame it put on screen."""

    def __init__(self, player: Player, view_state: ViewState) -> None:
        session = Session()
        session.set_media(player.media)
        session.set_detections(_GOING_ON)
        super().__init__(session, view_state, DARK)
        self._player = player
        self.paints_ms: list[float] = []
        self.paints_cpu_ms: list[float] = []
        self.painted_us: set[int] = set()
        self._prepared = _Spent(0.0, 0.0)

    def set_frame(self, frame: PaintedFrame | None) -> None:
        began = _Spent.now()
        super().set_frame(frame)
        self._prepared += _Spent.now() - began

    def paintEvent(self, event: QPaintEvent) -> None:
        began = _Spent.now()
        super().paintEvent(event)
        spent = _Spent.now() - began + self._prepared
        self.paints_ms.append(spent.wall_ms)
        self.paints_cpu_ms.append(spent.cpu_ms)
        self._prepared = _Spent(0.0, 0.0)
        if self._player.picture.shown is not None:
            self.painted_us.add(self._player.picture.shown.pts_us)


def measure_all_reading() -> None:
    """The table of reading."""
    print(f"\n{'frames per second':46}{'ours':>9}{'bare':>9}{'ratio':>9}")
    measure_reading("1080p, decoded and scaled to the view", HD_30)
    measure_reading("2160p, decoded and scaled to the view", UHD_30)


def measure_all_playing(duration_s: float, beside: str = "") -> None:
    """The table of playing, each video for so many seconds, while its "shots" or "events" are
    looked for, or nothing is."""
    title = f"playing while {beside} are looked for" if beside else "playing"
    print(
        f"\n{title:46}{'frames':>9}{'dropped':>9}{'unpaint':>9}"
        f"{'paint p50':>12}{'p95':>9}{'CPU p50':>9}{'p95':>9}"
    )
    for name, kind, speed in PLAYED:
        measure_playing(name, kind, speed, duration_s, beside)


def measure_reading(name: str, kind: Kind) -> None:
    """How fast the player's frames come, scaled to the view, beside bare decoding in turn."""
    path = video_to_play(kind, ROUNDS * READ_FRAMES / kind.rate_hz + 1)
    size_px = (VIEW_PX.width(), VIEW_PX.height())
    source = FrameSource(lambda: None)
    with closing(source), closing(av.open(str(path))) as container:
        container.streams.video[0].thread_type = "AUTO"
        ours, bare = source.frames(path, 0, size_px, 0), container.decode(video=0)
        rates = [(_rate_hz(ours), _rate_hz(bare)) for _ in range(ROUNDS)]
        ours.close()
    ours_hz, bare_hz = (statistics.median(each) for each in zip(*rates, strict=True))
    ratio = statistics.median(one / other for one, other in rates)
    print(f"{name:46}{ours_hz:9.1f}{bare_hz:9.1f}{ratio:9.2f}", flush=True)


def _rate_hz(frames: Iterator[object]) -> float:
    began_s = time.perf_counter()
    count = sum(1 for _ in itertools.islice(frames, READ_FRAMES))
    return count / (time.perf_counter() - began_s)


@contextmanager
def _shots_looked_for(player: Player) -> Iterator[None]:
    """As the window looks for them, from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        finder = ShotFinder(ViewState(), store=ShotStore(Path(folder)))
        finder.set_media(player.media)
        player.picture.ran_short.connect(finder.stand_aside)
        try:
            yield
        finally:
            finder.shutdown()


@contextmanager
def _events_looked_for(player: Player) -> Iterator[None]:
    """As the window looks for them, with nothing in the cache: from the first response on."""
    assert player.media is not None
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, {"AVSCOPE_CACHE_DIR": folder}),
    ):
        runner = JobRunner()
        responses: list[object] = []
        runner.responded.connect(responses.append)
        runner.detect(player.media.path)
        try:
            wait_until(lambda: bool(responses))
            yield
        finally:
            runner.cancel()
            runner.shutdown()


_BESIDE = {
    "": lambda _player: nullcontext(),
    "shots": _shots_looked_for,
    "events": _events_looked_for,
}


def measure_playing(name: str, kind: Kind, speed: float, duration_s: float, beside: str) -> None:
    """Frames that were not shown in time, and how long the window was held up by painting."""
    path = video_to_play(kind, duration_s * speed + 1)
    with opened(path) as player, _BESIDE[beside](player):
        view = PaintedView(player, ViewState())
        view.resize(VIEW_PX)
        view.show()
        player.picture.frame_shown.connect(view.set_frame)
        player.set_speed(speed)
        player.play()
        loop = QEventLoop()
        QTimer.singleShot(round(duration_s * 1000), loop.quit)
        loop.exec()
        player.pause()
        shown = player.picture.frame_number or 0
        dropped = player.picture.dropped_frames
        unpainted = max(0, shown + 1 - dropped - len(view.painted_us))
        print(
            f"{name:46}{shown:9}{dropped:9}{unpainted:9}"
            f"{np.percentile(view.paints_ms, 50):12.2f}{np.percentile(view.paints_ms, 95):9.2f}"
            f"{np.percentile(view.paints_cpu_ms, 50):9.2f}"
            f"{np.percentile(view.paints_cpu_ms, 95):9.2f}",
            flush=True,
        )
        view.close()
