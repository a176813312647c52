"""The labels of a project: names, prompts, looks, keys, parents, and their order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.form import Form, beside, choice, line, plain_button, problem_line, table_view
from app.dialogs.label_table import LabelTable
from app.keymap import Keymap, normal, shown
from app.kind_style import FILL_PATTERNS, KIND_SIGNS, KIND_STYLES, is_colour
from app.project.edits import AddLabels, ChangeLabel, DeleteLabel, OrderLabels
from app.project.values import Label
from app.window.annotation import DIGITS, Annotation
from core_model.timeline import Task

SIZE_PX = (860, 560)
NO_LABEL = "Choose a label on the left, or add one."


class LabelsDialog(Form):
    """Every change is an edit of the project, one step of undo."""

    def __init__(self, parent: QWidget, annotation: Annotation, keymap: Keymap) -> None:
        super().__init__(parent, "Labels", SIZE_PX)
        self._annotation = annotation
        self._keymap = keymap
        self._shown_id: int | None = None
        self.table = LabelTable()
        self.view = table_view(self.table, "Labels", stretch=3)
        self.view.setSelectionMode(self.view.SelectionMode.SingleSelection)
        self._make_fields()
        self._lay_out()
        self._connect()
        self._read()

    @property
    def problem(self) -> str:
        """Why the last change was refused; "" where it was not."""
        return self._problem.text()

    def choose(self, label_id: int) -> None:
        """Show a label in the fields."""
        row = self.table.row_of(label_id)
        if row >= 0:
            self.view.selectRow(row)

    # --- making ------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        self._kind = choice(
            "Kind of new labels",
            *((f"{KIND_SIGNS[k]} {s.name}", k) for k, s in KIND_STYLES.items()),
        )
        self._new_name = line("Name of a new label", "New label")
        self._add = plain_button("Add")
        self.name = line("Name", "")
        self.prompt = line("Prompt", "What the model is asked instead of the name")
        self._key = QKeySequenceEdit()
        self._key.setAccessibleName("Key that starts and stops the label")
        self._key.setMaximumSequenceLength(1)
        self._no_key = plain_button("No key")
        self._colour = plain_button("The kind's")
        self._colour.setAccessibleName("Colour")
        self._no_colour = plain_button("Reset")
        self._no_colour.setAccessibleName("The kind's colour")
        self._pattern = choice("Pattern", ("The kind's", ""), *((p, p) for p in FILL_PATTERNS))
        self._parent = choice("Parent", ("None", None))
        self._into = choice("Label that gets the events")
        self._merge = plain_button("Merge into it")
        self._delete = plain_button("Delete")
        self._up = plain_button("Up")
        self._down = plain_button("Down")
        self._problem = problem_line("Why a change is refused")
        self._hint = QLabel(NO_LABEL)
        self._hint.setObjectName("hint")
        self._hint.setWordWrap(True)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.view, 1)
        left.addLayout(beside(self._kind, self._new_name, self._add, stretch=1))
        self._details = QWidget()
        form = QFormLayout(self._details)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(8)
        form.addRow("Name", self.name)
        form.addRow("Prompt", self.prompt)
        form.addRow("Key", beside(self._key, self._no_key, stretch=0))
        form.addRow("Colour", beside(self._colour, self._no_colour, stretch=0))
        form.addRow("Pattern", self._pattern)
        form.addRow("Parent", self._parent)
        form.addRow("Order", beside(self._up, self._down))
        form.addRow("Merge", beside(self._into, self._merge, stretch=0))
        form.addRow("", beside(self._delete))
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._details)
        right.addWidget(self._hint)
        right.addWidget(self._problem)
        right.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left, 3)
        both.addLayout(right, 2)
        self.column.addLayout(both, 1)
        self._close = plain_button("Close")
        self.add_buttons(self._close)

    def _connect(self) -> None:
        self._annotation.projects.labels_changed.connect(self._read)
        self._annotation.projects.project_changed.connect(self._read)
        self._annotation.projects.refused.connect(self._on_refused)
        self.view.selectionModel().selectionChanged.connect(self._show)
        self._add.clicked.connect(self._on_add)
        self._new_name.returnPressed.connect(self._on_add)
        self.name.editingFinished.connect(self._on_name)
        self.prompt.editingFinished.connect(self._on_prompt)
        self._key.editingFinished.connect(self._on_key)
        self._no_key.clicked.connect(self._on_no_key)
        self._colour.clicked.connect(self._ask_colour)
        self._no_colour.clicked.connect(self._on_no_colour)
        self._pattern.activated.connect(self._on_pattern)
        self._parent.activated.connect(self._on_parent)
        self._merge.clicked.connect(self._on_merge)
        self._delete.clicked.connect(self._on_delete)
        self._up.clicked.connect(self._on_up)
        self._down.clicked.connect(self._on_down)
        self._close.clicked.connect(self.accept)

    # --- showing -----------------------------------------------------------------------------

    def _read(self, *_what: object) -> None:
        projects, chosen = self._annotation.projects, self._shown_id
        counts: dict[int, int] = {}
        project = projects.project
        if project is not None and not projects.is_busy:
            for _video, label_id, _state, count in project.counts():
                counts[label_id] = counts.get(label_id, 0) + count
        order = list(KIND_STYLES)
        labels = sorted(self._annotation.labels(), key=lambda label: order.index(label.kind))
        self.table.set_labels(labels, counts)
        if chosen is not None:
            self.choose(chosen)
        self._show()

    def _chosen(self) -> Label | None:
        rows = self.view.selectionModel().selectedRows()
        return self.table.label(rows[0].row()) if rows else None

    def _show(self, *_what: object) -> None:
        """The chosen label in the fields."""
        label, is_writable = self._chosen(), self._annotation.projects.is_writable
        self._details.setVisible(label is not None)
        self._hint.setVisible(label is None)
        for part in (self._details, self._add, self._new_name):
            part.setEnabled(is_writable)
        if label is None:
            return
        self._shown_id = label.id
        self.name.setText(label.name)
        self.prompt.setText(label.prompt)
        self._key.setKeySequence(label.key)
        has_own = is_colour(label.colour)
        self._colour.setText(label.colour if has_own else "The kind's")
        self._colour.setStyleSheet(f"border-left: 12px solid {label.colour};" if has_own else "")
        self._pattern.setCurrentIndex(max(self._pattern.findData(label.pattern), 0))
        others = [each for each in self._annotation.labels(label.kind) if each.id != label.id]
        _fill(self._parent, [("None", None), *((e.name, e.id) for e in others)], label.parent_id)
        _fill(self._into, [(each.name, each.id) for each in others], None)
        self._merge.setEnabled(bool(others))
        self._delete.setEnabled(self.table.count(label.id) == 0)
        self._delete.setToolTip(
            "" if self._delete.isEnabled() else "Merge it into another: no event loses its label"
        )

    def _on_refused(self, line: str) -> None:
        if self.isVisible():
            self._problem.setText(line)

    # --- changing ----------------------------------------------------------------------------

    def change(self, **values: Any) -> None:
        """Give the chosen label other values; the fields show what it has where that fails."""
        label = self._chosen()
        if label is None or replace(label, **values) == label:
            return
        self._problem.clear()
        if not self._annotation.projects.perform(ChangeLabel(replace(label, **values))):
            self._show()

    def set_key(self, key: str) -> None:
        """Give the chosen label a key; one that an action has is refused with the action's name."""
        wanted = normal(key)
        owner = self._keymap.owner(wanted) if wanted and wanted not in DIGITS else None
        if owner is not None:
            self._problem.setText(f"{shown(wanted)} belongs to “{owner.text.rstrip('…')}”.")
            self._show()
        else:
            self.change(key=wanted)

    def _on_add(self) -> None:
        name = self._new_name.text().strip()
        kind = Task(self._kind.currentData())
        if not name:
            return
        self._problem.clear()
        if self._annotation.projects.perform(AddLabels(kind, (name,))):
            self._new_name.clear()
            label = next((e for e in self._annotation.labels(kind) if e.name == name), None)
            if label is not None:
                self.choose(label.id)

    def _on_name(self) -> None:
        self.change(name=self.name.text())

    def _on_prompt(self) -> None:
        self.change(prompt=self.prompt.text().strip())

    def _on_key(self) -> None:
        self.set_key(self._key.keySequence().toString())

    def _on_no_key(self) -> None:
        self.change(key="")

    def _ask_colour(self) -> None:
        label = self._chosen()
        if label is None:
            return
        first = label.colour if is_colour(label.colour) else KIND_STYLES[label.kind].colour
        dialog = QColorDialog(QColor(first), self)
        dialog.colorSelected.connect(self._on_colour)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_colour(self, colour: QColor) -> None:
        self.change(colour=colour.name().upper())

    def _on_no_colour(self) -> None:
        self.change(colour="")

    def _on_pattern(self, _place: int) -> None:
        self.change(pattern=self._pattern.currentData())

    def _on_parent(self, _place: int) -> None:
        self.change(parent_id=self._parent.currentData())

    def _on_merge(self) -> None:
        label, into = self._chosen(), self._into.currentData()
        if label is not None and into is not None:
            self._problem.clear()
            self._shown_id = into
            self._annotation.projects.perform(DeleteLabel(label.id, into))

    def _on_delete(self) -> None:
        label = self._chosen()
        if label is not None:
            self._problem.clear()
            self._annotation.projects.perform(DeleteLabel(label.id))

    def _on_up(self) -> None:
        self._move(-1)

    def _on_down(self) -> None:
        self._move(1)

    def _move(self, step: int) -> None:
        label = self._chosen()
        if label is None:
            return
        ids = [each.id for each in self._annotation.labels(label.kind)]
        place = min(max(ids.index(label.id) + step, 0), len(ids) - 1)
        ids.remove(label.id)
        ids.insert(place, label.id)
        self._annotation.projects.perform(OrderLabels(label.kind, tuple(ids)))


def _fill(box: QComboBox, items: list[tuple[str, Any]], current: Any) -> None:
    box.clear()
    for text, value in items:
        box.addItem(text, value)
    box.setCurrentIndex(max(box.findData(current), 0))
