"""The bar between picture and timeline that tells what is decided on, and how much is left."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QPointF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.icons import icon
from app.kind_style import KIND_STYLES, draw_symbol
from app.panels.segment_cells import STATE_NAMES
from app.player.time_code import short_time_code
from app.project.values import Label, Segment
from app.theme import Theme, tabular
from app.window.annotation import Annotation
from app.window.triage import Triage
from app.window.triage_queue import TriageOrder
from app.window.triage_score import ScorePopup
from core_model.timeline import Task
from training.annotations.model import State

ORDERS = {
    TriageOrder.UNCERTAINTY: "Most uncertain first",
    TriageOrder.LEARNING: "Most to learn first",
    TriageOrder.TIME: "In the order of time",
    TriageOrder.LABEL: "Label by label",
}
# More labels than these are told in the tool tip.
LABELS_TOLD = 4
ACTIONS = ("accept", "reject", "unsure", "triage_previous", "triage_next", "triage_replay")
TEXTS = ("✓ Accept", "✗ Reject", "? Unsure", "◂", "▸", "Again")


class TriageBar(QWidget):
    """Shown while finds are gone through. ``next_video_asked``: this video is done."""

    next_video_asked = Signal()

    def __init__(
        self, triage: Triage, annotation: Annotation, actions: dict[str, QAction], theme: Theme
    ) -> None:
        super().__init__()
        self.setObjectName("triageBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Triage")
        self._triage = triage
        self._symbol = _Symbol(theme)
        self._label = QLabel()
        self._label.setObjectName("triageLabel")
        self._about = _quiet("About this event")
        self._left = _quiet("Left to decide")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedSize(120, 6)
        self._progress.setAccessibleName("Decided")
        self._buttons = [
            _Button(actions[name], text) for name, text in zip(ACTIONS, TEXTS, strict=True)
        ]
        self._next_video = QPushButton("Done: next video")
        self._next_video.setObjectName("small")
        self._next_video.setToolTip("Mark this video as done and open the next unreviewed one")
        self._next_video.clicked.connect(self.next_video_asked)
        self._order = QComboBox()
        self._order.setAccessibleName("Order of triage")
        for order, text in ORDERS.items():
            self._order.addItem(text, order)
        self._only = QComboBox()
        self._only.setAccessibleName("Label to go through")
        self._only.setMinimumContentsLength(14)
        self._by_score = QPushButton("By score…")
        self._by_score.setObjectName("small")
        self._by_score.setToolTip("Accept all from a score on, reject all below one")
        self._popup = ScorePopup(annotation, self)
        self._close = QToolButton()
        self._close.setToolTip("End triage (Esc)")
        self._close.setAccessibleName("End triage")
        self._close.setIconSize(QSize(14, 14))
        self._lay_out()
        self.set_theme(theme)
        self._order.activated.connect(self._on_order)
        self._only.activated.connect(self._on_only)
        self._by_score.clicked.connect(self._ask_score)
        self._close.clicked.connect(triage.stop)
        triage.changed.connect(self._read)
        self._read()

    def set_theme(self, theme: Theme) -> None:
        self._symbol.set_theme(theme)
        self._close.setIcon(icon("cross", theme.text_secondary, theme.line))

    def _lay_out(self) -> None:
        upper = QHBoxLayout()
        upper.setSpacing(8)
        for part in (self._symbol, self._label, self._about):
            upper.addWidget(part)
        upper.addStretch(1)
        for part in (*self._buttons, self._next_video):
            upper.addWidget(part)
        upper.addWidget(self._close)
        lower = QHBoxLayout()
        lower.setSpacing(8)
        lower.addWidget(self._progress)
        lower.addWidget(self._left)
        lower.addStretch(1)
        for part in (self._order, self._only, self._by_score):
            lower.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.setSpacing(4)
        layout.addLayout(upper)
        layout.addLayout(lower)

    def _read(self) -> None:
        self.setVisible(self._triage.is_on)
        if not self._triage.is_on:
            return
        labels, current = self._triage.labels, self._triage.current
        progress = self._triage.progress
        self._offer(labels)
        self._symbol.set_kind(None if current is None else labels[current.label_id].kind)
        self._label.setText(self._said_label(labels, current, progress.total))
        self._about.setText("" if current is None else _about(current))
        for button in self._buttons:
            button.setVisible(current is not None or button.text().startswith("◂"))
        is_done = current is None and self._triage.label_id is None
        self._next_video.setVisible(is_done)
        self._progress.setRange(0, max(progress.total, 1))
        self._progress.setValue(progress.total - progress.left)
        told = [f"{labels[label_id].name} {left:,}" for label_id, left in progress.by_label]
        shown = told[:LABELS_TOLD] + (["…"] if len(told) > LABELS_TOLD else [])
        count = f"{progress.left:,} of {progress.total:,} left"
        below = [f"{progress.below:,} below the thresholds"] if progress.below else []
        self._left.setText(" · ".join([count, *shown, *below]))
        self._left.setToolTip("\n".join(told))

    def _said_label(self, labels: Mapping[int, Label], current: Segment | None, total: int) -> str:
        if current is not None:
            return labels[current.label_id].name
        if self._triage.label_id is not None:
            return f"No {labels[self._triage.label_id].name} is left to decide"
        return "Everything is decided" if total else "There is nothing to decide"

    def _offer(self, labels: Mapping[int, Label]) -> None:
        blocker = QSignalBlocker(self._only)
        wanted = [("All labels", None), *((each.name, each.id) for each in labels.values())]
        present = [
            (self._only.itemText(i), self._only.itemData(i)) for i in range(self._only.count())
        ]
        if present != wanted:
            self._only.clear()
            for text, value in wanted:
                self._only.addItem(text, value)
        self._only.setCurrentIndex(max(self._only.findData(self._triage.label_id), 0))
        order = self._triage.order
        self._order.setCurrentIndex(self._order.findData(order))
        about = self._triage.about_learning
        self._order.setToolTip(about if order is TriageOrder.LEARNING else ORDERS[order])
        learning = self._order.findData(TriageOrder.LEARNING)
        self._order.setItemData(learning, about, Qt.ItemDataRole.ToolTipRole)
        del blocker

    def _on_order(self, _index: int) -> None:
        self._triage.set_order(TriageOrder(self._order.currentData()))

    def _on_only(self, _index: int) -> None:
        self._triage.set_label(self._only.currentData())

    def _ask_score(self) -> None:
        label_id = self._triage.label_id
        self._popup.open_for(None if label_id is None else self._triage.labels[label_id])
        corner = self._by_score.mapToGlobal(QPoint(self._by_score.width(), 0))
        size = self._popup.sizeHint()
        self._popup.move(corner - QPoint(size.width(), size.height() + 4))


class _Button(QPushButton):
    """A button of an action with its key, so that the key is learnt in passing."""

    def __init__(self, action: QAction, text: str) -> None:
        super().__init__()
        self._action = action
        self._text = text
        self.setObjectName("small")
        self.setAccessibleName(action.text())
        self._tell_key()
        action.changed.connect(self._tell_key)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(action.trigger)

    def _tell_key(self) -> None:
        key = self._action.shortcut().toString()
        self.setText(f"{self._text}  {key}" if len(key) == 1 else self._text)
        self.setToolTip(self._action.toolTip())


class _Symbol(QWidget):
    """The symbol of the kind, or nothing."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._kind: Task | None = None
        self.setFixedSize(20, 20)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_kind(self, kind: Task | None) -> None:
        self._kind = kind
        self.setToolTip("" if kind is None else KIND_STYLES[kind].singular)
        self.setVisible(kind is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._kind is not None:
            painter = QPainter(self)
            centre = QPointF(self.width() / 2, self.height() / 2)
            draw_symbol(painter, self._kind, centre, 16, self._theme)
            painter.end()


def _about(segment: Segment) -> str:
    parts = [f"{short_time_code(segment.onset_us)} – {short_time_code(segment.offset_us)}"]
    if segment.score is not None:
        parts.insert(0, f"score {segment.score:.2f}")
    if segment.state is not State.UNDECIDED:
        parts.append(STATE_NAMES[segment.state])
    return " · ".join(parts)


def _quiet(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName("secondary")
    label.setAccessibleName(name)
    label.setFont(tabular(label.font()))
    return label
