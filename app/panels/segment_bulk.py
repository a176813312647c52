"""What can be done to all selected segments at once."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.project.edits import Decide, DeleteSegments, Edit, Relabel, Together
from app.window.annotation import Annotation
from training.annotations.model import State

_DECISIONS = (
    ("✓ Accept", State.ACCEPTED, "Accept the selected segments (Y)"),
    ("✗ Reject", State.REJECTED, "Reject the selected segments (X)"),
    ("? Unsure", State.UNSURE, "Mark the selected segments as unsure (U)"),
)


class BulkBar(QWidget):
    """Accept, reject, unsure, relabel, delete: each one step of undo for all that is selected."""

    def __init__(self, annotation: Annotation) -> None:
        super().__init__()
        self._annotation = annotation
        self._buttons: list[QPushButton] = []
        self._name = _NameField("New label of the selected segments")
        self._name.setPlaceholderText("New label, Enter to set it")
        self._name.returnPressed.connect(self._relabel)
        self._name.given_up.connect(self._hide_name)
        row = QHBoxLayout()
        row.setSpacing(4)
        slots = (self._accept, self._reject, self._unsure)
        for (text, _state, said), slot in zip(_DECISIONS, slots, strict=True):
            row.addWidget(self._button(text, said, slot))
        row.addWidget(
            self._button("Relabel", "Give the selected segments another label", self._ask)
        )
        row.addWidget(self._button("Delete", "Delete the selected segments (Delete)", self.delete))
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._name)
        self._name.hide()
        annotation.selection_changed.connect(self._read)
        annotation.changed.connect(self._read)
        annotation.projects.writable_changed.connect(self._read)
        self._read()

    def _button(self, text: str, said: str, slot: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName("small")
        button.setToolTip(said)
        button.setAccessibleName(said)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(slot)
        self._buttons.append(button)
        return button

    def _read(self, _what: object = None) -> None:
        can = bool(self._annotation.selection) and self._annotation.is_writable
        for button in self._buttons:
            button.setEnabled(can)
        if not can:
            self._name.hide()

    def _accept(self) -> None:
        self._decide(State.ACCEPTED)

    def _reject(self) -> None:
        self._decide(State.REJECTED)

    def _unsure(self) -> None:
        self._decide(State.UNSURE)

    def _decide(self, state: State) -> None:
        self._annotation.perform(Decide(tuple(self._annotation.selection), state))

    def delete(self) -> None:
        """Delete the selected segments."""
        if self._annotation.selection:
            self._annotation.perform(DeleteSegments(tuple(self._annotation.selection)))

    def _ask(self) -> None:
        names = sorted({label.name for label in self._annotation.labels()}, key=str.casefold)
        completer = QCompleter(names, self._name)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._name.setCompleter(completer)
        self._name.clear()
        self._name.show()
        self._name.setFocus()

    def _hide_name(self) -> None:
        self._name.hide()

    def _relabel(self) -> None:
        name = self._name.text().strip()
        by_kind = self._annotation.selected_by_kind()
        if not name or not by_kind:
            return
        edits = tuple(Relabel(tuple(ids), kind, name) for kind, ids in by_kind.items())
        count = sum(len(ids) for ids in by_kind.values())
        edit: Edit = edits[0] if len(edits) == 1 else Together(f"Relabel {count} segments", edits)
        if self._annotation.perform(edit):
            self._name.hide()


class _NameField(QLineEdit):
    """A field that Esc closes, without backing out of anything else."""

    given_up = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setAcceptDrops(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)
