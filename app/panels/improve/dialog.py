"""Improve the model: a window beside the main one, from the plan to the decision."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.improve.comparison import Comparison
from app.improve.improvement import Improvement, Stage
from app.panels.improve.plan_page import PlanPage
from app.panels.improve.result_page import ResultPage
from app.panels.improve.training_page import TrainingPage
from app.theme import Theme

FIRST_SIZE_PX = (900, 680)
# A child may say more than can be looked at.
REDRAW_MS = 100
PLANNING = "Looking at what was decided in the project…"


class ImproveDialog(QDialog):
    """Not modal: everything else goes on beside it. ``use_asked``: take the new model.
    ``seek_asked(onset_us)``: an event is to be seen.

    Closing it while training only hides it.
    """

    use_asked = Signal()
    seek_asked = Signal(object)

    def __init__(
        self, improvement: Improvement, comparison: Comparison, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Improve the Model")
        self.resize(*FIRST_SIZE_PX)
        self._improvement = improvement
        self._comparison = comparison
        self._span_us = (0, 1)
        self._headline = QLabel()
        self._headline.setObjectName("emptyTitle")
        self._line = QLabel()
        self._line.setWordWrap(True)
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self._line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._line.setAccessibleName("What happened")
        self._words = self._made_words()
        self.plan_page = PlanPage(theme)
        self.training_page = TrainingPage(theme)
        self.result_page = ResultPage(theme)
        self._pages = QStackedWidget()
        for page in (self._words, self.plan_page, self.training_page, self.result_page):
            self._pages.addWidget(page)
        self.start = QPushButton("Start training")
        self.start.setToolTip("Make a backup of the project, then train in the background")
        self.anew = QPushButton("Start anew")
        self.anew.setToolTip("Forget the training that was cut off, and train from the beginning")
        self.cancel = QPushButton("Cancel training")
        self.again = QPushButton("Look again")
        self.again.setToolTip("See what could be learned from now")
        self.use = QPushButton("Use this model")
        self.use.setToolTip("Find events with the new model from now on")
        self.discard = QPushButton("Discard")
        self.discard.setToolTip("Delete the new model")
        self.close_button = QPushButton("Close")
        self._lay_out()
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_MS)
        self._redraw.timeout.connect(self._tell_training)
        self._connect()
        self._on_stage()

    @property
    def line(self) -> str:
        """What is said where there is neither a plan nor a result."""
        return self._line.text()

    def set_theme(self, theme: Theme) -> None:
        self.plan_page.set_theme(theme)
        self.training_page.set_theme(theme)
        self.result_page.set_theme(theme)

    def set_span(self, start_us: int, end_us: int) -> None:
        """From where to where the open video goes."""
        self._span_us = (start_us, end_us)

    def shutdown(self) -> None:
        """Let no timer outlive the window."""
        self._redraw.stop()
        self.training_page.rest()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._improvement.stage in (Stage.STOPPED, Stage.PLANNED):
            self._improvement.make_plan()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (self.discard, self.again, self.anew, self.cancel, self.close_button):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        for button in (self.start, self.use):
            button.setProperty("primary", True)
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self._pages, 1)
        column.addLayout(buttons)

    def _made_words(self) -> QWidget:
        """A page for two lines, in its middle."""
        words = QWidget()
        column = QVBoxLayout(words)
        column.addStretch(2)
        for label in (self._headline, self._line):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        column.addStretch(3)
        return words

    def _connect(self) -> None:
        improvement = self._improvement
        improvement.stage_changed.connect(self._on_stage)
        improvement.changed.connect(self._on_changed)
        self._comparison.changed.connect(self._tell_comparison)
        self.start.clicked.connect(improvement.start)
        self.anew.clicked.connect(improvement.start_anew)
        self.cancel.clicked.connect(self._on_cancel)
        self.again.clicked.connect(improvement.make_plan)
        self.discard.clicked.connect(improvement.discard)
        self.use.clicked.connect(self.use_asked)
        self.close_button.clicked.connect(self.close)
        self.result_page.seek_asked.connect(self.seek_asked)

    def _on_stage(self) -> None:
        improvement, stage = self._improvement, self._improvement.stage
        page: QWidget = self._words
        self._headline.setText(PLANNING if stage is Stage.PLANNING else improvement.headline)
        self._line.setText(improvement.problem)
        if stage is Stage.PLANNED and improvement.plan is not None:
            self.plan_page.show_plan(improvement.plan, improvement.unfinished)
            page = self.plan_page
        elif stage is Stage.TRAINING:
            page = self.training_page
            self._tell_training()
        elif stage is Stage.DONE:
            self.result_page.show_result(improvement)
            self._tell_comparison()
            page = self.result_page
        if stage is not Stage.TRAINING:
            self.training_page.rest()
        self._pages.setCurrentWidget(page)
        is_cut_off = stage is Stage.PLANNED and improvement.unfinished is not None
        self.start.setText("Go on training" if is_cut_off else "Start training")
        self.start.setVisible(stage is Stage.PLANNED)
        self.anew.setVisible(is_cut_off)
        self.cancel.setVisible(stage is Stage.TRAINING)
        self.cancel.setEnabled(True)
        self.again.setVisible(stage is Stage.STOPPED)
        self.discard.setVisible(stage is Stage.DONE)
        self.use.setVisible(stage is Stage.DONE)
        for button in (self.start, self.use, self.cancel):
            if button.isVisible():
                button.setFocus()
        self.close_button.setText("Keep for later" if stage is Stage.DONE else "Close")

    def _on_changed(self) -> None:
        if self._improvement.is_training and not self._redraw.isActive():
            self._redraw.start()

    def _on_cancel(self) -> None:
        self.cancel.setEnabled(False)
        self._improvement.cancel()

    def _tell_training(self) -> None:
        if self._improvement.is_training:
            self.training_page.show_state(self._improvement)

    def _tell_comparison(self) -> None:
        if self._improvement.stage is Stage.DONE:
            self.result_page.show_comparison(self._comparison, *self._span_us)
