"""The list of events beside the picture: filter, sort, click to go there."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.panels.event_table import (
    DURATION,
    KIND,
    LABEL,
    ONSET,
    SCORE,
    EventTable,
)
from app.panels.event_view import EventView
from app.panels.kind_rows import KindRows
from app.player.time_code import short_time_code
from app.session import Session
from app.steady_label import SteadyLabel
from app.theme import Theme, tabular
from core_model.media.probe import MediaInfo

ROW_PX = 26
PADDING_PX = 10
# Per column of fixed width.
WIDEST_TEXTS = {KIND: " ", ONSET: "Onset ▴", DURATION: "00.00 s", SCORE: "Score ▾"}


class EventList(QWidget):
    """What was found in the open file. ``chosen`` carries the Detection that was clicked."""

    chosen = Signal(object)

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("eventList")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(360)
        self._session = session
        self._table = EventTable()
        self._kinds = KindRows(session, theme)
        # Nothing below it may move when the first events arrive.
        self._count = SteadyLabel("0 of 0")
        self._count.setObjectName("secondary")
        self._empty_text = ""
        self._count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._hint = QLabel()
        self._hint.setObjectName("hint")
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._filter = QLineEdit()
        self._filter.setPlaceholderText("Filter labels")
        self._filter.setAccessibleName("Filter labels")
        self._filter.setClearButtonEnabled(True)
        # A file dropped here is to be opened, not to be written out as text.
        self._filter.setAcceptDrops(False)
        self._filter.textChanged.connect(self._on_filter)
        self._view = self._make_view(theme)
        self._lay_out()
        session.media_changed.connect(self._fit_onsets)
        session.detections_changed.connect(self._on_change)
        session.thresholds_changed.connect(self._on_change)
        self._read()

    def set_theme(self, theme: Theme) -> None:
        self._kinds.set_theme(theme)
        self._view.set_theme(theme)

    def set_hint(self, text: str) -> None:
        """What to say instead of the list while there are no events at all."""
        self._empty_text = text
        self._read()

    def _make_view(self, theme: Theme) -> EventView:
        view = EventView(self._table, theme)
        view.setAccessibleName("Events")
        view.setFont(tabular(view.font()))
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(ROW_PX)
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(28)
        # The style sheet's font counts only once the view has been polished.
        view.ensurePolished()
        metrics = view.fontMetrics()
        header.setSectionResizeMode(LABEL, QHeaderView.ResizeMode.Stretch)
        for column, text in WIDEST_TEXTS.items():
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, metrics.horizontalAdvance(text) + 2 * PADDING_PX)
        view.setSortingEnabled(True)
        view.sortByColumn(ONSET, Qt.SortOrder.AscendingOrder)
        view.clicked.connect(self._on_index)
        view.activated.connect(self._on_index)
        return view

    def _fit_onsets(self, media: MediaInfo | None) -> None:
        """Hours need more room, and only long media have them."""
        texts = [WIDEST_TEXTS[ONSET], short_time_code(media.end_us if media else 0)]
        widest_px = max(self._view.fontMetrics().horizontalAdvance(text) for text in texts)
        self._view.horizontalHeader().resizeSection(ONSET, widest_px + 2 * PADDING_PX)

    def _lay_out(self) -> None:
        title = QLabel("EVENTS")
        title.setObjectName("heading")
        top = QHBoxLayout()
        top.addWidget(title)
        top.addStretch(1)
        top.addWidget(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 0)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._kinds)
        layout.addWidget(self._filter)
        layout.addWidget(self._hint, 1)
        layout.addWidget(self._view, 1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read()

    def _on_change(self) -> None:
        """Nobody waits for a list that is behind another panel."""
        if self.isVisible():
            self._read()

    def _read(self) -> None:
        self._table.set_table(self._session.table, self._session.is_shown)
        total, listed = len(self._session.detections), self._table.rowCount()
        self._count.set_widest(f"{total} of {total}")
        self._count.setText(f"{listed} of {total}" if total else "")
        self._count.setToolTip("Shown, of all that the model holds possible" if total else "")
        self._hint.setText(self._why_empty(total, self._session.shown_count))
        self._view.setVisible(listed > 0)
        self._hint.setVisible(listed == 0)

    def _why_empty(self, total: int, shown: int) -> str:
        if total == 0:
            return self._empty_text
        if shown == 0:
            possible = (
                "The only possible event is" if total == 1 else f"All {total} possible events are"
            )
            return f"{possible} hidden or below the thresholds. Move a slider left to see more."
        return f"No label holds “{self._filter.text().strip()}”."

    def _on_filter(self, text: str) -> None:
        self._table.set_filter(text)
        self._read()

    def _on_index(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self._table.detection(index.row()))
