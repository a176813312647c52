"""Moments that are like something: of this video, or of all videos of the project, by score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QProgressBar,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.kind_style import KIND_STYLES, draw_symbol, outline_colour, score_text
from app.panels.prompt_row import ElidedLabel, KindMark
from app.player.time_code import short_time_code
from app.theme import Theme, tabular
from core_model.prompt_spec import Moment
from core_model.timeline import Task, seconds

Index = QModelIndex | QPersistentModelIndex
MOMENT_ROLE = Qt.ItemDataRole.UserRole
ROW_PX = 40
BAR_PX = 60
MOST_NAMES = 3
HINT = (
    "Search all videos of the project in your own words, or select a stretch on the timeline and"
    " choose Find More Like This (Ctrl+Shift+F). A click plays what was found."
)


class MomentList(QAbstractListModel):
    """Moments by falling score."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: tuple[Moment, ...] = ()

    def set_moments(self, moments: tuple[Moment, ...]) -> None:
        self.beginResetModel()
        self.moments = moments
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.moments)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        moment = self.moments[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return moment.path.name
        if role == MOMENT_ROLE:
            return moment
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            kind = KIND_STYLES[moment.task].singular
            return f"{moment.path.name}, {_span_text(moment)} ({kind}), score {moment.score:.2f}"
        return None


class MomentDelegate(QStyledItemDelegate):
    """Draws symbol, file, times, and the score as a bar."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        moment: Moment = index.data(MOMENT_ROLE)
        place: QRect = option.rect
        theme = self.theme
        painter.save()
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(place, QColor(theme.raised))
        draw_symbol(painter, moment.task, QPointF(place.left() + 14, place.center().y()), 10, theme)
        painter.setFont(tabular(painter.font()))
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        text = QRect(place.left() + 28, place.top() + 2, place.width() - 28 - BAR_PX - 48, 18)
        painter.setPen(QColor(theme.text))
        name = painter.fontMetrics().elidedText(
            moment.path.name, Qt.TextElideMode.ElideMiddle, text.width()
        )
        painter.drawText(text, left, name)
        painter.setPen(QColor(theme.text_secondary))
        painter.drawText(text.translated(0, 18), left, _span_text(moment))
        bar = QRectF(place.right() - BAR_PX - 40, place.center().y() - 3, BAR_PX, 6)
        painter.fillRect(bar, QColor(theme.line))
        bar.setWidth(BAR_PX * min(max(moment.score, 0.0), 1.0))
        painter.fillRect(bar, QColor(outline_colour(moment.task, theme)))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setPen(QColor(theme.text))
        painter.drawText(place.adjusted(0, 0, -8, 0), right, score_text(moment.score))
        painter.restore()


class MomentsPanel(QWidget):
    """Asks for moments and shows them. ``search_asked(str, Task)``; ``play_asked(Moment)``;
    ``scope_changed``: see :attr:`is_everywhere`.
    """

    search_asked = Signal(str, object)
    play_asked = Signal(object)
    scope_changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("eventList")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Search all videos…")
        self.field.setAccessibleName("Search all videos of the project")
        self.field.setClearButtonEnabled(True)
        self.field.returnPressed.connect(self._on_return)
        self._kinds: dict[Task, QToolButton] = {}
        group = QButtonGroup(self)
        for task, style in KIND_STYLES.items():
            button = _switch(style.name.capitalize(), f"Search for {style.name}")
            group.addButton(button)
            self._kinds[task] = button
        self._kinds[Task.SED].setChecked(True)
        self._marks = {task: KindMark(task, theme) for task in KIND_STYLES}
        self.here = _switch("This video", "Search the open video")
        self.everywhere = _switch("All videos", "Search all encoded videos of the project")
        scope = QButtonGroup(self)
        for button in (self.here, self.everywhere):
            scope.addButton(button)
        self.everywhere.setChecked(True)
        scope.buttonClicked.connect(self._on_scope)
        self._what = ElidedLabel("")
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setAccessibleName("State of the search")
        self._busy = QProgressBar()
        self._busy.setTextVisible(False)
        self._busy.setFixedHeight(3)
        self._busy.setAccessibleName("Moments are being searched")
        self._hint = QLabel(HINT)
        self._hint.setObjectName("hint")
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.list = QListView()
        self.rows = MomentList()
        self.list.setModel(self.rows)
        self.list.setAccessibleName("Moments found, the likeliest first")
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self._delegate = MomentDelegate(theme, self.list)
        self.list.setItemDelegate(self._delegate)
        self.list.clicked.connect(self._on_index)
        self.list.activated.connect(self._on_index)
        self._lay_out()
        self._style()
        self.show_idle()

    def set_theme(self, theme: Theme) -> None:
        self._delegate.theme = theme
        for mark in self._marks.values():
            mark.set_theme(theme)
        self.list.viewport().update()

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 200)

    @property
    def is_everywhere(self) -> bool:
        """Whether all videos are meant, and not only the open one."""
        return self.everywhere.isChecked()

    @property
    def task(self) -> Task:
        """The kind that is searched for."""
        return next(task for task, button in self._kinds.items() if button.isChecked())

    @property
    def note(self) -> str:
        return self._note.text()

    def set_task(self, task: Task) -> None:
        self._kinds[task].setChecked(True)
        self._style()

    def show_idle(self) -> None:
        self._show("", "", is_busy=False)
        self.rows.set_moments(())
        self._hint.show()
        self.list.hide()

    def show_busy(self, what: str, doing: str) -> None:
        """``what`` is looked for, and what is being ``done`` for it."""
        self._show(what, doing, is_busy=True)
        self._hint.hide()

    def show_problem(self, text: str) -> None:
        self._show(self._what.whole, text, is_busy=False, is_error=True)
        self._hint.hide()

    def show_moments(self, moments: tuple[Moment, ...], missing: Sequence[Path]) -> None:
        """Moments by falling score; ``missing`` are files that were not looked into."""
        self.rows.set_moments(moments)
        found = "Nothing was found." if not moments else f"{len(moments):,} moments."
        self._show(self._what.whole, f"{found} {_missing_text(missing)}".strip(), is_busy=False)
        self._hint.hide()
        self.list.setVisible(bool(moments))

    def _show(self, what: str, note: str, *, is_busy: bool, is_error: bool = False) -> None:
        self._what.set_text(what)
        self._what.setVisible(bool(what))
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._note.setObjectName("failed" if is_error else "secondary")
        self._note.style().unpolish(self._note)
        self._note.style().polish(self._note)
        # A busy bar's animation is a timer: it must not outlive the work.
        self._busy.setRange(0, 0 if is_busy else 1)
        self._busy.setVisible(is_busy)

    def _lay_out(self) -> None:
        title = QLabel("SEARCH")
        title.setObjectName("heading")
        switches = QHBoxLayout()
        switches.setSpacing(2)
        for task, button in self._kinds.items():
            switches.addWidget(self._marks[task])
            switches.addWidget(button)
        switches.addStretch(1)
        switches.addWidget(self.here)
        switches.addWidget(self.everywhere)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 8)
        column.setSpacing(6)
        for part in (title, self.field):
            column.addWidget(part)
        column.addLayout(switches)
        for part in (self._what, self._busy, self._note):
            column.addWidget(part)
        column.addWidget(self._hint, 1)
        column.addWidget(self.list, 1)

    def _on_return(self) -> None:
        text = " ".join(self.field.text().split())
        if text:
            self.search_asked.emit(text, self.task)

    def _on_scope(self) -> None:
        self._style()
        self.scope_changed.emit()

    def _on_index(self, index: QModelIndex) -> None:
        if index.isValid():
            self.play_asked.emit(self.rows.moments[index.row()])

    def _style(self, _on: bool = False) -> None:
        for button in (*self._kinds.values(), self.here, self.everywhere):
            button.setProperty("active", button.isChecked())
            button.style().unpolish(button)
            button.style().polish(button)
            if not button.property("styled"):
                button.setProperty("styled", True)
                button.toggled.connect(self._style)


def _switch(text: str, tooltip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    button.setToolTip(tooltip)
    button.setAccessibleName(tooltip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _span_text(moment: Moment) -> str:
    length_s = seconds(moment.offset_us - moment.onset_us)
    return f"{short_time_code(moment.onset_us)} · {length_s:.1f} s"


def _missing_text(missing: Sequence[Path]) -> str:
    if not missing:
        return ""
    names = ", ".join(path.name for path in missing[:MOST_NAMES])
    more = f" and {len(missing) - MOST_NAMES} more" if len(missing) > MOST_NAMES else ""
    return f"Not encoded and not searched: {names}{more}. Find events in them first."
