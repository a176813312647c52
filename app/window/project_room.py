"""Everything of the window that works on the open project, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.messages import MessageBar
from app.player.player import Player
from app.session import Session
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.detection import DetectionPresenter
from app.window.editing import Editing
from app.window.event_mirror import EventMirror
from app.window.live_labels import LiveLabels
from app.window.memory import WindowMemory
from app.window.menus import Menus
from app.window.project_files import ProjectFiles
from app.window.project_video import ProjectVideo
from app.window.selection import SelectionCommands
from app.window.status_line import StatusLine
from core_model.media.probe import MediaInfo


class ProjectRoom(QObject):
    """Makes the parts and joins them; call :meth:`shutdown` before the project is closed."""

    def __init__(
        self,
        annotation: Annotation,
        session: Session,
        player: Player,
        view_state: ViewState,
        timeline: TimelineView,
        selection: SelectionCommands,
        detection: DetectionPresenter,
        status: StatusLine,
        messages: MessageBar,
        memory: WindowMemory,
        actions: Mapping[str, QAction],
        menus: Menus,
        open_path: Callable[[Path], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        timeline.attach(annotation)
        self._timeline = timeline
        self.mirror = EventMirror(annotation, session)
        self.files = ProjectFiles(annotation, session, status, messages, memory, actions, window)
        self.video = ProjectVideo(annotation, session, detection, messages)
        self.video.open_wanted.connect(open_path)
        self.editing = Editing(annotation, view_state, player, timeline, selection, messages)
        self.live = LiveLabels(annotation, player, view_state, timeline, messages, memory, actions)
        self.files.leaving.connect(self.live.finish)
        menus.project_chosen.connect(self.files.open)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {**self.files.slots(), **self.editing.slots(), **self.live.slots()}

    def media_opened(self, media: MediaInfo | None) -> None:
        """Another file is open, or none."""
        self.video.media_opened(media)

    def let_go(self) -> bool:
        """Take back the gesture that is under way; False where there is none."""
        return self._timeline.cancel_gesture()

    def back_out(self) -> bool:
        """One step back: a label under way, then the selected segments."""
        return self.live.back_out() or self.editing.back_out()

    def shutdown(self) -> None:
        """Keep what is under way."""
        self.live.finish()
        self.mirror.shutdown()
