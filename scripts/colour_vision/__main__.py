"""Pictures of a busy timeline, and how it looks to people who see no green, to be looked at.

    python -m scripts.colour_vision FOLDER [PICTURE...]

Draws three kinds of events with 40 labels that overlap in the real timeline, dark and light, and
writes each as it is and as it is seen. Pictures that are named are only simulated.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.project.edits import AddVideos, ApplyRun, ImportAnnotations, VideoFile
from app.project.project_session import ProjectSession
from app.theme import DARK, LIGHT, Theme, apply_theme
from app.timeline.sound_picture import SoundStatus
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import Annotation
from core_model.media.probe import probe
from core_model.timeline import Detection, Task
from resources import resource_path
from scripts.colour_vision.simulation import simulated
from scripts.guide.camera import pause, wait_until
from training.annotations import model

SIZE_PX = (1_600, 760)
SAMPLE = resource_path("sample", "sample.mp4")
EVENTS, LABELS = 150, 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("pictures", type=Path, nargs="*")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for picture in chosen.pictures:
        save_seen(QImage(str(picture)), chosen.folder / f"{picture.stem}_deuteranopia.png")
    if not chosen.pictures:
        take_busy_timeline(chosen.folder)


def take_busy_timeline(folder: Path) -> None:
    """Both themes, as they are and as they are seen."""
    app = QApplication([])
    with tempfile.TemporaryDirectory() as place:
        for theme in (DARK, LIGHT):
            apply_theme(app, theme)
            image = busy_timeline(theme, Path(place) / f"{theme.name}.avscope")
            image.save(str(folder / f"busy_{theme.name}.png"))
            save_seen(image, folder / f"busy_{theme.name}_deuteranopia.png")


def busy_timeline(theme: Theme, path: Path) -> QImage:
    """Three kinds, 40 labels, overlaps: drawn by hand, found, decided."""
    state, info = ViewState(), probe(SAMPLE)
    projects = ProjectSession("colour vision")
    annotation = Annotation(projects)
    view = TimelineView(state, theme)
    view.attach(annotation)
    view.resize(*SIZE_PX)
    view.show()
    state.set_media_range(0, info.duration_us)
    view.set_media(info)
    projects.create(path)
    projects.perform(AddVideos((VideoFile(SAMPLE.name),)))
    events = make_events(info.duration_us)
    labels = sorted({(event.task, event.label) for event in events})
    drawn = tuple(
        model.Segment(SAMPLE.name, each.task, each.label, each.onset_us, each.offset_us)
        for each in events[::3]
    )
    projects.perform(
        ImportAnnotations(
            model.AnnotationSet(
                videos=(model.Video(SAMPLE.name),),
                labels=tuple(model.Label(*label) for label in labels),
                segments=drawn,
            ),
            "a script",
        )
    )
    wait_until(lambda: not projects.is_busy)
    projects.perform(ApplyRun(1, "starter", "1", tuple(e for n, e in enumerate(events) if n % 3)))
    annotation.set_has_media(True)
    annotation.set_video(1)
    wait_until(lambda: view.sound.status is SoundStatus.READY)
    pause(1.0)
    image = view.grab().toImage()
    view.shutdown()
    view.close()
    projects.close()
    QCoreApplication.sendPostedEvents()
    return image


def make_events(length_us: int) -> tuple[Detection, ...]:
    """Events of 40 labels over all kinds, three seconds long on average."""
    source = random.Random(1)
    kinds = list(Task)
    events: list[Detection] = []
    for _ in range(EVENTS):
        number = source.randrange(LABELS)
        onset_us = source.randrange(length_us - 1_000_000)
        offset_us = min(onset_us + 500_000 + int(source.expovariate(0.4) * 1e6), length_us)
        kind = kinds[number % len(kinds)]
        events.append(
            Detection(kind, f"label number {number}", onset_us, offset_us, source.random())
        )
    return tuple(sorted(events, key=lambda event: event.onset_us))


def save_seen(image: QImage, path: Path) -> None:
    """Write a picture as it is seen."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    seen = np.ascontiguousarray(simulated(pixels))
    height, width = seen.shape[:2]
    QImage(seen.data, width, height, 3 * width, QImage.Format.Format_RGB888).save(str(path))
    print(path.name, flush=True)


if __name__ == "__main__":
    main()
