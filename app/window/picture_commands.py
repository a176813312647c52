"""What the actions on the picture do: size, a window of its own, frames and clips to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from app.messages import MessageBar
from app.player.player import Player
from app.player.time_code import time_code
from app.session import Session
from app.view_state import ViewState
from app.window.detached_video import DetachedVideo
from app.window.export_bar import ExportBar
from app.window.exporter import Exporter, ExportProgress, ExportResult, FrameRequest
from app.window.stage import Stage
from core_model.media.errors import printable
from core_model.media.export.clip import ClipRequest
from core_model.media.export.formats import endings
from core_model.media.probe import MediaInfo

ZOOM_STEP = 1.5
NO_PICTURE = "This file has no picture."
NO_SELECTION = "Select a stretch of time first: I and O mark its start and end at the playhead."
# Keys of the detached window's own; everything else works there as in the main window.
_NOT_DETACHED = ("full_screen", "back_out")


class PictureCommands(QObject):
    """Zooms and detaches the picture; copies and saves frames and clips in the background."""

    def __init__(
        self,
        player: Player,
        session: Session,
        view_state: ViewState,
        stage: Stage,
        messages: MessageBar,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__(player)
        self._player = player
        self._session = session
        self._view_state = view_state
        self._stage = stage
        self._messages = messages
        self._actions = actions
        self._folder: Path | None = None
        self._window: DetachedVideo | None = None
        self.bar = ExportBar(stage.picture_area)
        self.exporter = Exporter(self)
        self.exporter.progressed.connect(self._on_progress)
        self.exporter.finished.connect(self._on_finished)
        self.bar.cancel_asked.connect(self.cancel)
        player.media_opened.connect(self._on_media)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        view = self._stage.video_view
        return {
            "picture_fit": view.fit,
            "picture_actual": view.show_actual_size,
            "picture_in": self._zoom_in,
            "picture_out": self._zoom_out,
            "picture_window": self._detach,
            "copy_frame": self._copy_frame,
            "save_frame": self._save_frame,
            "save_clip": self._save_clip,
        }

    @property
    def is_saving(self) -> bool:
        return self.exporter.is_busy

    def cancel(self) -> None:
        """Stop saving; what was begun is removed."""
        if self.exporter.is_busy:
            self.exporter.cancel()
            self.bar.end()
            self._messages.show_notice("Saving was stopped.")

    def shutdown(self) -> None:
        """Take the picture back and join the threads."""
        self.exporter.shutdown()
        if self._window is not None:
            self._window.close()

    # --- the view ----------------------------------------------------------------------------

    def _zoom_in(self) -> None:
        self._stage.video_view.zoom_by(ZOOM_STEP)

    def _zoom_out(self) -> None:
        self._stage.video_view.zoom_by(1 / ZOOM_STEP)

    def _detach(self, on: bool) -> None:
        if on and self._window is None:
            kept = [action for id_, action in self._actions.items() if id_ not in _NOT_DETACHED]
            self._window = DetachedVideo(kept, self._actions["full_screen"].shortcuts())
            self._window.closed.connect(self._on_window_closed)
            self._window.take(self._stage.hand_out_view(), self._name())
        elif not on and self._window is not None:
            self._window.close()

    def _on_window_closed(self) -> None:
        window, self._window = self._window, None
        self._stage.take_view_back()
        if window is not None:
            window.deleteLater()
        self._actions["picture_window"].setChecked(False)

    def _on_media(self, media: MediaInfo | None) -> None:
        if self._window is not None:
            self._window.set_name("" if media is None else printable(media.path.name))

    def _name(self) -> str:
        media = self._session.media
        return "" if media is None else printable(media.path.name)

    # --- frames and clips --------------------------------------------------------------------

    def _copy_frame(self) -> None:
        self._export_frame(None)

    def _save_frame(self) -> None:
        media, shown = self._session.media, self._player.picture.shown
        if media is None or shown is None:
            self._messages.show_notice(NO_PICTURE)
            return
        name = f"{media.path.stem} {_for_name(shown.pts_us)}.png"
        target = self._ask_where("Save the frame", name, "PNG picture (*.png)")
        if target is not None:
            self._export_frame(target.with_suffix(".png"))

    def _export_frame(self, target: Path | None) -> None:
        media, shown = self._session.media, self._player.picture.shown
        if media is None or shown is None:
            self._messages.show_notice(NO_PICTURE)
        elif not self._is_taken():
            self.exporter.start(FrameRequest(media.path, shown.pts_us, target))

    def _save_clip(self) -> None:
        media, selection = self._session.media, self._view_state.selection
        if media is None or selection is None:
            self._messages.show_notice(NO_SELECTION)
            return
        if self._is_taken():
            return
        start_us, end_us = selection
        known = endings(with_picture=media.video is not None)
        ending = media.path.suffix.lower()
        ending = ending if ending in known else (".mp4" if media.video is not None else ".wav")
        name = f"{media.path.stem} {_for_name(start_us)} to {_for_name(end_us)}{ending}"
        every = " ".join(f"*{end}" for end in known)
        target = self._ask_where("Save the clip", name, f"Clip ({every})")
        if target is None:
            return
        target = target if target.suffix else target.with_suffix(ending)
        # Whoever chose a name that exists was asked by the dialog.
        self.start_clip(ClipRequest(media.path, start_us, end_us, target, overwrite=True))

    def start_clip(self, request: ClipRequest) -> None:
        """Write a clip in the background, with progress over the picture."""
        self.bar.begin(f"Saving {printable(request.target.name)}")
        self.exporter.start(request)

    def _is_taken(self) -> bool:
        if self.exporter.is_busy:
            self._messages.show_notice("Something is being saved already.")
        return self.exporter.is_busy

    def _ask_where(self, title: str, name: str, kinds: str) -> Path | None:
        media = self._session.media
        folder = self._folder or (media.path.parent if media is not None else Path.home())
        chosen, _ = QFileDialog.getSaveFileName(
            self._stage.window(), title, str(folder / name), kinds
        )
        if not chosen:
            return None
        self._folder = Path(chosen).parent
        return Path(chosen)

    def _on_progress(self, progress: ExportProgress) -> None:
        self.bar.set_progress(progress.part_done, progress.seconds_left)

    def _on_finished(self, result: ExportResult) -> None:
        self.bar.end()
        if result.problem:
            self._messages.show_error(result.problem)
        elif result.image is not None:
            QGuiApplication.clipboard().setImage(_as_image(result.image))
            height, width = result.image.shape[:2]
            self._messages.show_notice(f"The frame was copied: {width} × {height} pixels.")
        elif result.request.target is not None:
            self._messages.show_notice(
                f"Saved {printable(str(result.request.target))}{_how(result)}"
            )


def _how(result: ExportResult) -> str:
    ways = [
        f"{kind} {way}" for kind, way in (("video", result.video), ("sound", result.audio)) if way
    ]
    return f" ({', '.join(ways)})" if ways else ""


def _for_name(time_us: int) -> str:
    """A time code that may stand in a file's name on every system."""
    return time_code(time_us).replace(":", "-")


def _as_image(image: np.ndarray) -> QImage:
    """A QImage that owns its memory, of uint8 RGB (height, width, 3)."""
    height, width = image.shape[:2]
    return QImage(image.data, width, height, image.strides[0], QImage.Format.Format_RGB888).copy()
