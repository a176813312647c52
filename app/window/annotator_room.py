"""What an annotator reaches for beside the timeline, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.messages import MessageBar
from app.panels.agreement_work import Comparison
from app.player.player import Player
from app.project.project import SUFFIX
from app.theme import theme_for
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.context_menus import ContextMenus
from app.window.exchange_room import ExchangeRoom
from app.window.keys_room import KeysRoom
from app.window.label_keys import LabelKeys
from app.window.memory import WindowMemory
from app.window.palette_room import PaletteRoom
from app.window.project_room import ProjectRoom
from app.window.review import ReviewRoom
from app.window.running_keeper import RunningKeeper
from app.window.track_commands import TrackCommands

# Dialogs are imported when one is opened: they would take their part of the start.
if TYPE_CHECKING:
    from app.dialogs.labels_dialog import LabelsDialog
    from app.dialogs.merge_dialog import MergeDialog

# None of these is a picture or a sound.
ANNOTATION_SUFFIXES = frozenset(
    (".eaf", ".textgrid", ".tsv", ".csv", ".json", ".vtt", ".srt", ".txt", ".rttm")
)


class AnnotatorRoom(QObject):
    """Makes the parts and joins them. Call :meth:`shutdown` before the project is closed."""

    def __init__(
        self,
        annotation: Annotation,
        view_state: ViewState,
        player: Player,
        timeline: TimelineView,
        review: ReviewRoom,
        projects: ProjectRoom,
        messages: MessageBar,
        memory: WindowMemory,
        actions: Mapping[str, QAction],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._annotation = annotation
        self._projects = projects
        self._memory = memory
        self._messages = messages
        self._player = player
        self._window = window
        self._labels: LabelsDialog | None = None
        self._merging: MergeDialog | None = None
        self._review = review
        review.agreement.merge_asked.connect(self._merge)
        self.keys = KeysRoom(annotation, memory, actions, timeline, window)
        self.label_keys = LabelKeys(annotation, self.keys.keymap, projects.live.toggle, window)
        self.palette = PaletteRoom(annotation, self.keys.keymap, actions, window)
        self.running = RunningKeeper(annotation, view_state, messages)
        self.exchange = ExchangeRoom(annotation, messages, actions, window)
        self.tracks = TrackCommands(annotation, timeline.tracks, timeline.lanes, messages)
        self.menus = ContextMenus(
            annotation,
            view_state,
            player,
            timeline,
            review,
            projects.editing,
            self.exchange,
            self.tracks,
            actions,
            window,
        )

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            **self.exchange.slots(),
            **self.tracks.slots(),
            **self.keys.slots(),
            **self.palette.slots(),
            "labels_edit": self.edit_labels,
            "reaction_delay": self._measure_delay,
        }

    def take_dropped(self, files: list[Path]) -> bool:
        """Open a project or import annotations that were dropped; False for anything else."""
        projects = [file for file in files if file.suffix.lower() == SUFFIX]
        annotations = [file for file in files if file.suffix.lower() in ANNOTATION_SUFFIXES]
        if projects:
            self._projects.files.open(projects[0])
        elif annotations:
            self.exchange.import_files(annotations)
        return bool(projects or annotations)

    def edit_labels(self) -> None:
        """Open the labels of the project."""
        if self._annotation.projects.project is None:
            self._messages.show_notice("Labels belong to a project: make or open one first.")
            return
        if self._labels is None:
            from app.dialogs.labels_dialog import LabelsDialog

            self._labels = LabelsDialog(self._window, self._annotation, self.keys.keymap)
        self._labels.show()
        self._labels.activateWindow()

    def _merge(self, compared: Comparison) -> None:
        """One layer of two annotators; the worker writes it."""
        from app.dialogs.merge_dialog import MergeDialog

        if self._merging is not None:
            self._merging.reject()
            self._merging.deleteLater()
        self._merging = MergeDialog(self._window, compared)
        self._merging.play_asked.connect(self._review.agreement.play_asked)
        self._merging.merge_asked.connect(self._annotation.projects.perform)
        self._merging.show()

    def _measure_delay(self) -> None:
        from app.dialogs.delay_dialog import DelayDialog

        self._player.pause()
        settings = self._memory.settings
        theme = theme_for(settings.theme)
        dialog = DelayDialog(self._window, theme, settings.reaction_ms, self._player.pacer)
        dialog.chosen.connect(self._set_delay)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()

    def _set_delay(self, delay_ms: int) -> None:
        self._memory.update(reaction_ms=delay_ms)
        self._messages.show_notice(f"{delay_ms} ms are taken off your keys while playing.")

    def shutdown(self) -> None:
        """Wait for what is under way."""
        self.exchange.shutdown()
        if self._merging is not None:
            self._merging.shutdown()
