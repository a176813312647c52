"""One prompt in the list: name, histogram above a slider, and what can be done with it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.icons import icon
from app.kind_style import KIND_STYLES, draw_symbol, score_text
from app.panels.histogram import ScoreHistogram
from app.prompts.prompt_book import Answer, Prompt, PromptBook
from app.theme import Theme, tabular
from core_model.prompt_spec import (
    NEGATIVE_MARK,
    WORDING_MARK,
    PromptError,
    PromptSpec,
    parse_prompt,
)
from core_model.timeline import Task

SLIDER_STEPS = 100
ICON_PX = 16


class PromptRow(QWidget):
    """Shows one prompt of the book and changes it there.

    ``compare_asked(PromptSpec, bool)``; ``removed(PromptSpec)``; ``search_asked(PromptSpec)``: in
    all videos; ``refused(str)``: words that cannot be asked for; ``opened(PromptRow)``: its words
    are to be changed.
    """

    compare_asked = Signal(object, bool)
    removed = Signal(object)
    search_asked = Signal(object)
    refused = Signal(str)
    opened = Signal(object)

    def __init__(self, prompt: Prompt, book: PromptBook, theme: Theme) -> None:
        super().__init__()
        self._book = book
        self._theme = theme
        self.prompt = prompt
        name = prompt.spec.name
        self._mark = KindMark(prompt.spec.task, theme)
        self._name = ElidedLabel(name)
        self._histogram = ScoreHistogram(prompt.spec.task, theme, name)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, SLIDER_STEPS)
        self.slider.setAccessibleName(f"Threshold of {name}")
        self.slider.setToolTip("Show hits from this score on")
        self._value = QLabel()
        self._value.setObjectName("thresholdValue")
        self._count = QLabel()
        self._count.setObjectName("secondary")
        for label, widest in ((self._value, ".00"), (self._count, "000 of 0000")):
            label.setFont(tabular(label.font()))
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest))
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.eye = _button("Hide it", checkable=True)
        self.compare = _button("Compare it with another one", checkable=True)
        self.edit = _button("Change its words", checkable=True)
        self.cross = _button("Remove it")
        self.details = PromptDetails(prompt.spec)
        self.details.hide()
        self._lay_out()
        self._connect()
        self.set_theme(theme)
        self.read(prompt, Answer())

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._mark.set_theme(theme)
        self._histogram.set_theme(theme)
        drawings = ((self.compare, "compare"), (self.edit, "tune"), (self.cross, "cross"))
        for button, drawing in drawings:
            button.setIcon(icon(drawing, theme.text_secondary, theme.line))
        self._show_eye()

    def read(self, prompt: Prompt, answer: Answer) -> None:
        """Show the prompt as it is now, and what is known of it."""
        self.prompt = prompt
        blocked = [QSignalBlocker(each) for each in (self.slider, self.eye)]
        self.slider.setValue(round(prompt.threshold * SLIDER_STEPS))
        self.eye.setChecked(prompt.is_shown)
        del blocked
        self._show_eye()
        self._histogram.set_scores(answer.scores)
        self._histogram.set_threshold(prompt.threshold if prompt.is_shown else 2.0)
        self._value.setText(score_text(prompt.threshold))
        total, shown = len(answer.scores), answer.scores.at_least(prompt.threshold)
        has_span = answer.covered_us[1] > answer.covered_us[0]
        self._count.setText(f"{shown} of {total}" if has_span or answer.is_done else "…")
        self._count.setToolTip("Hits from the threshold on, of all that are possible")

    def _show_eye(self) -> None:
        is_shown = self.eye.isChecked()
        said = "Hide its hits" if is_shown else "Show its hits"
        self.eye.setToolTip(said)
        self.eye.setAccessibleName(f"{said}: {self.prompt.spec.name}")
        drawing = "eye" if is_shown else "eye_closed"
        self.eye.setIcon(icon(drawing, self._theme.text_secondary, self._theme.line))

    def _lay_out(self) -> None:
        name = self.prompt.spec.name
        top = QHBoxLayout()
        top.setSpacing(2)
        top.addWidget(self._mark)
        top.addSpacing(4)
        top.addWidget(self._name, 1)
        for button in (self.eye, self.compare, self.edit, self.cross):
            button.setAccessibleName(f"{button.toolTip()}: {name}")
            top.addWidget(button)
        grid = QGridLayout()
        grid.setContentsMargins(22, 0, 4, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self._histogram, 0, 0)
        grid.addWidget(self.slider, 1, 0)
        grid.addWidget(self._value, 0, 1, 2, 1)
        grid.addWidget(self._count, 0, 2, 2, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 2)
        column.setSpacing(0)
        column.addLayout(top)
        column.addLayout(grid)
        column.addWidget(self.details)

    def _connect(self) -> None:
        self.slider.valueChanged.connect(self._on_slider)
        self.eye.toggled.connect(self._on_eye)
        self.compare.toggled.connect(self._on_compare)
        self.edit.toggled.connect(self._on_edit)
        self.cross.clicked.connect(self._on_cross)
        self.details.reworded.connect(self._on_reworded)
        self.details.beside_asked.connect(self._on_beside)
        self.details.search_asked.connect(self._on_search)
        self.details.refused.connect(self.refused)

    def _on_slider(self, value: int) -> None:
        self._book.set_threshold(self.prompt.spec, value / SLIDER_STEPS)

    def _on_eye(self, shown: bool) -> None:
        self._book.set_shown(self.prompt.spec, shown)

    def _on_compare(self, on: bool) -> None:
        self.compare_asked.emit(self.prompt.spec, on)

    def _on_edit(self, on: bool) -> None:
        self.details.setVisible(on)
        if on:
            self.details.wordings.setFocus()
            self.opened.emit(self)

    def _on_cross(self) -> None:
        self.removed.emit(self.prompt.spec)

    def _on_search(self) -> None:
        self.search_asked.emit(self.prompt.spec)

    def _on_reworded(self, spec: PromptSpec) -> None:
        try:
            self._book.reword(self.prompt.spec, spec)
        except PromptError as error:
            self.refused.emit(_reason(error))

    def _on_beside(self, spec: PromptSpec) -> None:
        try:
            added = self._book.extend([replace(self.prompt, spec=spec)])
        except PromptError as error:
            self.refused.emit(_reason(error))
            return
        if not added:
            self.refused.emit(f"“{spec.name}” is in the list already")


class PromptDetails(QWidget):
    """The words of a prompt, to be changed: wordings that are averaged, what is not meant, and
    the sentence around them. ``reworded`` and ``beside_asked`` carry a PromptSpec.
    """

    reworded = Signal(object)
    beside_asked = Signal(object)
    search_asked = Signal()
    refused = Signal(str)

    def __init__(self, spec: PromptSpec) -> None:
        super().__init__()
        self._spec = spec
        between = f" {WORDING_MARK} "
        self.wordings = QLineEdit(between.join(spec.wordings))
        self.wordings.setPlaceholderText("one wording | another")
        self.wordings.setToolTip("Several wordings, with | between them, are averaged")
        self.negatives = QLineEdit(between.join(spec.negatives))
        self.negatives.setPlaceholderText("what it is not")
        self.negatives.setToolTip("Moments that are more like this are left out")
        self.template = QLineEdit(spec.template)
        self.template.setPlaceholderText("the model's own sentence, with {label}")
        self.template.setToolTip("The sentence around each wording, with {label} for it")
        apply = _small("Apply", "Ask in these words (Enter)", self._apply)
        beside = _small("Place beside", "Keep this prompt and add one in these words", self._beside)
        search = _small("Search videos", "Look in all videos", self.search_asked.emit)
        form = QFormLayout(self)
        form.setContentsMargins(22, 4, 4, 4)
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(4)
        for title, field in (
            ("Wordings", self.wordings),
            ("Not this", self.negatives),
            ("Sentence", self.template),
        ):
            label = QLabel(title)
            label.setObjectName("secondary")
            field.setAccessibleName(f"{title} of {spec.name}")
            field.returnPressed.connect(self._apply)
            form.addRow(label, field)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (apply, beside, search):
            buttons.addWidget(button)
        buttons.addStretch(1)
        form.addRow(buttons)

    def _wanted(self) -> PromptSpec | None:
        marks = f" {NEGATIVE_MARK} "
        negatives = [each for each in self.negatives.text().split(WORDING_MARK) if each.strip()]
        text = marks.join((self.wordings.text(), *negatives))
        try:
            return parse_prompt(text, self._spec.task, self.template.text().strip())
        except PromptError as error:
            self.refused.emit(_reason(error))
            return None

    def _apply(self) -> None:
        spec = self._wanted()
        if spec is not None:
            self.reworded.emit(spec)

    def _beside(self) -> None:
        spec = self._wanted()
        if spec is not None:
            self.beside_asked.emit(spec)


class KindMark(QWidget):
    """The symbol of a kind."""

    def __init__(self, task: Task, theme: Theme) -> None:
        super().__init__()
        self._task = task
        self._theme = theme
        self.setFixedSize(18, 24)
        self.setToolTip(KIND_STYLES[task].singular.capitalize())
        self.setAccessibleName(KIND_STYLES[task].singular)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        centre = QPointF(self.width() / 2, self.height() / 2)
        draw_symbol(painter, self._task, centre, 11, self._theme)
        painter.end()


class ElidedLabel(QLabel):
    """A line that is cut where there is no room for all of it; the tool tip has the whole."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        self.whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        mode = Qt.TextElideMode.ElideRight
        self.setText(self.fontMetrics().elidedText(self.whole, mode, self.width()))


def _button(tooltip: str, *, checkable: bool = False) -> QToolButton:
    made = QToolButton()
    made.setCheckable(checkable)
    made.setToolTip(tooltip)
    made.setIconSize(QSize(ICON_PX, ICON_PX))
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setObjectName("rowButton")
    return made


def _small(text: str, tooltip: str, act: object) -> QPushButton:
    made = QPushButton(text)
    made.setObjectName("small")
    made.setToolTip(tooltip)
    made.setAccessibleName(tooltip)
    made.clicked.connect(act)
    return made


def _reason(error: PromptError) -> str:
    """What is wrong, without the word that names the place."""
    return str(error).removeprefix("prompt: ")
