"""The filters above the table of segments: one line of text, and the rest when it is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.icons import icon
from app.kind_style import KIND_STYLES
from app.panels.segment_cells import STATE_NAMES
from app.panels.segment_filter import Column, SegmentFilter, annotators_in
from app.panels.segment_model import SPOKEN_HEADINGS
from app.project.values import KINDS, STATES
from app.theme import Theme
from app.window.annotation import Annotation
from core_model.timeline import Task, microseconds
from training.annotations.model import State

LONGEST_S = 3_600_000.0


class SegmentFilterBar(QWidget):
    """``filter_changed(SegmentFilter)``; ``sort_asked(Column, bool)``: the column, and whether
    the largest come first; ``below_asked(bool)``: show finds below the thresholds too, or not.
    """

    filter_changed = Signal(object)
    sort_asked = Signal(object, bool)
    below_asked = Signal(bool)

    def __init__(self, annotation: Annotation, theme: Theme) -> None:
        super().__init__()
        self._annotation = annotation
        self._text = QLineEdit()
        self._text.setPlaceholderText("Filter by label, note or annotator")
        self._text.setAccessibleName("Filter segments by label, note or annotator")
        self._text.setClearButtonEnabled(True)
        self._text.setAcceptDrops(False)
        self._more = QToolButton()
        self._more.setCheckable(True)
        self._more.setIconSize(QSize(16, 16))
        self._more.setToolTip("More filters, and the order")
        self._more.setAccessibleName("More filters, and the order")
        self._kind = _combo("Kind", [("All kinds", None)])
        for kind in KINDS:
            self._kind.addItem(KIND_STYLES[kind].name.capitalize(), kind)
        self._state = _combo("State", [("All states", None)])
        for state in STATES:
            self._state.addItem(STATE_NAMES[state].capitalize(), state)
        self._label = _combo("Label", [("All labels", None)])
        self._annotator = _combo("Annotator", [("All annotators", None)])
        self._score = (_number("Lowest score", 1.0, 0.0), _number("Highest score", 1.0, 1.0))
        self._length = (
            _number("Shortest length in seconds", LONGEST_S, 0.0),
            _number("Longest length in seconds", LONGEST_S, 0.0),
        )
        self._length[1].setSpecialValueText("any")
        self._sort = _combo("Order", [])
        for column in Column:
            for descending, sign in ((False, "▴"), (True, "▾")):
                self._sort.addItem(f"By {SPOKEN_HEADINGS[column].lower()} {sign}")
                self._sort.setItemData(self._sort.count() - 1, (int(column), descending))
        self._below = QCheckBox("Finds below the thresholds too")
        self._clear = QPushButton("Clear filters")
        self._clear.setObjectName("small")
        self._details = self._make_details()
        self._lay_out()
        self.set_theme(theme)
        self._connect()

    @property
    def filter(self) -> SegmentFilter:
        """What is chosen now."""
        kind, state = self._kind.currentData(), self._state.currentData()
        longest_us = microseconds(self._length[1].value())
        return SegmentFilter(
            text=self._text.text(),
            kind=None if kind is None else Task(kind),
            label_id=self._label.currentData(),
            state=None if state is None else State(state),
            annotator=self._annotator.currentData(),
            score_from=self._score[0].value(),
            score_to=self._score[1].value(),
            length_from_us=microseconds(self._length[0].value()),
            length_to_us=longest_us or None,
        )

    def clear(self) -> None:
        """Let everything pass."""
        blockers = [QSignalBlocker(each) for each in self._all]
        for combo in self._combos:
            combo.setCurrentIndex(0)
        for box, value in zip((*self._score, *self._length), (0.0, 1.0, 0.0, 0.0), strict=True):
            box.setValue(value)
        self._text.clear()
        del blockers
        self._tell()

    def read(self) -> None:
        """Offer the labels and annotators that there are now."""
        labels = [
            (f"{each.name} ({KIND_STYLES[each.kind].name})", each.id)
            for each in self._annotation.labels()
        ]
        columns = self._annotation.columns
        names = [] if columns is None else annotators_in(columns)
        before = self.filter
        _offer(self._label, labels)
        _offer(self._annotator, [(name, name) for name in names])
        if self.filter != before:
            self._tell()

    def show_order(self, column: Column, descending: bool) -> None:
        """Say how the table is sorted now."""
        blocker = QSignalBlocker(self._sort)
        self._sort.setCurrentIndex(2 * column + descending)
        del blocker

    def set_theme(self, theme: Theme) -> None:
        self._more.setIcon(icon("tune", theme.text_secondary, theme.line))

    @property
    def _combos(self) -> tuple[QComboBox, ...]:
        return self._kind, self._label, self._state, self._annotator

    @property
    def _all(self) -> tuple[QWidget, ...]:
        return self._text, *self._combos, *self._score, *self._length

    def _make_details(self) -> QWidget:
        details = QWidget()
        grid = QGridLayout(details)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for place, combo in enumerate(self._combos):
            grid.addWidget(combo, place // 2, place % 2)
        for row, (name, pair) in enumerate(
            (("Score", self._score), ("Length, s", self._length)), 2
        ):
            line = QHBoxLayout()
            line.addWidget(_quiet(name))
            line.addWidget(pair[0], 1)
            line.addWidget(_quiet("to"))
            line.addWidget(pair[1], 1)
            grid.addLayout(line, row, 0, 1, 2)
        grid.addWidget(self._below, 5, 0, 1, 2)
        grid.addWidget(self._sort, 4, 0)
        grid.addWidget(self._clear, 4, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        details.hide()
        return details

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._text, 1)
        top.addWidget(self._more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self._details)

    def _connect(self) -> None:
        self._more.toggled.connect(self._details.setVisible)
        self._text.textChanged.connect(self._tell)
        for combo in self._combos:
            combo.currentIndexChanged.connect(self._tell)
        for box in (*self._score, *self._length):
            box.valueChanged.connect(self._tell)
        self._below.toggled.connect(self.below_asked)
        self._clear.clicked.connect(self.clear)
        self._sort.activated.connect(self._on_sort)

    def _tell(self, _value: object = None) -> None:
        wanted = self.filter
        # Something that the details hide must not filter unseen.
        plain = replace(wanted, text="") == SegmentFilter()
        self._more.setProperty("active", not plain)
        self._more.style().polish(self._more)
        self.filter_changed.emit(wanted)

    def _on_sort(self, _index: int) -> None:
        column, descending = self._sort.currentData()
        self.sort_asked.emit(Column(column), bool(descending))


def _combo(name: str, items: Iterable[tuple[str, object]]) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    combo.setToolTip(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(10)
    for text, value in items:
        combo.addItem(text, value)
    return combo


def _offer(combo: QComboBox, items: Sequence[tuple[str, object]]) -> None:
    """Put these behind the first item ("all"); what is chosen stays where it is still there."""
    present = [(combo.itemText(i), combo.itemData(i)) for i in range(1, combo.count())]
    if present == list(items):
        return
    chosen = combo.currentData()
    blocker = QSignalBlocker(combo)
    while combo.count() > 1:
        combo.removeItem(combo.count() - 1)
    for text, value in items:
        combo.addItem(text, value)
    combo.setCurrentIndex(max(combo.findData(chosen), 0))
    del blocker


def _number(name: str, maximum: float, value: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setRange(0.0, maximum)
    box.setSingleStep(0.05 if maximum == 1.0 else 0.5)
    box.setValue(value)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    return box


def _quiet(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("secondary")
    return label
