"""Named sets of prompts: keep them with notes and results, have them again, exchange them."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.kind_style import KIND_STYLES
from app.prompts.prompt_set import LONGEST_NAME, PromptSet, Result
from app.prompts.set_shelf import SetShelf

EMPTY = "Sets that you save appear here: prompts with thresholds, notes and what they found."
SHOWN_RESULTS = 5


class SetsView(QWidget):
    """``save_asked(name, notes)``, ``load_asked(PromptSet)``, ``repeat_asked(PromptSet)``,
    ``compare_asked(PromptSet, PromptSet | None)`` (None: the list of prompts),
    ``export_asked(tuple)``, ``import_asked``, ``remove_asked(PromptSet)``, ``back_asked``.
    """

    save_asked = Signal(str, str)
    load_asked = Signal(object)
    repeat_asked = Signal(object)
    compare_asked = Signal(object, object)
    export_asked = Signal(object)
    import_asked = Signal()
    remove_asked = Signal(object)
    back_asked = Signal()

    def __init__(self, shelf: SetShelf) -> None:
        super().__init__()
        self._shelf = shelf
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name of the set")
        self.name.setAccessibleName("Name of the set")
        self.name.setMaxLength(LONGEST_NAME)
        self.name.returnPressed.connect(self._on_save)
        self.notes = QPlainTextEdit()
        self.notes.setPlaceholderText("Notes")
        self.notes.setAccessibleName("Notes on the set")
        self.notes.setFixedHeight(54)
        self.notes.setTabChangesFocus(True)
        self.save = _small("Save prompts", "Keep the list under this name", self._on_save)
        self.list = QListWidget()
        self.list.setAccessibleName("Sets of prompts")
        self.list.setObjectName("sets")
        self.list.currentItemChanged.connect(self._on_current)
        self.details = QLabel()
        self.details.setObjectName("secondary")
        self.details.setWordWrap(True)
        self.details.setTextFormat(Qt.TextFormat.PlainText)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.load = _small("Load", "Have the prompts of this set in the list", self._on_load)
        self.repeat = _small(
            "Repeat", "Load the set, ask again here, and note what it finds", self._on_repeat
        )
        self.other = QComboBox()
        self.other.setAccessibleName("What to compare the set with")
        self.compare = _small("Compare", "Compare this set with that", self._on_compare)
        self.export = _small("Export…", "Write this set into a file", self._on_export)
        self.read = _small("Import…", "Read sets from a file", self.import_asked.emit)
        self.remove = _small("Delete", "Delete this set", self._on_remove)
        self.back = _small("Back", "Back to the prompts", self.back_asked.emit)
        self._lay_out()
        shelf.changed.connect(self._read)
        self._read()

    @property
    def current(self) -> PromptSet | None:
        item = self.list.currentItem()
        return None if item is None else self._shelf.find(item.data(Qt.ItemDataRole.UserRole))

    def _lay_out(self) -> None:
        title = QLabel("SETS OF PROMPTS")
        title.setObjectName("heading")
        self._place = QLabel()
        self._place.setObjectName("secondary")
        top = QHBoxLayout()
        top.addWidget(title)
        top.addWidget(self._place, 1)
        top.addWidget(self.back)
        naming = QHBoxLayout()
        naming.addWidget(self.name, 1)
        naming.addWidget(self.save)
        grid = QGridLayout()
        grid.setSpacing(6)
        for column, button in enumerate((self.load, self.repeat, self.export, self.remove)):
            grid.addWidget(button, 0, column)
        grid.addWidget(self.compare, 1, 0)
        grid.addWidget(self.other, 1, 1, 1, 2)
        grid.addWidget(self.read, 1, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(top)
        column.addLayout(naming)
        column.addWidget(self.notes)
        column.addWidget(self.list, 1)
        column.addWidget(self.details)
        column.addLayout(grid)

    def _read(self) -> None:
        kept = self.list.currentItem()
        name = None if kept is None else kept.data(Qt.ItemDataRole.UserRole)
        self.list.blockSignals(True)
        self.list.clear()
        for each in self._shelf.sets:
            item = QListWidgetItem(_line(each))
            item.setData(Qt.ItemDataRole.UserRole, each.name)
            self.list.addItem(item)
            if each.name == name:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self._place.setText(f"· {self._shelf.place}")
        self.save.setEnabled(self._shelf.is_writable)
        self._on_current()

    def _on_current(self, _item: object = None, _before: object = None) -> None:
        current = self.current
        self.details.setText(EMPTY if current is None else _details(current))
        for button in (self.load, self.repeat, self.export, self.remove, self.compare, self.other):
            button.setEnabled(current is not None)
        self.other.clear()
        self.other.addItem("with the list of prompts", None)
        for each in self._shelf.sets:
            if current is not None and each.name != current.name:
                self.other.addItem(f"with “{each.name}”", each.name)
        if current is not None and not self.name.hasFocus():
            self.name.setText(current.name)
            self.notes.setPlainText(current.notes)

    def _on_save(self) -> None:
        name = " ".join(self.name.text().split())
        if name:
            self.save_asked.emit(name, self.notes.toPlainText())
        else:
            self.name.setFocus()

    def _on_load(self) -> None:
        self.load_asked.emit(self.current)

    def _on_repeat(self) -> None:
        self.repeat_asked.emit(self.current)

    def _on_compare(self) -> None:
        other = self.other.currentData()
        self.compare_asked.emit(self.current, None if other is None else self._shelf.find(other))

    def _on_export(self) -> None:
        self.export_asked.emit((self.current,))

    def _on_remove(self) -> None:
        self.remove_asked.emit(self.current)


def _line(each: PromptSet) -> str:
    prompts = "1 prompt" if len(each.prompts) == 1 else f"{len(each.prompts)} prompts"
    if not each.results:
        return f"{each.name} · {prompts}"
    newest = each.results[-1]
    return f"{each.name} · {prompts} · {_hits(sum(newest.counts))} · {_date(newest)}"


def _details(each: PromptSet) -> str:
    lines: list[str] = []
    newest = each.results[-1] if each.results else None
    for number, prompt in enumerate(each.prompts):
        kind = KIND_STYLES[prompt.spec.task].singular
        line = f"{prompt.spec.name} ({kind}) from {prompt.threshold:.2f}"
        lines.append(line if newest is None else f"{line}: {_hits(newest.counts[number])}")
    lines += [
        f"{_date(result)} · {result.video} · {result.model} · {_hits(sum(result.counts))}"
        for result in each.results[: -SHOWN_RESULTS - 1 : -1]
    ]
    return "\n".join(lines)


def _hits(count: int) -> str:
    return "1 hit" if count == 1 else f"{count:,} hits"


def _date(result: Result) -> str:
    at = datetime.fromisoformat(result.at).astimezone()
    return f"{at:%Y-%m-%d %H:%M}"


def _small(text: str, tooltip: str, act: object) -> QPushButton:
    made = QPushButton(text)
    made.setObjectName("small")
    made.setToolTip(tooltip)
    made.setAccessibleName(tooltip)
    made.clicked.connect(act)
    return made
