"""For which kinds new prompts are, and the sentence around their words for each."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from app.icons import icon
from app.kind_style import KIND_STYLES
from app.panels.prompt_row import KindMark
from app.prompts.prompt_memory import is_template
from app.theme import Theme
from core_model.timeline import Task


class KindChoice(QWidget):
    """For which kinds new prompts are, and the sentence around their words for each.

    ``changed``: kinds or templates are others now.
    """

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._buttons: dict[Task, QToolButton] = {}
        self.fields: dict[Task, QLineEdit] = {}
        self._marks: list[KindMark] = []
        for task, style in KIND_STYLES.items():
            button = QToolButton()
            button.setText(style.name.capitalize())
            button.setCheckable(True)
            button.setToolTip(f"Look for {style.name}")
            button.setAccessibleName(f"Look for {style.name}")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.toggled.connect(self._on_toggled)
            self._buttons[task] = button
            field = QLineEdit()
            field.setAccessibleName(f"Sentence for {style.name}")
            field.setToolTip("The sentence around the words, with {label} for them")
            field.editingFinished.connect(self._on_template)
            self.fields[task] = field
        self.more = QToolButton()
        self.more.setCheckable(True)
        self.more.setIconSize(QSize(16, 16))
        self.more.setToolTip("The sentence around the words, per kind")
        self.more.setAccessibleName("The sentence around the words, per kind")
        self._templates = QWidget()
        self.more.toggled.connect(self._templates.setVisible)
        self._lay_out(theme)
        self.set_theme(theme)

    @property
    def chosen(self) -> tuple[Task, ...]:
        return tuple(task for task, button in self._buttons.items() if button.isChecked())

    @property
    def templates(self) -> dict[Task, str]:
        """Of the kinds where somebody wrote one that can be used."""
        texts = {task: self.template(task) for task in self.fields}
        return {task: text for task, text in texts.items() if text}

    def template(self, task: Task) -> str:
        """The sentence of a kind; "" for the model's own."""
        text = self.fields[task].text().strip()
        return text if text and is_template(text) else ""

    def set_chosen(self, kinds: frozenset[Task]) -> None:
        for task, button in self._buttons.items():
            button.blockSignals(True)
            button.setChecked(task in kinds)
            button.blockSignals(False)
        self._style()

    def set_templates(self, templates: Mapping[Task, str], own: Mapping[Task, str]) -> None:
        """Show these, and what the model was trained with where there is none."""
        for task, field in self.fields.items():
            field.setText(templates.get(task, ""))
            field.setPlaceholderText(own.get(task, "the model's own sentence"))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.more.setIcon(icon("tune", theme.text_secondary, theme.line))
        for mark in self._marks:
            mark.set_theme(theme)
        self._style()

    def _lay_out(self, theme: Theme) -> None:
        row = QHBoxLayout()
        row.setSpacing(2)
        for task, button in self._buttons.items():
            mark = KindMark(task, theme)
            self._marks.append(mark)
            row.addWidget(mark)
            row.addWidget(button)
            row.addSpacing(8)
        row.addStretch(1)
        row.addWidget(self.more)
        grid = QGridLayout(self._templates)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setVerticalSpacing(4)
        for number, (task, field) in enumerate(self.fields.items()):
            mark = KindMark(task, theme)
            self._marks.append(mark)
            grid.addWidget(mark, number, 0)
            grid.addWidget(field, number, 1)
        self._templates.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._templates)

    def _on_toggled(self, on: bool) -> None:
        if not self.chosen:
            # Prompts for no kind at all would find nothing.
            button = self.sender()
            if isinstance(button, QToolButton):
                button.setChecked(True)
            return
        self._style()
        self.changed.emit()

    def _on_template(self) -> None:
        field = self.sender()
        if isinstance(field, QLineEdit):
            text = field.text().strip()
            field.setProperty("wrong", bool(text) and not is_template(text))
            field.style().unpolish(field)
            field.style().polish(field)
        self.changed.emit()

    def _style(self) -> None:
        for button in self._buttons.values():
            button.setProperty("active", button.isChecked())
            button.style().unpolish(button)
            button.style().polish(button)
