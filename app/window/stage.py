"""Picture, transport and messages: the upper left part of the window."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.player.player import Player
from app.player.transport_bar import TransportBar
from app.player.video_view import VideoView
from app.session import Session
from app.theme import Theme
from app.view_state import ViewState
from core_model.media.errors import MediaError, printable
from core_model.media.probe import MediaInfo
from core_model.media.video import PaintedFrame

ELSEWHERE = "The picture is in a window of its own.\n\nClose that window to have it here again."


class Stage(QWidget):
    """Joins the player with what shows it. The player is shut down by whoever made it.

    ``picture_area`` is where the picture is, or what stands for it while it is elsewhere.
    """

    def __init__(
        self,
        player: Player,
        session: Session,
        view_state: ViewState,
        actions: Mapping[str, QAction],
        theme: Theme,
    ) -> None:
        super().__init__()
        self._player = player
        self._volume = 0.0
        self._muted = False
        self.video_view = VideoView(session, view_state, theme)
        self.transport = TransportBar(view_state, actions, theme)
        self._elsewhere = QLabel(ELSEWHERE)
        self._elsewhere.setObjectName("elsewhere")
        self._elsewhere.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._elsewhere.setWordWrap(True)
        self.picture_area = QStackedWidget()
        self.picture_area.addWidget(self._elsewhere)
        self.take_view_back()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.picture_area, 1)
        layout.addWidget(self.transport)
        self._connect()

    def hand_out_view(self) -> VideoView:
        """Give the picture to another window; words take its place."""
        self.picture_area.removeWidget(self.video_view)
        return self.video_view

    def take_view_back(self) -> None:
        """Show the picture here."""
        self.picture_area.addWidget(self.video_view)
        self.picture_area.setCurrentWidget(self.video_view)

    def set_theme(self, theme: Theme) -> None:
        self.video_view.set_theme(theme)
        self.transport.set_theme(theme)

    @property
    def volume(self) -> float:
        return self._volume

    def set_volume(self, volume: float) -> None:
        """Loudness in [0, 1]."""
        self._volume = volume
        self._player.pacer.set_volume(self._volume, muted=self._muted)

    def set_muted(self, muted: bool) -> None:
        self._muted = muted
        self._player.pacer.set_volume(self._volume, muted=self._muted)

    def _connect(self) -> None:
        player = self._player
        player.media_opened.connect(self._on_media)
        player.playing_changed.connect(self.transport.set_playing)
        player.speed_changed.connect(self.transport.set_speed)
        player.picture.frame_shown.connect(self._on_frame)
        player.picture.numbers.index_ready.connect(self._show_frame_number)
        player.picture.failed.connect(self._on_picture_failed)
        self.video_view.view_resized.connect(player.set_view_size)
        self.video_view.zoom_changed.connect(player.picture.set_zoom)
        self.transport.speed_chosen.connect(player.set_speed)
        self.transport.volume_chosen.connect(self.set_volume)
        self.transport.seek_bar.scrub_started.connect(player.begin_scrub)
        self.transport.seek_bar.scrub_ended.connect(player.end_scrub)

    def _on_media(self, media: MediaInfo | None) -> None:
        video = None if media is None else media.video
        self.video_view.set_own_size(QSize(video.width, video.height) if video else QSize())
        if media is None or video is not None:
            self.video_view.set_caption("")
        else:
            self.video_view.set_caption(
                "Sound only", f"{printable(media.path.name)} has no picture."
            )

    def _on_frame(self, frame: PaintedFrame | None) -> None:
        self.video_view.set_frame(frame)
        self._show_frame_number()

    def _show_frame_number(self, _index: object = None) -> None:
        self.transport.set_frame_number(self._player.picture.frame_number)

    def _on_picture_failed(self, error: MediaError) -> None:
        self.video_view.set_frame(None)
        self.video_view.set_caption("The picture cannot be shown", str(error))
