"""What the dialogs have in common: their look, lists, and lines of a form."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

ROW_PX = 26


class Form(QDialog):
    """A window beside the main one that does not block it: title, content, and buttons below."""

    def __init__(self, parent: QWidget, title: str, size_px: tuple[int, int]) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(*size_px)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 16, 16, 12)
        self.column.setSpacing(8)

    def add_row(self, *parts: tuple[str, QWidget]) -> None:
        """Fields beside each other, each behind its name."""
        row = QHBoxLayout()
        row.setSpacing(8)
        for place, (name, field) in enumerate(parts):
            label = QLabel(name)
            label.setObjectName("secondary")
            label.setBuddy(field)
            if place:
                row.addSpacing(8)
            row.addWidget(label)
            row.addWidget(field, 1)
        self.column.addLayout(row)

    def add_buttons(self, *buttons: QPushButton, left: QWidget | None = None) -> None:
        """The last row: ``left`` takes the room that the buttons leave."""
        row = QHBoxLayout()
        row.setSpacing(8)
        if left is not None:
            # The buttons stay where they are when it goes.
            policy = left.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            left.setSizePolicy(policy)
            row.addWidget(left, 1)
        else:
            row.addStretch(1)
        for button in buttons:
            row.addWidget(button)
        self.column.addLayout(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a field must not press a button that stands elsewhere."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            if isinstance(focused, QPushButton):
                focused.click()
            return
        super().keyPressEvent(event)


def heading(text: str) -> QLabel:
    """A quiet title over a part of a dialog."""
    label = QLabel(text)
    label.setObjectName("heading")
    return label


def note(name: str) -> QLabel:
    """Lines of quiet text that wrap and can be copied; ``name`` is for screen readers."""
    label = QLabel()
    label.setObjectName("secondary")
    label.setAccessibleName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def choice(name: str, *items: tuple[str, object]) -> QComboBox:
    """A list to choose from; ``name`` is for screen readers."""
    box = QComboBox()
    box.setAccessibleName(name)
    for text, value in items:
        box.addItem(text, value)
    return box


def line(name: str, hint: str) -> QLineEdit:
    """A field for one line of text; ``name`` is for screen readers."""
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setPlaceholderText(hint)
    return field


def beside(*parts: QWidget, stretch: int | None = None) -> QHBoxLayout:
    """Parts beside each other; the one at ``stretch`` takes the room, else nothing does."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for place, part in enumerate(parts):
        row.addWidget(part, 1 if place == stretch else 0)
    if stretch is None:
        row.addStretch(1)
    return row


def thin_progress(name: str) -> QProgressBar:
    """A bar without words; ``name`` is for screen readers."""
    bar = QProgressBar()
    bar.setTextVisible(False)
    bar.setFixedHeight(6)
    bar.setAccessibleName(name)
    return bar


def problem_line(name: str) -> QLabel:
    """Where a refusal is told; ``name`` is for screen readers."""
    label = QLabel()
    label.setObjectName("problem")
    label.setAccessibleName(name)
    label.setWordWrap(True)
    return label


def primary(text: str) -> QPushButton:
    """The button of what the dialog is for."""
    button = QPushButton(text)
    button.setProperty("primary", True)
    button.setDefault(True)
    return button


def plain_button(text: str) -> QPushButton:
    """A button that Enter never presses by itself."""
    button = QPushButton(text)
    button.setAutoDefault(False)
    return button


def table_view(model: QAbstractItemModel, name: str, stretch: int = 0) -> QTableView:
    """A quiet table of whole rows; ``stretch`` is the column that takes the room."""
    view = QTableView()
    view.setModel(model)
    view.setAccessibleName(name)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.verticalHeader().hide()
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().setDefaultSectionSize(ROW_PX)
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    return view
