"""The panel of prompts: type what to look for, see how much of it there is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.panels.kind_choice import KindChoice
from app.panels.prompt_row import PromptRow
from app.prompts.prompt_asker import PromptAsker, Stage
from app.prompts.prompt_book import Prompt, PromptBook
from app.session import Session
from app.theme import Theme
from core_model.prompt_spec import PromptError, PromptSpec, parse_prompts

HINT = (
    "Say what to look for in your own words, for instance “dog barking, kettle whistle”, and press"
    " Enter. Each prompt gets a lane on the timeline; what was encoded once is not read again."
)
STAGE_TEXTS = {
    Stage.ASKING: "Looking…",
    Stage.LOADING: "Reading the text model… only the first time",
    Stage.READING: "Looking through the rest of the video…",
}


class PromptPanel(QWidget):
    """Makes, changes and removes the prompts of a book.

    ``removed(Prompt, int)``: with its place, so that it can come back; ``compared(tuple)``: the
    prompts that are compared now, as specs; ``keep_asked``: take
    what is shown over as segments; ``sets_asked``; ``remembered``: kinds or templates are others.
    """

    removed = Signal(object, int)
    search_asked = Signal(object)
    compared = Signal(object)
    keep_asked = Signal()
    sets_asked = Signal()
    remembered = Signal()

    def __init__(
        self, book: PromptBook, asker: PromptAsker, session: Session, theme: Theme
    ) -> None:
        super().__init__()
        self.setObjectName("eventList")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._book = book
        self._asker = asker
        self._session = session
        self._theme = theme
        self._rows: dict[PromptSpec, PromptRow] = {}
        self._compared: list[PromptSpec] = []
        self.field = QLineEdit()
        self.field.setPlaceholderText("Type what to look for…")
        self.field.setAccessibleName("What to look for")
        self.field.setToolTip(
            "Several prompts with commas, wordings of one with |, what is not meant after !"
        )
        self.field.setClearButtonEnabled(True)
        self.field.returnPressed.connect(self._on_return)
        self.kinds = KindChoice(theme)
        self.kinds.changed.connect(self._on_kinds)
        self._status = QLabel()
        self._status.setObjectName("secondary")
        self._status.setWordWrap(True)
        self._status.setTextFormat(Qt.TextFormat.PlainText)
        self._status.setAccessibleName("State of the prompts")
        self._busy = QProgressBar()
        self._busy.setTextVisible(False)
        self._busy.setFixedHeight(3)
        self._busy.setAccessibleName("Prompts are being looked for")
        self.again = _small("Try again", self._asker.ask_again)
        self._hint = QLabel(HINT)
        self._hint.setObjectName("hint")
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.keep = _small("Keep as segments", self.keep_asked.emit)
        self.sets_button = _small("Sets…", self.sets_asked.emit)
        self.sets_button.setToolTip("Sets of prompts: save, load, repeat, compare, exchange")
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._below = QVBoxLayout()
        self._lay_out()
        self._connect()
        self._read_prompts()
        self._read_stage()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.kinds.set_theme(theme)
        for row in self._rows.values():
            row.set_theme(theme)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 200)

    def add_below(self, part: QWidget) -> None:
        """Show something between the list and the buttons, such as a comparison."""
        self._below.addWidget(part)

    @property
    def rows(self) -> tuple[PromptRow, ...]:
        return tuple(self._rows.values())

    def say(self, text: str) -> None:
        """One clear line on what cannot be done."""
        self._tell(text, is_error=True)

    def show_row(self, spec: PromptSpec) -> None:
        """Scroll to a prompt and give its slider the keys."""
        row = self._rows.get(spec)
        if row is not None:
            self._scroll.ensureWidgetVisible(row)
            row.slider.setFocus()

    def shutdown(self) -> None:
        """A busy bar must not outlive the window."""
        self._busy.setRange(0, 1)

    def stop_comparing(self) -> None:
        """Nothing is compared any more."""
        self._compared = []
        self._mark_compared()

    def _connect(self) -> None:
        self._book.prompts_changed.connect(self._read_prompts)
        self._book.looks_changed.connect(self._read_rows)
        self._book.answer_changed.connect(self._on_answer)
        self._asker.stage_changed.connect(self._read_stage)
        self._session.media_changed.connect(self._read_stage)

    def _lay_out(self) -> None:
        title = QLabel("PROMPTS")
        title.setObjectName("heading")
        top = QHBoxLayout()
        top.addWidget(title)
        top.addStretch(1)
        top.addWidget(self.sets_button)
        inside = QWidget()
        inside.setObjectName("promptRows")
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 4, 0)
        rows.setSpacing(0)
        rows.addLayout(self._list)
        rows.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        self._scroll.setAccessibleName("Prompts")
        said = QHBoxLayout()
        said.addWidget(self._status, 1)
        said.addWidget(self.again)
        foot = QHBoxLayout()
        foot.addWidget(self.keep)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.field)
        column.addWidget(self.kinds)
        column.addWidget(self._busy)
        column.addLayout(said)
        column.addWidget(self._hint, 1)
        column.addWidget(self._scroll, 1)
        column.addLayout(self._below)
        column.addLayout(foot)

    def _on_return(self) -> None:
        try:
            asked = [
                spec
                for task in self.kinds.chosen
                for spec in parse_prompts(self.field.text(), [task], self.kinds.template(task))
            ]
            # All kinds of one prompt below each other.
            names = list(dict.fromkeys(spec.wordings for spec in asked))
            asked.sort(key=lambda spec: names.index(spec.wordings))
            if not self._book.add(asked):
                self.say("That is in the list already.")
                return
        except PromptError as error:
            self.say(str(error).removeprefix("prompt: ").capitalize())
            return
        self.field.clear()
        self._read_stage()

    def _on_kinds(self) -> None:
        self.remembered.emit()

    def _read_prompts(self) -> None:
        """Rows of prompts that stay are kept, with what is open and focused in them."""
        wanted = {each.spec: each for each in self._book.prompts}
        for spec in [spec for spec in self._rows if spec not in wanted]:
            row = self._rows.pop(spec)
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        for place, (spec, prompt) in enumerate(wanted.items()):
            row = self._rows.get(spec)
            if row is None:
                row = self._rows[spec] = self._make_row(prompt)
            if self._list.indexOf(row) != place:
                self._list.insertWidget(place, row)
        self._rows = {spec: self._rows[spec] for spec in wanted}
        self._compared = [spec for spec in self._compared if spec in wanted]
        self._mark_compared()
        self._hint.setVisible(not wanted)
        self._scroll.setVisible(bool(wanted))
        self._read_rows()

    def _make_row(self, prompt: Prompt) -> PromptRow:
        row = PromptRow(prompt, self._book, self._theme)
        row.compare_asked.connect(self._on_compare)
        row.removed.connect(self._on_removed)
        row.search_asked.connect(self.search_asked)
        row.refused.connect(self.say)
        row.opened.connect(self._on_opened)
        return row

    def _on_opened(self, row: PromptRow) -> None:
        """What was opened below a row comes into view once it is laid out."""
        QTimer.singleShot(0, row, lambda: self._scroll.ensureWidgetVisible(row.details, 0, 4))

    def _read_rows(self) -> None:
        for prompt in self._book.prompts:
            self._rows[prompt.spec].read(prompt, self._book.answer(prompt.spec))
        self._tell_keep()

    def _on_answer(self, spec: PromptSpec | None) -> None:
        prompt = None if spec is None else self._book.prompt(spec)
        if spec is None:
            self._read_rows()
        elif prompt is not None:
            self._rows[spec].read(prompt, self._book.answer(spec))
            self._tell_keep()

    def _tell_keep(self) -> None:
        hits = sum(len(self._book.hits(prompt)) for prompt in self._book.prompts)
        self.keep.setEnabled(hits > 0)
        noun = "1 hit as a segment" if hits == 1 else f"{hits:,} hits as segments"
        self.keep.setText(f"Keep {noun}" if hits else "Keep as segments")
        self.keep.setToolTip("Take what is shown over into the project (Ctrl+Shift+K)")
        self.keep.setVisible(bool(self._book.prompts))

    def _read_stage(self, _media: object = None) -> None:
        stage = self._asker.stage
        is_busy = stage in STAGE_TEXTS
        # A busy bar's animation is a timer: it must not outlive the work.
        self._busy.setRange(0, 0 if is_busy else 1)
        self._busy.setVisible(is_busy)
        self.again.setVisible(stage is Stage.FAILED)
        if stage is Stage.FAILED:
            self._tell(self._asker.problem, is_error=True)
        elif is_busy:
            self._tell(STAGE_TEXTS[stage])
        elif self._book.prompts and self._session.media is None:
            self._tell("They are asked as soon as a video is open.")
        else:
            self._tell("")

    def _tell(self, text: str, *, is_error: bool = False) -> None:
        self._status.setText(text)
        self._status.setVisible(bool(text))
        self._status.setObjectName("failed" if is_error else "secondary")
        # The style sheet looks at a name only when the widget is polished.
        self._status.style().unpolish(self._status)
        self._status.style().polish(self._status)

    def _on_removed(self, spec: PromptSpec) -> None:
        place = [each.spec for each in self._book.prompts].index(spec)
        prompt = self._book.prompt(spec)
        self._book.remove(spec)
        self.removed.emit(prompt, place)

    def _on_compare(self, spec: PromptSpec, on: bool) -> None:
        others = [each for each in self._compared if each != spec]
        # The two chosen last are compared.
        self._compared = [*others[-1:], spec] if on else others
        self._mark_compared()

    def _mark_compared(self) -> None:
        for spec, row in self._rows.items():
            row.compare.blockSignals(True)
            row.compare.setChecked(spec in self._compared)
            row.compare.setProperty("active", spec in self._compared)
            row.compare.style().unpolish(row.compare)
            row.compare.style().polish(row.compare)
            row.compare.blockSignals(False)
        self.compared.emit(tuple(self._compared))


def _small(text: str, act: object) -> QPushButton:
    made = QPushButton(text)
    made.setObjectName("small")
    made.setAccessibleName(text)
    made.clicked.connect(act)
    return made
