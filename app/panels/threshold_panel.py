"""From which score on things are shown: a slider per kind, a list of all labels, and advice."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.kind_style import KIND_STYLES
from app.limits import LabelKey
from app.panels.histogram import ScoreHistogram
from app.panels.kind_rows import EyeButton, KindSymbol, ThresholdSlider, ThresholdValue
from app.panels.label_thresholds import LabelRow, LabelThresholdView
from app.project.errors import ProjectError
from app.scores import Scores, segment_scores, session_scores
from app.session import Session
from app.steady_label import SteadyLabel
from app.theme import Theme, tabular
from app.threshold_advice import Advice, Decided, advise, decisions, of_kind
from app.window.annotation import Annotation
from core_model.timeline import Task

# Decisions follow each other quickly; advice is for when the hands rest.
REST_MS = 400
# Counts have room for as many at least.
MOST_COUNTED = "0,000 of 0,000"
_NONE = np.empty(0)
NO_LABELS = "Labels appear here when something was found in an open video."
NO_MATCH = "No label holds “{}”."


class _KindPart:
    """The widgets of one kind: histogram above slider, numbers, and a line of advice."""

    def __init__(self, task: Task, session: Session, theme: Theme) -> None:
        name = KIND_STYLES[task].name
        self._task = task
        self._session = session
        self.symbol = KindSymbol(task, theme)
        self.name = QLabel(name.capitalize())
        self.histogram = ScoreHistogram(task, theme, name)
        self.slider = ThresholdSlider(task, session)
        self.value = ThresholdValue(task, session)
        self.count = SteadyLabel(MOST_COUNTED)
        self.count.setObjectName("secondary")
        self.eye = EyeButton(task, session, theme)
        self.advice = QLabel()
        self.advice.setObjectName("secondary")
        self.advice.setFont(tabular(self.advice.font()))
        self.take = QPushButton("Use")
        self.take.setObjectName("small")
        self.take.setAccessibleName(f"Use the suggested threshold of {name}")
        self.take.clicked.connect(self._take)
        self._advice = Advice(None, 0.0, 0)
        self._own: dict[LabelKey, Scores] = {}
        # All scores, label by label, and how many each label has.
        self._flat = _NONE
        self._counts: list[int] = []
        self._told: list[float] | None = None

    def set_theme(self, theme: Theme) -> None:
        for part in (self.symbol, self.histogram, self.eye):
            part.set_theme(theme)

    def read(self, by_label: dict[LabelKey, Scores]) -> None:
        """Show what of these scores is there and what of it is shown."""
        self._own = {key: scores for key, scores in by_label.items() if key[0] is self._task}
        self._flat = np.concatenate([each.ascending for each in self._own.values()] or [_NONE])
        self._counts = list(map(len, self._own.values()))
        self._told = None
        total = f"{len(self._flat):,} of {len(self._flat):,}"
        self.count.set_widest(max(total, MOST_COUNTED, key=len))
        self.histogram.set_scores(Scores.of(self._flat))
        self.tell()

    def tell(self) -> None:
        """Thresholds have moved: count what is shown if any of this kind's did."""
        limits, before = self._session.limits, self._told
        self._told = [limits.of(self._task, ""), *limits.of_each(self._task, self._own)]
        if self._told == before:
            return
        shown = np.count_nonzero(self._flat >= np.repeat(self._told[1:], self._counts))
        total = len(self._flat)
        self.count.setText(f"{shown:,} of {total:,}" if total else "")
        is_hidden = self._session.is_hidden(self._task)
        self.histogram.set_threshold(2.0 if is_hidden else self._session.threshold(self._task))

    def set_advice(self, advice: Advice, is_wanted: bool) -> None:
        self._advice = advice
        self.advice.setText(f"Suggested: {advice.text}" if advice.threshold else advice.text)
        self.advice.setVisible(is_wanted)
        self.take.setVisible(is_wanted and advice.threshold is not None)

    def _take(self) -> None:
        if self._advice.threshold is not None:
            self._session.set_threshold(self._task, self._advice.threshold)


class ThresholdPanel(QWidget):
    """Moves thresholds; nothing asks the model. Call :meth:`shutdown` at the end."""

    def __init__(self, session: Session, annotation: Annotation, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("eventList")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self._annotation = annotation
        self._scores: dict[LabelKey, Scores] = {}
        self._kinds = {task: _KindPart(task, session, theme) for task in KIND_STYLES}
        self.labels = LabelThresholdView(session, theme)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search labels…")
        self.search.setAccessibleName("Search labels")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._on_search)
        self.reset = QPushButton("Reset all")
        self.reset.setObjectName("small")
        self.reset.setToolTip("Go back to the model's own thresholds")
        self.reset.clicked.connect(session.reset_all_thresholds)
        self._hint = QLabel(NO_LABELS)
        self._hint.setObjectName("hint")
        self._hint.setWordWrap(True)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._read_all)
        self._lay_out()
        session.detections_changed.connect(self._on_changed)
        session.thresholds_changed.connect(self._on_thresholds)
        annotation.changed.connect(self._on_changed)
        self._read_all()

    def set_theme(self, theme: Theme) -> None:
        for part in self._kinds.values():
            part.set_theme(theme)
        self.labels.set_theme(theme)

    def shutdown(self) -> None:
        """Nothing is waited for any more."""
        self._rest.stop()

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 200)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read_all()

    def _lay_out(self) -> None:
        title = QLabel("THRESHOLDS")
        title.setObjectName("heading")
        top = QHBoxLayout()
        top.addWidget(title)
        top.addStretch(1)
        top.addWidget(self.reset)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(2, 1)
        for number, part in enumerate(self._kinds.values()):
            row = 3 * number
            grid.addWidget(part.histogram, row, 2)
            grid.addWidget(part.count, row, 3)
            for column, widget in enumerate((part.symbol, part.name, part.slider)):
                grid.addWidget(widget, row + 1, column)
            shown = QHBoxLayout()
            shown.setSpacing(8)
            shown.addStretch(1)
            shown.addWidget(part.value)
            shown.addWidget(part.eye)
            grid.addLayout(shown, row + 1, 3)
            grid.addWidget(part.advice, row + 2, 1, 1, 2)
            grid.addWidget(part.take, row + 2, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(grid)
        column.addWidget(self.search)
        column.addWidget(self._hint)
        column.addWidget(self.labels, 1)

    def _on_changed(self) -> None:
        if self.isVisible():
            self._rest.start()

    def _on_thresholds(self) -> None:
        if self.isVisible():
            for part in self._kinds.values():
                part.tell()
            self.labels.tell_thresholds()
        self._tell_reset()

    def _tell_reset(self) -> None:
        session = self._session
        moved = any(session.threshold(task) != session.suggested_threshold(task) for task in Task)
        self.reset.setEnabled(moved or bool(session.chosen_label_thresholds))

    def _read_all(self) -> None:
        decided = self._decisions()
        self._scores = self._read_scores()
        wants_advice = self._annotation.video_id is not None
        for task, part in self._kinds.items():
            part.read(self._scores)
            part.set_advice(advise(of_kind(decided, task)), wants_advice)
        chosen = self._session.chosen_label_thresholds
        keys = {**self._scores, **dict.fromkeys(chosen.keys() - self._scores.keys(), Scores())}
        nothing = Advice(None, 0.0, 0)
        self.labels.rows.set_rows(
            [
                LabelRow(key, scores, advise(decided[key]) if key in decided else nothing)
                for key, scores in keys.items()
            ]
        )
        self._tell_reset()
        self._tell_hint()

    def _read_scores(self) -> dict[LabelKey, Scores]:
        columns = self._annotation.columns
        if columns is None:
            return session_scores(self._session)
        return segment_scores(columns, {label.id: label for label in self._annotation.labels()})

    def _decisions(self) -> dict[LabelKey, Decided]:
        """Those of the whole project."""
        projects = self._annotation.projects
        if projects.project is None or projects.is_busy:
            return {}
        try:
            return decisions(projects.project.decided_scores(), projects.project.document.labels)
        except ProjectError:
            # A file that cannot be read is told where something is done with it.
            return {}

    def _on_search(self, text: str) -> None:
        self.labels.rows.set_filter(text)
        self._tell_hint()

    def _tell_hint(self) -> None:
        is_empty = self.labels.rows.rowCount() == 0
        searched = self.search.text().strip()
        has_labels = self.labels.rows.label_count > 0
        self._hint.setText(NO_MATCH.format(searched) if has_labels else NO_LABELS)
        self._hint.setVisible(is_empty)
        self.labels.setVisible(not is_empty)
