"""One layer from those of two annotators: by a rule, or disagreement by disagreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QThread,
    Signal,
)
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.dialogs.form import Form, beside, choice, note, plain_button, primary, table_view
from app.panels.agreement_tables import DIFFERENCE_NAMES
from app.panels.agreement_work import Comparison
from app.player.time_code import short_time_code
from app.project.edits.merging import MergeLayers
from training.annotations.agreement import Disagreement, MergeRule, merge, merge_by_hand
from training.annotations.agreement.disagreements import Difference
from training.annotations.model import AnnotationSet, Segment, one_line

Index = QModelIndex | QPersistentModelIndex
SIZE_PX = (760, 560)
HEADINGS = ("Onset", "What", "A", "B", "Keep")
MERGING = "Merging…"


class Keep(StrEnum):
    """What stays of a disagreement."""

    FIRST = "A"
    SECOND = "B"
    BOTH = "both"
    NEITHER = "neither"


class ChoiceTable(QAbstractTableModel):
    """The disagreements, and what was chosen for each; at first whoever has something there."""

    def __init__(self, differences: Sequence[Disagreement]) -> None:
        super().__init__()
        self._rows = list(differences)
        self._chosen = [_first_choice(each) for each in self._rows]

    def difference(self, row: int) -> Disagreement:
        return self._rows[row]

    def cell(self, row: int) -> str:
        """What is kept of a disagreement, in a word."""
        return self._chosen[row].value

    def choose(self, rows: Sequence[int], keep: Keep) -> None:
        """Keep this of these disagreements; one that a side has nothing of keeps what there is."""
        for row in rows:
            self._chosen[row] = keep
            cell = self.index(row, len(HEADINGS) - 1)
            self.dataChanged.emit(cell, cell)

    def kept(self) -> list[Segment]:
        """The segments that stay."""
        found: list[Segment] = []
        for each, keep in zip(self._rows, self._chosen, strict=True):
            if keep in (Keep.FIRST, Keep.BOTH) and each.first is not None:
                found.append(each.first)
            if keep in (Keep.SECOND, Keep.BOTH) and each.second is not None:
                found.append(each.second)
        return found

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        each = self._rows[index.row()]
        texts = (
            short_time_code(each.onset_us),
            DIFFERENCE_NAMES[each.what],
            each.first.label if each.first is not None else "–",
            each.second.label if each.second is not None else "–",
            self.cell(index.row()),
        )
        if role == Qt.ItemDataRole.DisplayRole:
            return texts[index.column()]
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            pairs = zip(HEADINGS, texts, strict=True)
            return ", ".join(f"{heading} {text}" for heading, text in pairs)
        return None


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be merged how; ``kept`` decides where ``rule`` is None."""

    sides: tuple[AnnotationSet, AnnotationSet]
    rule: MergeRule | None
    kept: tuple[Segment, ...]
    collar_us: int


class MergeThread(QThread):
    """``merged(AnnotationSet)``."""

    merged = Signal(object)

    def __init__(self, work: _Work, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("merge")
        self._work = work

    def run(self) -> None:
        work = self._work
        if work.rule is None:
            found = merge_by_hand(*work.sides, work.kept, collar_us=work.collar_us)
        else:
            found = merge(*work.sides, work.rule, collar_us=work.collar_us)
        self.merged.emit(found)


class MergeDialog(Form):
    """``merge_asked(MergeLayers)``; ``play_asked(Disagreement)``: it is to be seen and heard."""

    merge_asked = Signal(object)
    play_asked = Signal(object)

    def __init__(self, parent: QWidget, compared: Comparison) -> None:
        super().__init__(parent, "Merge annotators", SIZE_PX)
        names, sides = compared.names, compared.sides
        if names is None or sides is None:
            raise ValueError("nobody was compared")
        self._names, self._sides = names, sides
        self._collar_us = compared.question.collar_us
        self._thread: MergeThread | None = None
        self._replaced: tuple[Segment, ...] = ()
        first, second = names
        self._rule = choice(
            "Rule",
            ("By hand: choose below", None),
            ("Only what both have", MergeRule.AGREED),
            ("Everything of both", MergeRule.UNION),
            (f"All of {first}, and what only {second} has", MergeRule.FIRST),
            (f"All of {second}, and what only {first} has", MergeRule.SECOND),
        )
        self.table = ChoiceTable(compared.differences)
        self._view = table_view(self.table, "Disagreements", stretch=3)
        self._buttons = {keep: plain_button(f"Keep {keep.value}") for keep in Keep}
        self._layer = QLineEdit("merged")
        self._layer.setAccessibleName("Name of the merged layer")
        self._replace = QCheckBox(f"Take out what {first} and {second} have on these videos")
        self._note = note("What comes out")
        self._merge = primary("Merge")
        self._cancel = plain_button("Cancel")
        self._lay_out()
        self._on_rule()

    def shutdown(self) -> None:
        """Wait for what is under way."""
        if self._thread is not None:
            self._thread.wait()

    def reject(self) -> None:
        self.shutdown()
        super().reject()

    def use_rule(self, rule: MergeRule | None) -> None:
        """Merge by this rule; None is by hand."""
        self._rule.setCurrentIndex(self._rule.findData(rule))
        self._on_rule()

    def keep(self, keep: Keep) -> None:
        """Choose for the selected disagreements, and go on to the next one."""
        rows = sorted({index.row() for index in self._view.selectionModel().selectedRows()})
        if rows:
            self.table.choose(rows, keep)
            if rows[-1] + 1 < self.table.rowCount():
                self._view.selectRow(rows[-1] + 1)
                self._play(self.table.index(rows[-1] + 1, 0))

    def _lay_out(self) -> None:
        self.add_row(("Rule", self._rule))
        self.column.addWidget(self._view, 1)
        self.column.addLayout(beside(*self._buttons.values()))
        self.add_row(("Into the layer", self._layer))
        self.column.addWidget(self._replace)
        self.column.addWidget(self._note)
        self.add_buttons(self._cancel, self._merge)
        self._rule.activated.connect(self._on_rule)
        self._view.clicked.connect(self._play)
        self._view.activated.connect(self._play)
        self._layer.textChanged.connect(self._tell_button)
        self._merge.clicked.connect(self._start)
        self._cancel.clicked.connect(self.reject)
        for keep, button in self._buttons.items():
            button.setProperty("keep", keep.value)
            button.clicked.connect(self._on_keep)

    def _on_keep(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.keep(Keep(sender.property("keep")))

    def _play(self, index: QModelIndex) -> None:
        if index.isValid():
            self.play_asked.emit(self.table.difference(index.row()))

    def _on_rule(self, _place: int = 0) -> None:
        by_hand = self._rule.currentData() is None
        for part in (*self._buttons.values(), self._view):
            part.setEnabled(by_hand)
        count = self.table.rowCount()
        self._note.setText(
            f"What both have stays, half-way between their edges. {count:,} disagreements are "
            + ("decided below; a click plays one." if by_hand else "decided by the rule.")
        )

    def _tell_button(self) -> None:
        self._merge.setEnabled(bool(one_line(self._layer.text())) and self._thread is None)

    def _start(self) -> None:
        rule = self._rule.currentData()
        work = _Work(
            self._sides,
            None if rule is None else MergeRule(rule),
            tuple(self.table.kept()),
            self._collar_us,
        )
        self._replaced = self._taken_out(work.rule) if self._replace.isChecked() else ()
        self._thread = MergeThread(work, self)
        self._thread.merged.connect(self._on_merged)
        self._note.setText(MERGING)
        self._tell_button()
        self._thread.start()

    def _on_merged(self, merged: AnnotationSet) -> None:
        layer = one_line(self._layer.text())
        edit = MergeLayers(merged, self._names, layer, self._replaced)
        self.shutdown()
        self.accept()
        self.merge_asked.emit(edit)

    def _taken_out(self, rule: MergeRule | None) -> tuple[Segment, ...]:
        """What both had when they were compared; where only what both have is merged, not what
        lies on videos that only one of them has.
        """
        names = [{video.name for video in side.videos} for side in self._sides]
        only_common = rule is MergeRule.AGREED
        return tuple(
            each
            for side in self._sides
            for each in side.segments
            if not only_common or each.video in names[0] & names[1]
        )


def _first_choice(each: Disagreement) -> Keep:
    if each.what is Difference.ONLY_SECOND:
        return Keep.SECOND
    return Keep.FIRST
