"""The versions of the model on this machine, and what can be done with them."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.kind_style import KIND_SIGNS
from app.models.active import ActiveModel
from app.models.shelf import ModelShelf, ModelVersion
from app.panels.plain_table import PlainRow, PlainTable
from app.theme import Theme
from core_model.bundle_description import BundleError
from core_model.provenance import Provenance

FIRST_SIZE_PX = (1060, 420)
HEADINGS = ("", "Name", "Date", "Learned from", "Edits", "Started from", "Held-out mAP")
HELP = (
    "In use",
    "",
    "When it was trained, or came here",
    "Events, rejected finds, and the project they were in",
    "The project's number of edits then",
    "The model that it was trained from",
    "Before and after on the same media, mean over tIoU 0.1 to 0.9",
)


class ModelsDialog(QDialog):
    """Not modal. ``use_asked(id)``, ``export_asked(ModelVersion)``, ``import_asked``: to be done
    by who owns the shelf; :meth:`show_versions` when it is.
    """

    use_asked = Signal(str)
    export_asked = Signal(object)
    import_asked = Signal()

    def __init__(
        self, shelf: ModelShelf, active: ActiveModel, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Models")
        self.resize(*FIRST_SIZE_PX)
        self._shelf = shelf
        self._active = active
        self._theme = theme
        self._versions: list[ModelVersion] = []
        self.table = PlainTable("Models", HEADINGS, frozenset({4}), wide=3, help_texts=HELP)
        self._note = QLabel()
        self._note.setObjectName("secondary")
        self._note.setWordWrap(True)
        self.use = QPushButton("Use")
        self.use.setToolTip("Find events with the selected model from now on")
        self.export = QPushButton("Export…")
        self.export.setToolTip("Write the selected model into a .zip file")
        self.import_ = QPushButton("Import…")
        self.import_.setToolTip("Take in a model from a .zip file")
        self.delete = QPushButton("Delete")
        self.delete.setToolTip("Delete the selected model")
        self._lay_out()
        self.table.itemSelectionChanged.connect(self._tell)
        self.table.cellActivated.connect(self._on_use)
        self.use.clicked.connect(self._on_use)
        self.export.clicked.connect(self._on_export)
        self.import_.clicked.connect(self.import_asked)
        self.delete.clicked.connect(self._on_delete)
        active.changed.connect(self.show_versions)

    @property
    def note(self) -> str:
        return self._note.text()

    @property
    def selected(self) -> ModelVersion | None:
        """The version that is selected, if any."""
        rows = self.table.selectionModel().selectedRows()
        return self._versions[rows[0].row()] if rows else None

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.show_versions()

    def say(self, text: str) -> None:
        """Show a line under the versions."""
        self._note.setText(text)

    def show_versions(self) -> None:
        """Read the shelf again."""
        selected = self.selected
        self._versions = self._shelf.versions()
        self.table.fill([self._row(version) for version in self._versions])
        ids = [version.id for version in self._versions]
        wanted = selected.id if selected is not None else self._active.version.id
        self.table.selectRow(ids.index(wanted) if wanted in ids else 0)
        self._tell()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.show_versions()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.delete, self.import_, self.export, self.use):
            button.setAutoDefault(False)
        self.use.setProperty("primary", True)
        buttons.addWidget(self.import_)
        buttons.addStretch(1)
        for button in (self.delete, self.export, self.use):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.table, 1)
        column.addWidget(self._note)
        column.addLayout(buttons)

    def _row(self, version: ModelVersion) -> PlainRow:
        is_active = version.id == self._active.version.id
        mark = "●" if is_active else "✗" if version.problem else ""
        colour = self._theme.danger if version.problem else self._theme.accent
        made = version.provenance
        if version.is_starter:
            rest = ("", "comes along", "", "", "")
        elif made is None:
            rest = (_date(version.added), "unknown", "", "", "")
        else:
            learned = f"{made.positives:,} events, {made.negatives:,} rejected, {made.project}"
            at = datetime.fromisoformat(made.at)
            edits = f"{made.data_revision:,}"
            rest = (_date(at), learned, edits, made.parent_name, _metrics(made))
        return PlainRow((mark, version.name, *rest), colour, is_active)

    def _tell(self) -> None:
        version = self.selected
        is_active = version is not None and version.id == self._active.version.id
        self.use.setEnabled(version is not None and not is_active and not version.problem)
        self.export.setEnabled(version is not None and not version.problem)
        self.delete.setEnabled(version is not None and not is_active and not version.is_starter)
        self._note.setText("" if version is None else version.problem)

    def _on_use(self, *_cell: object) -> None:
        if self.selected is not None and self.use.isEnabled():
            self.use_asked.emit(self.selected.id)

    def _on_export(self) -> None:
        if self.selected is not None:
            self.export_asked.emit(self.selected)

    def _on_delete(self) -> None:
        version = self.selected
        if version is None:
            return
        try:
            self._active.remove(version.id)
        except BundleError as error:
            self.say(str(error))
            return
        self.show_versions()
        self.say(f"{version.name} was deleted.")


def _date(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def _metrics(made: Provenance) -> str:
    """ "● .41 → .52", of each kind that was measured."""
    return "  ".join(
        f"{KIND_SIGNS[each.kind]} {each.before:.2f} → {each.after:.2f}"
        for each in made.metrics
        if not each.label
    )
