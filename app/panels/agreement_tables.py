"""The two tables of the agreement panel: figures per label, and the disagreements."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.kind_style import KIND_SIGNS, KIND_STYLES
from app.player.time_code import short_time_code
from core_model.timeline import Task
from training.annotations.agreement import Agreement, Disagreement, Row
from training.annotations.agreement.disagreements import Difference

Index = QModelIndex | QPersistentModelIndex

FIGURE_HEADINGS = ("Label", "", "A", "B", "Both", "Kappa", "Event F1", "Segm. F1")
FIGURE_HELP = (
    "",
    "Kind",
    "Events of A",
    "Events of B",
    "Events that both have within the collar",
    "Cohen's kappa, one decision per 0.1 s",
    "Of whole events, onset and offset within the collar",
    "Of cells of one second",
)
DIFFERENCE_HEADINGS = ("Onset", "What", "A", "B", "Video")
DIFFERENCE_NAMES = {
    Difference.BOUNDARIES: "other edges",
    Difference.LABEL: "other label",
    Difference.ONLY_FIRST: "only A",
    Difference.ONLY_SECOND: "only B",
}
Scope = tuple[Task, str]


class _Table(QAbstractTableModel):
    """Rows of texts, made when they are looked at."""

    headings: tuple[str, ...] = ()
    numbers: frozenset[int] = frozenset()

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.headings)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.headings[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cells(index.row())[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self.spoken(index.row())
        return None

    def cells(self, row: int) -> tuple[str, ...]:
        """The texts of a row."""
        raise NotImplementedError

    def spoken(self, row: int) -> str:
        """A row in one line."""
        pairs = zip(self.headings, self.cells(row), strict=True)
        return ", ".join(f"{heading} {text}" for heading, text in pairs if heading and text)

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        flags = Qt.AlignmentFlag
        side = flags.AlignRight if column in self.numbers else flags.AlignLeft
        return side | flags.AlignVCenter


class FigureTable(_Table):
    """Overall first, then the labels, those that agree least at the top."""

    headings = FIGURE_HEADINGS
    numbers = frozenset(range(2, 8))

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []

    def set_figures(self, figures: Agreement | None) -> None:
        self.beginResetModel()
        labels = [] if figures is None else sorted(figures.labels, key=_event_f1)
        self._rows = [] if figures is None else [figures.overall, *labels]
        self.endResetModel()

    def spoken(self, row: int) -> str:
        kind = self._rows[row].kind
        kind_name = "" if kind is None else f", {KIND_STYLES[kind].name}"
        return super().spoken(row) + kind_name

    def scope(self, row: int) -> Scope | None:
        """Kind and label of a row; None for the row over all labels."""
        found = self._rows[row]
        return None if found.kind is None else (found.kind, found.label)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return FIGURE_HELP[section]
        return super().headerData(section, orientation, role)

    def cells(self, row: int) -> tuple[str, ...]:
        found = self._rows[row]
        kind = "" if found.kind is None else KIND_SIGNS[found.kind]
        name = "All labels" if found.kind is None else found.label
        counts = (f"{found.first:,}", f"{found.second:,}", f"{found.matched:,}")
        figures = (found.kappa, found.event_f1, found.segment_f1)
        return name, kind, *counts, *("–" if f is None else f"{f:.2f}" for f in figures)


class DifferenceTable(_Table):
    """The disagreements, by video and time, of one label or of all."""

    headings = DIFFERENCE_HEADINGS
    numbers = frozenset({0})

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[Disagreement, ...] = ()
        self._rows: list[Disagreement] = []

    def set_differences(self, differences: tuple[Disagreement, ...]) -> None:
        self._all = differences
        self.set_scope(None)

    def set_scope(self, scope: Scope | None) -> None:
        """Show only what one of both gave this kind and label; None for all."""
        self.beginResetModel()
        self._rows = [
            each
            for each in self._all
            if scope is None or any((s.kind, s.label) == scope for s in each.segments)
        ]
        self.endResetModel()

    def difference(self, row: int) -> Disagreement:
        return self._rows[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def cells(self, row: int) -> tuple[str, ...]:
        found = self._rows[row]
        labels = ("" if each is None else each.label for each in (found.first, found.second))
        name = PurePosixPath(found.video).name
        return short_time_code(found.onset_us), DIFFERENCE_NAMES[found.what], *labels, name


def _event_f1(row: Row) -> float:
    return -1.0 if row.event_f1 is None else row.event_f1
