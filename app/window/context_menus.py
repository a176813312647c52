"""What a right click, or the menu key, offers on the timeline, the table and the board."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app.kind_style import KIND_SIGNS, KIND_STYLES
from app.player.player import Player
from app.project.edits import Paste, RemoveVideos, SetVideoStatus, SplitSegments
from app.project.values import VideoStatus
from app.timeline.hit_test import hit_at, lane_at
from app.timeline.lanes import Lane
from app.timeline.time_pane import MARGIN_PX, TimePane
from app.timeline.timeline_view import TimelineView
from app.timeline.tracks import HEIGHTS, TrackKey
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.editing import Editing
from app.window.exchange_room import ExchangeRoom
from app.window.review import ReviewRoom
from app.window.track_commands import TrackCommands
from core_model.timeline import Detection

HEIGHT_NAMES = {"low": "Low rows", "fit": "Rows that fit", "tall": "High rows"}
DECISIONS = ("accept", "reject", "unsure")
CHANGES = ("segment_relabel", "segment_split", "segment_merge", "segment_duplicate")
KINDS = ("kind_tal", "kind_sed", "kind_avel")
FINDING = ("find_like", "why")
COPIES = ("segment_copy", "segment_paste", "segment_delete")
PLAYING = ("play_selection", "loop", "zoom_selection")
SELECTING = ("select_start", "select_end", "select_all", "select_none")


class ContextMenus(QObject):
    """One menu at a time, made when it is asked for, of the table's actions where there are any."""

    def __init__(
        self,
        annotation: Annotation,
        view_state: ViewState,
        player: Player,
        timeline: TimelineView,
        review: ReviewRoom,
        editing: Editing,
        exchange: ExchangeRoom,
        tracks: TrackCommands,
        actions: Mapping[str, QAction],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._annotation = annotation
        self._view_state = view_state
        self._player = player
        self._timeline = timeline
        self._review = review
        self._editing = editing
        self._exchange = exchange
        self._track_commands = tracks
        self._tracks = timeline.tracks
        self._actions = actions
        self.menu: QMenu | None = None
        # Shows the menu of a detection, which no project holds, at a global point.
        self.show_detection: Callable[[Detection, QPoint], object] | None = None
        self._listen(timeline.lanes, self._on_lanes)
        for pane in (timeline.ruler, timeline.overview, timeline.waveform, timeline.spectrogram):
            self._listen(pane, partial(self._on_time, pane))
        self._listen(timeline, self._on_timeline_key)
        self._listen(review.segments.view, self._on_table)
        self._listen(review.board.view, self._on_board)

    def _listen(self, widget: QWidget, show: Callable[[QPoint], None]) -> None:
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(show)

    # --- the timeline ------------------------------------------------------------------------

    def _on_lanes(self, place: QPoint) -> None:
        pane = self._timeline.lanes
        y_px = place.y() + pane.scrolled_px
        lane = lane_at(pane.lanes, y_px)
        if place.x() < MARGIN_PX:
            self._open(self.of_track(lane), pane, place)
            return
        scale = pane.scale()
        hit = hit_at(pane.lanes, place.x(), y_px, scale) if scale is not None else None
        at_us = scale.to_us(place.x()) if scale is not None else 0
        found = pane.event_at(place) if hit is None else None
        if found is not None and self.show_detection is not None:
            self.show_detection(found, pane.mapToGlobal(place))
        elif hit is not None:
            if hit.segment_id not in self._annotation.selection:
                self._annotation.select((hit.segment_id,))
            self._open(self.of_segments(at_us), pane, place)
        elif scale is not None:
            self._open(self.of_lane(lane, at_us), pane, place)

    def _on_time(self, pane: TimePane, place: QPoint) -> None:
        scale = pane.scale()
        if scale is not None and place.x() >= MARGIN_PX:
            self._open(self.of_time(scale.to_us(place.x())), pane, place)

    def _on_timeline_key(self, place: QPoint) -> None:
        """The menu key, with the keys on the timeline."""
        if self._annotation.selection:
            self._open(self.of_segments(self._view_state.playhead_us), self._timeline, place)
        else:
            self._open(self.of_time(self._view_state.playhead_us), self._timeline, place)

    def of_segments(self, at_us: int | None = None) -> QMenu:
        """For the selected segments; ``at_us`` is the time that was pointed at."""
        menu = self._new_menu()
        self._add(menu, DECISIONS)
        menu.addSeparator()
        menu.addAction("Play", self._play_selected)
        menu.addAction("Select Their Time", self._select_time)
        self._add(menu, FINDING)
        menu.addSeparator()
        menu.addAction(self._actions["segment_relabel"])
        kinds = menu.addMenu("Change Kind")
        self._add(kinds, KINDS)
        if at_us is not None:
            split = menu.addAction("Split Here", partial(self._split, at_us))
            split.setEnabled(self._annotation.is_writable)
        self._add(menu, CHANGES[1:])
        menu.addSeparator()
        self._add(menu, COPIES)
        return menu

    def of_lane(self, lane: Lane | None, at_us: int) -> QMenu:
        """For a free place in a lane."""
        menu = self._new_menu()
        clips = self._editing.clips
        paste = menu.addAction("Paste Here", partial(self._paste, lane, at_us, False))
        onto = menu.addAction("Paste Here as This Label", partial(self._paste, lane, at_us, True))
        paste.setEnabled(bool(clips) and self._annotation.is_writable)
        onto.setEnabled(paste.isEnabled() and bool(self._label_of(lane)))
        menu.addAction(self._actions["segment_new"])
        menu.addSeparator()
        self._add_time(menu, at_us)
        if lane is not None:
            menu.addSeparator()
            self._add_track(menu.addMenu("Track"), lane)
        return menu

    def of_time(self, at_us: int) -> QMenu:
        """For a moment on the time axis."""
        menu = self._new_menu()
        self._add_time(menu, at_us)
        return menu

    def of_track(self, lane: Lane | None) -> QMenu:
        """For the head of a track, or for the free place below all of them."""
        menu = self._new_menu()
        if lane is not None:
            self._add_track(menu, lane)
            menu.addSeparator()
        self._add_people(menu)
        self._add_hidden(menu)
        menu.addAction(self._actions["tracks_show_all"])
        return menu

    def _add_time(self, menu: QMenu, at_us: int) -> None:
        menu.addAction("Go Here", partial(self._view_state.request_seek, at_us))
        menu.addSeparator()
        self._add(menu, SELECTING)
        menu.addSeparator()
        self._add(menu, PLAYING)
        menu.addAction(self._actions["find_like"])
        menu.addAction(self._actions["zoom_all"])

    def _add_track(self, menu: QMenu, lane: Lane) -> None:
        key, track = lane.key, lane.track
        for name, text in (
            ("folded", "Folded"),
            ("locked", "Locked"),
            ("solo", "Solo"),
        ):
            entry = menu.addAction(text, partial(self._tracks.toggle, key, name))
            entry.setCheckable(True)
            entry.setChecked(getattr(track, name))
        menu.addAction("Hide", partial(self._tracks.set, key, hidden=True))
        menu.addSeparator()
        for height in HEIGHTS:
            entry = menu.addAction(HEIGHT_NAMES[height])
            entry.triggered.connect(partial(self._set_height, key, height))
            entry.setCheckable(True)
            entry.setChecked(track.height == height)
        menu.addSeparator()
        menu.addAction("Move Up", partial(self._track_commands.move, key, -1))
        menu.addAction("Move Down", partial(self._track_commands.move, key, 1))
        menu.addSeparator()
        is_apart = key.kind in self._tracks.apart
        name = KIND_STYLES[key.kind].name
        apart = menu.addAction(f"A Track per Label ({name})")
        apart.setCheckable(True)
        apart.setChecked(is_apart)
        apart.triggered.connect(partial(self._tracks.set_apart, key.kind, not is_apart))

    def _set_height(self, key: TrackKey, height: str) -> None:
        self._tracks.set(key, height=height)

    def _add_people(self, menu: QMenu) -> None:
        """Whose work is shown, where several people have annotated."""
        columns = self._annotation.columns
        if columns is None:
            return
        numbers = np.unique(columns.annotators).tolist()
        people = {columns.texts.text(number) for number in numbers} - {""}
        if len(people) < 2:
            return
        chosen = menu.addMenu("Annotators")
        for name in sorted(people):
            entry = chosen.addAction(name.replace("&", "&&"))
            entry.setCheckable(True)
            is_shown = name not in self._tracks.hidden_people
            entry.setChecked(is_shown)
            entry.triggered.connect(partial(self._tracks.show_person, name, not is_shown))

    def _add_hidden(self, menu: QMenu) -> None:
        """An entry for each track that is hidden, to show it again."""
        names = {label.id: label.name for label in self._annotation.labels()}
        kinds = [kind for kind in self._tracks.kinds if self._tracks.of(TrackKey(kind)).hidden]
        for kind in kinds:
            text = f"Show {KIND_SIGNS[kind]} {KIND_STYLES[kind].name}"
            menu.addAction(text, partial(self._tracks.set, TrackKey(kind), hidden=False))
        for label in self._annotation.labels():
            if label.id in self._tracks.hidden_labels:
                key = TrackKey(label.kind, label.id)
                text = f"Show {KIND_SIGNS[label.kind]} {names[label.id]}".replace("&", "&&")
                menu.addAction(text, partial(self._tracks.set, key, hidden=False))

    def _label_of(self, lane: Lane | None) -> str:
        if lane is None:
            return ""
        return lane.name or self._annotation.current_label(lane.task)

    def _split(self, at_us: int) -> None:
        ids = tuple(sorted(self._annotation.selection))
        self._annotation.perform(SplitSegments(ids, at_us))

    def _paste(self, lane: Lane | None, at_us: int, as_label: bool) -> None:
        video_id, label = self._annotation.video_id, self._label_of(lane)
        if video_id is not None and self._editing.clips:
            onto = (lane.task, label) if lane is not None and as_label and label else None
            paste = Paste(video_id, self._editing.clips, at_us, onto)
            self._annotation.perform_and_select(paste)

    def _span(self) -> tuple[int, int] | None:
        """From the first onset of what is selected to the last offset."""
        columns = self._annotation.columns
        rows = columns.rows_of(self._annotation.selection) if columns is not None else ()
        if columns is None or not len(rows):
            return None
        return int(columns.onset_us[rows].min()), int(columns.offset_us[rows].max())

    def _play_selected(self) -> None:
        span = self._span()
        if span is not None:
            self._player.play_range(*span)

    def _select_time(self) -> None:
        span = self._span()
        if span is not None:
            self._view_state.set_selection(*span)

    # --- table and board ---------------------------------------------------------------------

    def _on_table(self, place: QPoint) -> None:
        view = self._review.segments.view
        if self._annotation.selection:
            self._open(self.of_segments(), view.viewport(), place)

    def _on_board(self, place: QPoint) -> None:
        view = self._review.board.view
        index = view.indexAt(place)
        if index.isValid() and not view.selectionModel().isSelected(index):
            view.setCurrentIndex(index)
        rows = [self._review.board.model.row(each.row()) for each in view.selectedIndexes()]
        if rows:
            ids = tuple(row.video.id for row in rows)
            self._open(self.of_videos(ids), view.viewport(), place)

    def of_videos(self, ids: tuple[int, ...]) -> QMenu:
        """For videos of the project."""
        menu, projects = self._new_menu(), self._annotation.projects
        is_writable = projects.is_writable
        if len(ids) == 1:
            menu.addAction("Open", partial(self._review.board.open_asked.emit, ids[0]))
            menu.addSeparator()
        marks = menu.addMenu("Mark as")
        marks.setEnabled(is_writable)
        for status in VideoStatus:
            edit = SetVideoStatus(ids, status)
            marks.addAction(status.value.capitalize(), partial(projects.perform, edit))
        menu.addSeparator()
        if len(ids) == 1:
            relink = menu.addAction("Locate File…", partial(self._exchange.relink, ids[0]))
            relink.setEnabled(is_writable)
            menu.addAction("Copy Path", partial(self._copy_path, ids[0]))
        menu.addAction(self._actions["videos_find"])
        menu.addSeparator()
        gone = menu.addAction("Take out of the Project", partial(self._remove, ids))
        gone.setEnabled(is_writable)
        return menu

    def _copy_path(self, video_id: int) -> None:
        project = self._annotation.projects.project
        if project is not None:
            path = project.locate(video_id)
            name = project.document.videos[video_id].path
            QApplication.clipboard().setText(str(path) if path is not None else name)

    def _remove(self, ids: tuple[int, ...]) -> None:
        """Undo brings them back, with all their segments; the files are left alone."""
        self._annotation.projects.perform(RemoveVideos(ids))

    # --- showing -----------------------------------------------------------------------------

    def _add(self, menu: QMenu, names: tuple[str, ...]) -> None:
        for name in names:
            menu.addAction(self._actions[name])

    def _new_menu(self) -> QMenu:
        if self.menu is not None:
            self.menu.deleteLater()
        self.menu = QMenu(self._timeline.window())
        return self.menu

    def _open(self, menu: QMenu, widget: QWidget, place: QPoint) -> None:
        if not menu.isEmpty():
            menu.popup(widget.mapToGlobal(place))
