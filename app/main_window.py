"""The main window: what its parts do together, and what actions ask of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog

from app.actions import connect_actions, enable_for_media
from app.window.detection import suggest_bundled
from app.window.memory import WindowMemory
from app.window.parts import WindowParts
from core_model.media.errors import MediaError
from core_model.media.probe import MediaInfo
from core_model.timeline import Detection
from resources import resource_path

TITLE = "AVScope"


class MainWindow(WindowParts):
    """What the parts do together: the actions, what is open, and what is dropped on the window."""

    def __init__(self, memory: WindowMemory) -> None:
        super().__init__(memory)
        self._lay_out()
        self._connect()
        self._restore()

    def _lay_out(self) -> None:
        upper = (self.review.board, self.stage, self.review.side)
        self.pane_layout.place(upper, self.review.above(self.timeline), self.status)
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        connect_actions(self.actions_by_id, self._slots())
        self.addActions(list(self.actions_by_id.values()))
        self.player.media_opened.connect(self._on_media)
        self.player.open_failed.connect(self._on_open_failed)
        self.player.pacer.sound_changed.connect(self.status.set_sound)
        self.session.detections_changed.connect(self._show_detections)
        self.session.thresholds_changed.connect(self._show_thresholds)
        self.events.chosen.connect(self._on_event_chosen)
        self.menus.recent_chosen.connect(self.open_path)
        self.empty_page.recent_chosen.connect(self.open_path)
        self.memory.changed.connect(self._show_recent)

    def _slots(self) -> dict[str, Callable[..., object]]:
        return {
            **self.commands.slots(),
            **self.selection.slots(),
            **self.listening.slots(),
            **self.pictures.slots(),
            **self.panes.slots(),
            **self.projects.slots(),
            **self.review.slots(),
            **self.prompts.slots(),
            **self.search.slots(),
            **self.queue.slots(),
            **self.desk.slots(),
            **self.help.slots(),
            **self.models.slots(),
            **self.looks.slots(),
            "open": self._choose_file,
            "open_sample": self._open_sample,
            "quit": self.close,
            "detect": self.detection.start,
            "cancel": self.detection.cancel,
            "back_out": self._back_out,
            "zoom_in": self.timeline.zoom_in,
            "zoom_out": self.timeline.zoom_out,
            "zoom_all": self.timeline.zoom_to_all,
            "events_panel": self._show_events_panel,
            "full_screen": self._set_full_screen,
        }

    def _restore(self) -> None:
        settings = self.memory.settings
        self.looks.restore()
        self.actions_by_id["events_panel"].setChecked(settings.events_panel)
        self.actions_by_id["videos_panel"].setChecked(True)
        self.actions_by_id["mute"].setChecked(settings.muted)
        self.stage.transport.set_volume(settings.volume)
        self.listening.restore()
        self.pane_layout.restore(settings)
        self.memory.keep_spectrogram(self.timeline.sound)
        self._show_recent()
        suggest_bundled(self.session)
        self._on_media(None)
        if self.memory.problem:
            self.messages.show_error(self.memory.problem)

    # --- opening -----------------------------------------------------------------------------

    def _choose_file(self) -> None:
        folder = str(Path(recent[0]).parent) if (recent := self.memory.settings.recent) else ""
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a video or sound file", folder)
        if chosen:
            self.open_path(Path(chosen))

    def _open_sample(self) -> None:
        self.open_path(resource_path("sample", "sample.mp4"))

    def _on_media(self, media: MediaInfo | None) -> None:
        self.session.set_media(media)
        self.timeline.set_media(media)
        enable_for_media(self.actions_by_id, media is not None)
        if self.pane_layout.show_page(media is not None) and media is not None:
            # The keys go where they are of most use, not to the first button.
            self.timeline.setFocus()
        self.messages.set_area(self.empty_page if media is None else self.stage)
        if media is None:
            self.detection.forget()
            self.projects.media_opened(None)
            self.setWindowTitle(TITLE)
            return
        self.setWindowTitle(f"{media.path.name} — {TITLE}")
        self.memory.add_recent(media.path)
        if media.notes:
            self.messages.show_notice(f"{media.path.name}: {'; '.join(media.notes)}")
        self.projects.media_opened(media)

    def _on_open_failed(self, error: MediaError) -> None:
        self.memory.remove_recent(error.path)
        self.messages.show_error(str(error))

    def _show_recent(self) -> None:
        settings = self.memory.settings
        self.menus.set_recent(settings.recent, settings.recent_projects)
        self.empty_page.set_recent(self.memory.settings.recent)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = _dropped_files(event.mimeData())
        if files:
            event.acceptProposedAction()
            if self.desk.take_dropped(files):
                return
            self.open_path(files[0])
        if len(files) > 1:
            self.messages.show_notice(f"Opening {files[0].name}, the first of {len(files)} files.")

    # --- events ------------------------------------------------------------------------------

    def _show_detections(self) -> None:
        self.timeline.set_table(self.session.table)

    def _show_thresholds(self) -> None:
        self.timeline.set_limits(self.session.limits)

    def _on_event_chosen(self, found: Detection) -> None:
        self.view_state.request_seek(found.onset_us)

    # --- what is shown -----------------------------------------------------------------------

    def _show_events_panel(self, shown: bool) -> None:
        self.review.side.setVisible(shown)
        self.memory.update(events_panel=shown)

    def _set_full_screen(self, full: bool) -> None:
        if full != self.isFullScreen():
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _back_out(self) -> None:
        """One step: the message, saving, full screen, the selection, then detection."""
        if self.projects.let_go():
            return
        if self.messages.text:
            self.messages.dismiss()
        elif self.pictures.is_saving:
            self.pictures.cancel()
        elif self.isFullScreen():
            self.actions_by_id["full_screen"].setChecked(False)
        elif self.review.back_out() or self.projects.back_out():
            return
        elif self.view_state.selection is not None:
            self.view_state.clear_selection()
        else:
            self.detection.cancel()

    # --- closing -----------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        # Out of sight first: threads are joined now.
        self.hide()
        self._wind_down()
        super().closeEvent(event)


def _dropped_files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
