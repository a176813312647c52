"""Two prompts, or two sets of them, side by side: counts, overlap, agreement with annotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.icons import icon
from app.panels.prompt_row import ElidedLabel
from app.prompts.comparison import Agreement, Overlap
from app.theme import Theme, tabular

WAITING = "…"
NO_ANNOTATIONS = "Open a project with annotations of this video to see how well they agree."


@dataclass(frozen=True, slots=True)
class Compared:
    """What is told of two sides. ``agreements`` are None without annotations to compare with."""

    names: tuple[str, str]
    counts: tuple[int, int]
    overlap: Overlap | None
    agreements: tuple[Agreement, Agreement] | None


class ComparisonView(QWidget):
    """Shows a comparison. ``closed``; ``label_chosen(object)``: the annotated label to compare
    with, as (Task, name), or None for all labels of the kinds at hand.
    """

    closed = Signal()
    label_chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("comparison")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        title = QLabel("COMPARISON")
        title.setObjectName("heading")
        self._close = QToolButton()
        self._close.setIconSize(QSize(16, 16))
        self._close.setToolTip("Close the comparison")
        self._close.setAccessibleName("Close the comparison")
        self._close.clicked.connect(self.closed)
        self.labels = QComboBox()
        self.labels.setAccessibleName("Annotations to compare with")
        self.labels.setToolTip("The annotations to compare with")
        self.labels.activated.connect(self._on_label)
        self._note = QLabel()
        self._note.setObjectName("secondary")
        self._note.setWordWrap(True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(2, 1)
        self._cells: list[QWidget] = []
        top = QHBoxLayout()
        top.addWidget(title)
        top.addStretch(1)
        top.addWidget(self.labels)
        top.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 2)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(self._grid)
        column.addWidget(self._note)
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._close.setIcon(icon("cross", theme.text_secondary, theme.line))

    def set_labels(self, labels: Sequence[tuple[str, object]], chosen: object) -> None:
        """Offer these annotated labels by name and value."""
        self.labels.clear()
        for name, value in labels:
            self.labels.addItem(name, value)
        values = [value for _, value in labels]
        self.labels.setCurrentIndex(values.index(chosen) if chosen in values else 0)
        self.labels.setVisible(len(labels) > 0)

    def show_comparison(self, compared: Compared) -> None:
        self._clear()
        rows = [("", *compared.names), ("Hits", *map(_count, compared.counts))]
        if compared.agreements is not None:
            for title, figures in _AGREEMENT_ROWS:
                rows.append((title, *(figures(each) for each in compared.agreements)))
        for number, (title, *texts) in enumerate(rows):
            self._put(number, 0, title)
            for column, text in enumerate(texts, start=1):
                self._put(number, column, text)
        self._note.setText(" ".join(filter(None, (_overlap_text(compared), _truth_text(compared)))))
        self.show()

    @property
    def text(self) -> str:
        """All that is said, row by row."""
        cells = [cell.accessibleName() for cell in self._cells]
        return "\n".join([*cells, self._note.text()])

    def _put(self, row: int, column: int, text: str) -> None:
        is_name = row == 0 and column > 0
        label = ElidedLabel(text) if is_name else QLabel(text)
        if column == 0:
            label.setObjectName("secondary")
        label.setAccessibleName(text)
        label.setFont(tabular(label.font()))
        self._grid.addWidget(label, row, column)
        self._cells.append(label)

    def _clear(self) -> None:
        for cell in self._cells:
            self._grid.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self._cells = []

    def _on_label(self, _index: int) -> None:
        self.label_chosen.emit(self.labels.currentData())


def _overlap_text(compared: Compared) -> str:
    found = compared.overlap
    if found is None:
        return WAITING
    if not found.matched:
        return "No hit of one is a hit of the other (tIoU 0.5)."
    hits = "1 hit is" if found.matched == 1 else f"{found.matched:,} hits are"
    return (
        f"{hits} in both (tIoU 0.5): {found.share * 100:.0f} % of all,"
        f" with a mean tIoU of {found.mean_tiou:.2f}."
    )


def _truth_text(compared: Compared) -> str:
    if compared.agreements is None:
        return NO_ANNOTATIONS
    number = compared.agreements[0].annotated
    noun = "1 annotation" if number == 1 else f"{number:,} annotations"
    return f"Compared with {noun} at tIoU 0.5; average precision looks at all hits by score."


def _count(number: int) -> str:
    return f"{number:,}"


_AGREEMENT_ROWS = (
    ("Precision", lambda each: f"{each.precision:.2f}"),
    ("Recall", lambda each: f"{each.recall:.2f}"),
    ("F1", lambda each: f"{each.f1:.2f}"),
    ("Average precision", lambda each: f"{each.average_precision:.2f}"),
)
