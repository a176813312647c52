"""Pictures of the project's videos, and whether the files are there: found in a thread."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from app.precedence import Rank, give_way
from app.project.places import Sought
from app.project.values import Video
from app.worker import CancellableThread
from core_model.cache import default_folder
from core_model.media.errors import MediaError
from core_model.media.still import frame_at

logger = logging.getLogger(__name__)

# Drawn at half of it, so that it is sharp on screens of twice the density too.
SIZE_PX = QSize(192, 108)
# Counts up when the same video would get another picture.
FORMAT = 1
# Past a black beginning or a title.
PART_IN = 0.1


@dataclass(frozen=True, slots=True)
class Looked:
    """Where a video lies, None where it is missing, and a picture of it if there is one."""

    video_id: int
    path: Path | None
    picture: QImage | None


class ThumbnailThread(CancellableThread):
    """Looks at one video after the other; ``looked`` carries a Looked for each."""

    looked = Signal(object)

    def __init__(self, wanted: tuple[Sought, ...], parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("thumbnails")
        self._wanted = wanted
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Stop after the video at hand; returns at once."""
        self._cancelled.set()

    def run(self) -> None:
        give_way(Rank.BACKGROUND)
        found: list[tuple[Video, Path]] = []
        # Whether files are missing is known at once, pictures take their time.
        for each in self._wanted:
            if self._cancelled.is_set():
                return
            path = each.found()
            kept = _kept(each.video.content_hash) if path is not None else None
            self.looked.emit(Looked(each.video.id, path, kept))
            if path is not None and kept is None:
                found.append((each.video, path))
        for video, path in found:
            if self._cancelled.is_set():
                return
            picture = _taken(video, path)
            if picture is not None:
                _keep(video.content_hash, picture)
                self.looked.emit(Looked(video.id, path, picture))


def _taken(video: Video, path: Path) -> QImage | None:
    """A small picture from the first tenth of the video; None where it has none."""
    time_us = video.start_us + round((video.duration_us or 0) * PART_IN)
    try:
        image = frame_at(path, time_us).image
    except MediaError as error:
        logger.info("no thumbnail: %s", error)
        return None
    pixels = np.ascontiguousarray(image)
    height, width = pixels.shape[:2]
    whole = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    # Scaling copies: the array may go.
    return whole.scaled(SIZE_PX, keep, smooth).convertToFormat(QImage.Format.Format_RGB32)


def _file(content_hash: str) -> Path:
    return default_folder() / "thumbnails" / f"{content_hash}-{FORMAT}.png"


def _kept(content_hash: str) -> QImage | None:
    if not content_hash:
        return None
    picture = QImage(str(_file(content_hash)))
    return None if picture.isNull() else picture


def _keep(content_hash: str, picture: QImage) -> None:
    """A cache that cannot be written costs time, nothing else."""
    if not content_hash:
        return
    file = _file(content_hash)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        logger.warning("no thumbnails are kept in %s: %s", file.parent, error)
        return
    if not picture.save(str(file)):
        logger.warning("no thumbnail is kept in %s", file)
