"""Repaint times of the timeline, and what the picture of the sound costs.

    python benchmarks/timeline.py [--events 1000 20000 100000] [--minutes 10] [--cpu]

Prints milliseconds per repaint of the whole timeline (every pane, 1,600 x 480 px) for several
zooms while it scrolls and while it zooms, of detections and of a project's segments (half of
them drawn by hand), the time from an edit of one segment to its picture and that of finding
what is under the pointer, then the time and memory that building the sound picture takes per
hour of sound. ``--cpu`` counts the GUI thread's processor time instead of the
time on the wall, for a machine that is busy with other things.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEventLoop
from PySide6.QtWidgets import QApplication

from app.allocator import keep_together
from app.detection_table import DetectionTable
from app.project.edits import AddVideos, ApplyRun, ImportAnnotations, Reshape, VideoFile
from app.project.project_session import ProjectSession
from app.theme import DARK, apply_theme
from app.timeline.hit_test import hit_at
from app.timeline.sound_picture import SoundPicture, SoundStatus
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import Annotation
from core_model.media.probe import probe
from core_model.timeline import Detection, Task
from training.annotations import model

WIDTH_PX, HEIGHT_PX = 1_600, 480
HOUR_US = 3_600_000_000
ZOOMS = {"1 h": HOUR_US, "6 min": HOUR_US // 10, "60 s": 60_000_000, "5 s": 5_000_000}
STEPS = 60
RATE_HZ = 16_000


def main() -> None:
    arguments = argparse.ArgumentParser(description="Repaint times of the timeline")
    arguments.add_argument("--events", type=int, nargs="+", default=[1_000, 20_000, 100_000])
    arguments.add_argument("--minutes", type=float, default=10.0, help="length of the sound")
    arguments.add_argument("--cpu", action="store_true", help="count processor time")
    chosen = arguments.parse_args()
    clock = time.thread_time if chosen.cpu else time.perf_counter
    keep_together()
    app = QApplication([])
    apply_theme(app, DARK)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        write_sound(path, chosen.minutes * 60)
        report_building(path)
        print(f"\nrepaint of the timeline, {WIDTH_PX} x {HEIGHT_PX} px, ms median / p95")
        print(
            f"{'events':>8}  {'rows':>5}  "
            + "".join(f"{zoom:>14}" for zoom in ZOOMS)
            + f"{'zoom sweep':>14}{'playhead':>14}"
        )
        for count in chosen.events:
            report_repaint(path, count, clock)
        print("\nthe same of a project's segments; edit to repaint and hit test, ms median / p95")
        for count in chosen.events:
            report_segments(path, Path(folder), count, clock)


def write_sound(path: Path, length_s: float) -> None:
    """Noise with a slow beat and gliding tones, as 16 kHz mono PCM."""
    generator = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        for second in range(int(length_s)):
            t = second + np.arange(RATE_HZ) / RATE_HZ
            beat = 0.5 + 0.5 * np.sin(2 * np.pi * 0.7 * t)
            tone = np.sin(2 * np.pi * (400 + 300 * np.sin(0.3 * t)) * t)
            wave = 0.3 * beat * tone + 0.05 * generator.standard_normal(RATE_HZ)
            samples = (np.clip(wave, -1, 1) * 32_767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            frame.sample_rate = RATE_HZ
            frame.pts = second * RATE_HZ
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def wait_for(sound: SoundPicture) -> None:
    """Run the event loop until the sound has been read."""
    loop = QEventLoop()
    sound.status_changed.connect(loop.quit)
    while sound.status is SoundStatus.READING:
        loop.exec()


def report_building(path: Path) -> None:
    info = probe(path)
    sound = SoundPicture()
    begun_s = time.perf_counter()
    assert info.audio is not None
    sound.open(path, info.audio)
    wait_for(sound)
    took_s = time.perf_counter() - begun_s
    hours = info.duration_us / HOUR_US
    print(f"sound picture: {took_s / hours:.1f} s and {sound.nbytes / hours / 1e6:.1f} MB per hour")
    sound.shutdown()


def make_events(count: int) -> tuple[Detection, ...]:
    """Events of 40 labels per kind, 2 s long on average, over one hour."""
    source = random.Random(count)
    tasks = list(Task)
    events: list[Detection] = []
    for _ in range(count):
        onset_us = source.randrange(HOUR_US - 1_000_000)
        length_us = 100_000 + int(source.expovariate(0.5) * 1e6)
        events.append(
            Detection(
                source.choice(tasks),
                f"label number {source.randrange(40)}",
                onset_us,
                min(onset_us + length_us, HOUR_US),
                source.random(),
            )
        )
    return tuple(sorted(events, key=lambda event: event.onset_us))


class Meter:
    """Counts how long the event loop takes to deliver what is due, which paints all changes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def sweep(self, changes: Iterable[Callable[[], None]]) -> str:
        """Milliseconds, median / 95th percentile, of the repaints after these changes."""
        times_ms: list[float] = []
        for change in changes:
            change()
            begun_s = self._clock()
            QCoreApplication.sendPostedEvents()
            times_ms.append((self._clock() - begun_s) * 1e3)
        return f"{np.median(times_ms):.1f} / {np.percentile(times_ms, 95):.1f}"


def open_view(state: ViewState, path: Path, count: int) -> TimelineView:
    """A shown view of one hour with its sound read and its events laid out."""
    view = TimelineView(state, DARK)
    view.resize(WIDTH_PX, HEIGHT_PX)
    view.show()
    state.set_media_range(0, HOUR_US)
    view.set_media(probe(path))
    wait_for(view.sound)
    view.set_table(DetectionTable.of(make_events(count)))
    while sum(len(row.onset_us) for lane in view.lanes.lanes for row in lane.rows) < count:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    return view


def open_project(folder: Path, count: int) -> tuple[ProjectSession, Annotation]:
    """A project whose video has ``count`` segments, every second one drawn by a person."""
    projects = ProjectSession("benchmark")
    projects.create(folder / f"{count}.avscope")
    projects.perform(AddVideos((VideoFile("video.mp4"),)))
    events = make_events(count)
    drawn = tuple(
        model.Segment("video.mp4", event.task, event.label, event.onset_us, event.offset_us)
        for event in events[::2]
    )
    labels = sorted({(event.task, event.label) for event in events})
    everything = model.AnnotationSet(
        videos=(model.Video("video.mp4"),),
        labels=tuple(model.Label(*label) for label in labels),
        segments=drawn,
    )
    projects.perform(ImportAnnotations(everything, "a benchmark"))
    projects.perform(ApplyRun(1, "starter", "1", events[1::2]))
    while projects.is_busy:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    annotation = Annotation(projects)
    annotation.set_has_media(True)
    return projects, annotation


def report_segments(path: Path, folder: Path, count: int, clock: Callable[[], float]) -> None:
    state = ViewState()
    projects, annotation = open_project(folder, count)
    view = open_view(state, path, 0)
    view.attach(annotation)
    annotation.set_video(1)
    columns = annotation.columns
    assert columns is not None
    while sum(len(row.onset_us) for lane in view.lanes.lanes for row in lane.rows) < len(columns):
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    cells = repaint_cells(state, view, clock)
    state.set_visible(0, ZOOMS["60 s"])
    cells += [measure_edits(annotation, clock), measure_hits(view, clock)]
    rows = sum(len(lane.rows) for lane in view.lanes.lanes)
    print(f"{len(columns):>8}  {rows:>5}  " + "".join(f"{cell:>14}" for cell in cells))
    view.shutdown()
    view.close()
    projects.close()


def measure_edits(annotation: Annotation, clock: Callable[[], float]) -> str:
    """From asking for an edit of one segment to the picture of it."""
    columns = annotation.columns
    assert columns is not None
    in_view = columns.ids[columns.onset_us < ZOOMS["60 s"]][:STEPS].tolist()
    times_ms: list[float] = []
    for step, segment_id in enumerate(in_view):
        row = annotation.columns.row_of(segment_id) if annotation.columns else None
        assert annotation.columns is not None and row is not None
        old = annotation.columns.segment(row)
        QCoreApplication.sendPostedEvents()
        begun_s = clock()
        annotation.perform(Reshape(segment_id, old.onset_us, old.offset_us + 1_000 * (step + 1)))
        QCoreApplication.sendPostedEvents()
        times_ms.append((clock() - begun_s) * 1e3)
    return f"{np.median(times_ms):.1f} / {np.percentile(times_ms, 95):.1f}"


def measure_hits(view: TimelineView, clock: Callable[[], float]) -> str:
    """Finding what lies under the pointer."""
    scale, source = view.lanes.scale(), random.Random(1)
    assert scale is not None
    times_ms: list[float] = []
    for _ in range(STEPS):
        place = (source.uniform(scale.left_px, scale.right_px), source.uniform(0, view.height()))
        begun_s = clock()
        hit_at(view.lanes.lanes, *place, scale)
        times_ms.append((clock() - begun_s) * 1e3)
    return f"{np.median(times_ms):.3f} / {np.percentile(times_ms, 95):.3f}"


def repaint_all(view: TimelineView) -> None:
    for pane in view.panes():
        pane.update()


def report_repaint(path: Path, count: int, clock: Callable[[], float]) -> None:
    state = ViewState()
    view = open_view(state, path, count)
    cells = repaint_cells(state, view, clock)
    rows = sum(len(lane.rows) for lane in view.lanes.lanes)
    print(f"{count:>8}  {rows:>5}  " + "".join(f"{cell:>14}" for cell in cells))
    view.shutdown()
    view.close()


def repaint_cells(state: ViewState, view: TimelineView, clock: Callable[[], float]) -> list[str]:
    """Scrolling at each zoom, a sweep of zooms, the playhead moving."""
    meter = Meter(clock)
    cells: list[str] = []
    for span_us in ZOOMS.values():
        step_us = span_us // 40
        meter.sweep([partial(state.set_visible, 0, span_us)])
        # At an hour there is nowhere to scroll to: every pane is asked to paint itself again.
        scroll = [
            partial(repaint_all, view) if span_us == HOUR_US else partial(state.pan_by, step_us)
            for _ in range(STEPS)
        ]
        cells.append(meter.sweep(scroll))
    meter.sweep([partial(state.set_visible, 0, HOUR_US)])
    cells.append(meter.sweep([partial(state.zoom_about, 300_000_000, 1.15)] * STEPS))
    meter.sweep([partial(state.set_visible, 0, ZOOMS["60 s"])])
    cells.append(meter.sweep(partial(state.set_playhead, step * 40_000) for step in range(STEPS)))
    return cells


if __name__ == "__main__":
    main()
