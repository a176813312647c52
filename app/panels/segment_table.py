"""The list of segments beside the picture: filter, sort, select, edit in place."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHeaderView, QLabel, QPushButton, QVBoxLayout, QWidget

from app.limits import SegmentLimits
from app.panels.segment_bulk import BulkBar
from app.panels.segment_filter import Column, SegmentFilter, is_below
from app.panels.segment_filter_bar import SegmentFilterBar
from app.panels.segment_model import SegmentModel
from app.panels.segment_view import CellDelegate, SegmentView
from app.player.time_code import short_time_code
from app.session import Session
from app.theme import Theme, tabular
from app.window.annotation import Annotation

ROW_PX = 26
PADDING_PX = 7
TIME_PADDING_PX = 24
WIDEST_TEXTS = {
    Column.KIND: "▴",
    Column.LABEL: "sailboat racing 1",
    Column.STATE: "▴",
    Column.LENGTH: "Length ▴",
    Column.SCORE: "Score ▴",
    Column.ANNOTATOR: "Annotator ▴",
    Column.NOTE: "a note of some words, or more",
}
NO_VIDEO = "Open a video of the project to see its segments."
NO_SEGMENTS = "No segments yet. Drag on the timeline to draw one, or press Ctrl+D to find events."
ALL_BELOW = "All finds lie below the thresholds. Lower them under Thresholds to see more."
NO_MATCH = "No segment passes the filters."


class SegmentTable(QWidget):
    """The segments of the open video; what is selected here is selected on the timeline.

    ``chosen(onset_us)``: a hand or a key went to one segment. ``play_asked(onset_us,
    offset_us)``: it is to be heard and seen. ``problem(line)``: a text makes no sense.
    """

    chosen = Signal(object)
    play_asked = Signal(object, object)
    problem = Signal(str)

    def __init__(self, annotation: Annotation, session: Session, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("eventList")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._annotation = annotation
        self._session = session
        self._shows_below = False
        self._is_following = False
        self._wanted = SegmentFilter()
        self._moving_id: int | None = None
        self._time_px = 0
        self._is_late = False
        self.model = SegmentModel(annotation)
        self.model.problem.connect(self.problem)
        self.view = SegmentView()
        self.view.setModel(self.model)
        self._delegate = CellDelegate(annotation, theme, self.view)
        self.view.setItemDelegate(self._delegate)
        self.filters = SegmentFilterBar(annotation, theme)
        self._bulk = BulkBar(annotation)
        self._count = QLabel()
        self._count.setObjectName("secondary")
        self._count.setFont(tabular(self._count.font()))
        self._hint = QLabel()
        self._hint.setObjectName("hint")
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._clear = QPushButton("Clear filters")
        self._set_up_view()
        self._lay_out()
        self._connect()
        self.filters.show_order(*self.model.sorted_by)
        self._set_filter()
        self._read()

    def set_theme(self, theme: Theme) -> None:
        self._delegate.theme = theme
        self.filters.set_theme(theme)
        self.view.viewport().update()

    def set_filter(self, wanted: SegmentFilter) -> None:
        """Show only what passes; the fields above do the same."""
        self._wanted = wanted
        self._set_filter()

    def show_below(self, on: bool) -> None:
        """Show finds below the thresholds too, which the timeline does not show."""
        self._shows_below = on
        self._set_filter()

    def _set_filter(self) -> None:
        self._is_late = False
        limits = None if self._shows_below else self._limits()
        self.model.set_filter(replace(self._wanted, limits=limits))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_late:
            self._set_filter()

    def _on_thresholds(self) -> None:
        """Nobody waits for a table that is behind another panel."""
        self._is_late = not self.isVisible()
        if not self._is_late:
            self._set_filter()

    def _limits(self) -> SegmentLimits:
        return self._session.limits.of_segments(self._annotation.labels())

    def _set_up_view(self) -> None:
        view = self.view
        view.setFont(tabular(view.font()))
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(ROW_PX)
        view.ensurePolished()
        header, metrics = view.horizontalHeader(), view.fontMetrics()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        for column, text in WIDEST_TEXTS.items():
            header.resizeSection(column, metrics.horizontalAdvance(text) + 2 * PADDING_PX)
        # A narrow panel shows the score before the offset, which onset and length tell, too.
        header.moveSection(header.visualIndex(Column.OFFSET), header.visualIndex(Column.SCORE))
        header.setStretchLastSection(True)
        # With the table's own it would ask, for each column, whether all rows can be selected.
        header.setSelectionModel(QItemSelectionModel(self.model, header))
        view.setSortingEnabled(True)
        view.sortByColumn(Column.ONSET, Qt.SortOrder.AscendingOrder)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.filters)
        layout.addWidget(self._count)
        layout.addWidget(self._hint)
        layout.addWidget(self._clear, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.view, 1_000)
        # What is above stays at the top where there is no table.
        layout.addStretch(1)
        layout.addWidget(self._bulk)

    def _connect(self) -> None:
        self._annotation.changed.connect(self._read)
        self._annotation.selection_changed.connect(self._follow_selection)
        self.model.moving.connect(self._on_moving)
        self.filters.filter_changed.connect(self.set_filter)
        self.filters.below_asked.connect(self.show_below)
        self._session.thresholds_changed.connect(self._on_thresholds)
        self.filters.sort_asked.connect(self._sort)
        self._clear.clicked.connect(self.filters.clear)
        self.view.horizontalHeader().sortIndicatorChanged.connect(self._on_sorted)
        self.view.selectionModel().selectionChanged.connect(self._on_selected)
        self.view.play_asked.connect(self._on_play)
        self.view.delete_asked.connect(self._bulk.delete)

    def _read(self) -> None:
        self.model.read()
        self.filters.read()
        self._fit_times()

    def _fit_times(self) -> None:
        """Hours need more room, and only long videos have them."""
        columns = self._annotation.columns
        latest_us = int(columns.reach_us[-1]) if columns is not None and len(columns) else 0
        width_px = self.view.fontMetrics().horizontalAdvance(short_time_code(latest_us))
        if width_px != self._time_px:
            self._time_px = width_px
            for column in (Column.ONSET, Column.OFFSET):
                self.view.horizontalHeader().resizeSection(column, width_px + TIME_PADDING_PX)

    def _on_moving(self, begins: bool) -> None:
        self._is_following = begins
        if begins:
            self._moving_id = self._current_id()
        else:
            self._restore_current(self._moving_id)
            self._follow_selection()

    def _sort(self, column: Column, descending: bool) -> None:
        orders = Qt.SortOrder
        order = orders.DescendingOrder if descending else orders.AscendingOrder
        self.view.sortByColumn(column, order)

    def _on_sorted(self, _column: int, _order: Qt.SortOrder) -> None:
        self.filters.show_order(*self.model.sorted_by)

    def _current_id(self) -> int | None:
        row = self.view.currentIndex().row()
        return self.model.ids(row, row)[0] if 0 <= row < self.model.rowCount() else None

    def _restore_current(self, segment_id: int | None) -> None:
        """After everything was read anew the keys go on from where they were."""
        if segment_id is None or self.view.currentIndex().isValid():
            return
        rows = self.model.rows_of((segment_id,))
        if len(rows):
            index = self.model.index(int(rows[0]), Column.LABEL)
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.view.selectionModel().setCurrentIndex(index, flag)

    def _on_selected(self, _now: QItemSelection, _before: QItemSelection) -> None:
        """A hand or a key selected rows."""
        if self._is_following:
            return
        ids: list[int] = []
        for stretch in self.view.selectionModel().selection().toList():
            ids += self.model.ids(stretch.top(), stretch.bottom())
        self._is_following = True
        self._annotation.select(ids)
        self._is_following = False
        self._tell_count()
        if len(set(ids)) == 1:
            row = self.view.selectionModel().selection().first().top()
            self.chosen.emit(self.model.segment(row).onset_us)

    def _follow_selection(self, _ids: object = None) -> None:
        """Show what is selected elsewhere, and bring the first of it into sight."""
        if self._is_following:
            return
        rows = self.model.rows_of(self._annotation.selection)
        wanted = QItemSelection()
        for first, end in _stretches(rows.tolist()):
            wanted.select(*self.model.stretch(first, end))
        self._is_following = True
        chooser, flags = self.view.selectionModel(), QItemSelectionModel.SelectionFlag
        chooser.select(wanted, flags.ClearAndSelect)
        if len(rows) and self.view.currentIndex().row() not in rows:
            column = max(self.view.currentIndex().column(), Column.LABEL)
            chooser.setCurrentIndex(self.model.index(int(rows[0]), column), flags.NoUpdate)
        self._is_following = False
        self._tell_count()

    def _on_play(self) -> None:
        row = self.view.currentIndex().row()
        if 0 <= row < self.model.rowCount():
            segment = self.model.segment(row)
            self.play_asked.emit(segment.onset_us, segment.offset_us)

    def _tell_count(self) -> None:
        columns = self._annotation.columns
        total, shown = 0 if columns is None else len(columns), self.model.rowCount()
        selected = len(self._annotation.selection)
        unseen = selected - len(self.model.rows_of(self._annotation.selection))
        below = 0
        if columns is not None and not self._shows_below:
            below = int(is_below(columns, self._limits()).sum())
        parts = [f"{shown:,} of {total - below:,}"] if total else []
        if below:
            parts.append(f"{below:,} below the thresholds")
        if selected:
            parts.append(f"{selected:,} selected" + (f", {unseen:,} not shown" if unseen else ""))
        self._count.setText(" · ".join(parts))
        self._hint.setText(NO_VIDEO if columns is None else _why_none(total, below))
        for part in (self._hint, self._clear):
            part.setVisible(shown == 0)
        self._clear.setVisible(shown == 0 and total > below)
        self.view.setVisible(shown > 0)


def _why_none(total: int, below: int) -> str:
    if not total:
        return NO_SEGMENTS
    return ALL_BELOW if below == total else NO_MATCH


def _stretches(rows: list[int]) -> list[tuple[int, int]]:
    """Ascending rows as first and last of each unbroken stretch."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
