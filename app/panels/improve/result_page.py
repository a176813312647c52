"""What a training came to: figures before and after, and what changed in the open video."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHeaderView, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.improve.changes import Change
from app.improve.comparison import Comparison
from app.improve.improvement import Improvement
from app.kind_style import KIND_SIGNS, KIND_STYLES, outline_colour, score_text
from app.panels.improve.change_view import ChangeView
from app.panels.plain_table import PlainRow, PlainTable
from app.player.time_code import short_time_code, time_left
from app.theme import Theme
from core_model.timeline import Detection
from training.corrections.events import ComparedLabel, TrainingDone, TrainingPlan

FIGURE_HEADINGS = ("", "Label", "", "Events", "Before", "After", "Change", "Before .5", "After .5")
FIGURE_HELP = (
    "Kind",
    "",
    "Whether it is new to the model",
    "Held-out events",
    "Average precision of the old model, mean over tIoU 0.1 to 0.9",
    "The same of the new model, on the same held-out media",
    "After minus before",
    "Average precision at tIoU 0.5 before",
    "Average precision at tIoU 0.5 after",
)
CHANGE_HEADINGS = ("", "Onset", "What", "Label", "Before", "After")
COMPARING = "Looking at the open video with both models…"
NO_VIDEO = "Open a video to see what the new model finds differently in it."
TALLEST_VIEW_PX = 230
MOST_NAMES = 6


class ResultPage(QWidget):
    """``seek_asked(onset_us)``: a changed event is to be seen."""

    seek_asked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._done: TrainingDone | None = None
        self._unmeasured: list[str] = []
        self._title = QLabel()
        self._title.setWordWrap(True)
        self.figures = PlainTable(
            "Average precision before and after",
            FIGURE_HEADINGS,
            frozenset(range(3, 9)),
            wide=1,
            help_texts=FIGURE_HELP,
        )
        self._kept = QLabel()
        self._kept.setObjectName("secondary")
        self._kept.setWordWrap(True)
        self._heading = QLabel("IN THE OPEN VIDEO")
        self._heading.setObjectName("heading")
        self._note = QLabel()
        self._note.setObjectName("secondary")
        self._note.setWordWrap(True)
        self.view = ChangeView(theme)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.view)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setAccessibleName("Events before and after")
        self.changes = PlainTable("Changed events", CHANGE_HEADINGS, frozenset({1, 4, 5}), wide=3)
        self.changes.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.changes.horizontalHeader().resizeSection(0, 28)
        self._onsets: list[int] = []
        self._found: tuple[Change, ...] = ()
        self._lay_out()
        self.view.seek_asked.connect(self.seek_asked)
        self.changes.cellActivated.connect(self._on_row)
        self.changes.cellClicked.connect(self._on_row)

    @property
    def text(self) -> str:
        """All that is said beside the tables."""
        return "\n".join(part.text() for part in (self._title, self._kept, self._note))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.view.set_theme(theme)
        self._fill()

    def show_result(self, improvement: Improvement) -> None:
        """Show the figures of a training that is done."""
        self._done = improvement.done
        version, done, plan = improvement.version, improvement.done, improvement.plan
        self._unmeasured = [] if done is None or plan is None else unmeasured(plan, done)
        if version is not None and done is not None:
            self._title.setText(
                f"{version.name} is ready, trained in {time_left(done.seconds)}. Until you use it,"
                f" {improvement.parent_version.name} stays in use."
            )
        self._fill()

    def show_comparison(self, comparison: Comparison, start_us: int, end_us: int) -> None:
        """Show what the new model finds differently in the open video."""
        self._found = comparison.found or ()
        changed = [each for each in self._found if each.word != "same"]
        if comparison.is_running:
            self._note.setText(COMPARING)
        elif comparison.problem:
            self._note.setText(comparison.problem)
        elif comparison.found is None:
            self._note.setText(NO_VIDEO)
        else:
            same = len(self._found) - len(changed)
            self._note.setText(
                f"{len(changed)} event{'' if len(changed) == 1 else 's'} changed, {same} as before,"
                " each model at its own thresholds"
            )
        self._scroll.setVisible(bool(changed))
        self.changes.setVisible(bool(changed))
        self.view.show_changes(self._found, start_us, end_us)
        self._scroll.setFixedHeight(min(self.view.sizeHint().height(), TALLEST_VIEW_PX))
        self._fill_changes(changed)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self.figures, 2)
        column.addWidget(self._kept)
        column.addWidget(self._heading)
        column.addWidget(self._note)
        column.addWidget(self._scroll)
        column.addWidget(self.changes, 2)
        column.addStretch()

    def _fill(self) -> None:
        done = self._done
        if done is None:
            return
        self.figures.fill([self._figure_row(each) for each in done.compared])
        self.figures.grow_to_rows()
        self.figures.setVisible(bool(done.compared))
        lines = [] if done.compared else ["Nothing was held out, so that nothing was measured."]
        lines += self._unmeasured
        kept = "; ".join(
            f"{KIND_STYLES[each.kind].name}, {each.kept:,} of {each.shown:,} finds stay and"
            f" {each.added:,} come"
            for each in done.untouched
            if each.shown or each.added
        )
        lines += [f"Of labels that were not trained, on all media used: {kept}."] if kept else []
        self._kept.setText("\n".join(lines))
        self._kept.setVisible(bool(self._kept.text()))
        self._fill_changes([each for each in self._found if each.word != "same"])

    def _figure_row(self, each: ComparedLabel) -> PlainRow:
        is_kind = not each.label
        name = f"all {KIND_STYLES[each.kind].name}" if is_kind else each.label
        figures = (each.before, each.after)
        at_half = (each.before_at_half, each.after_at_half)
        return PlainRow(
            (
                KIND_SIGNS[each.kind],
                name,
                "new" if each.is_new else "",
                f"{each.events:,}",
                *(f"{figure:.3f}" for figure in figures),
                _change(each.after - each.before),
                *(f"{figure:.3f}" for figure in at_half),
            ),
            outline_colour(each.kind, self._theme),
            is_kind,
        )

    def _fill_changes(self, changed: list[Change]) -> None:
        self._onsets = [each.shown.onset_us for each in changed]
        self.changes.fill(list(self._change_rows(changed)))
        self.changes.grow_to_rows()

    def _change_rows(self, changed: list[Change]) -> Iterator[PlainRow]:
        for each in changed:
            found = each.shown
            yield PlainRow(
                (
                    KIND_SIGNS[found.task],
                    short_time_code(found.onset_us),
                    each.word,
                    found.label,
                    _score(each.before),
                    _score(each.after),
                ),
                outline_colour(found.task, self._theme),
            )

    def _on_row(self, row: int, _column: int) -> None:
        if row < len(self._onsets):
            self.seek_asked.emit(self._onsets[row])


def _change(difference: float) -> str:
    return f"{difference:+.3f}".replace("-", "−") if abs(difference) >= 0.0005 else "0.000"


def unmeasured(plan: TrainingPlan, done: TrainingDone) -> list[str]:
    """A line on what was learned without anything to measure it with, where there is a table."""
    known = {(each.kind, each.label) for each in done.compared}
    names = [
        each.label for each in plan.labels if each.train and (each.kind, each.label) not in known
    ]
    if not names or not done.compared:
        return []
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    told = ", ".join(names[:MOST_NAMES])
    return [f"Learned, but not measured, since no held-out video has any: {told}{more}."]


def _score(found: Detection | None) -> str:
    return "·" if found is None else score_text(found.score)
