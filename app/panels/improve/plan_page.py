"""What a training would use, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.kind_style import KIND_SIGNS, KIND_STYLES, outline_colour
from app.panels.plain_table import PlainRow, PlainTable
from app.player.time_code import short_time_code, time_left
from app.theme import Theme
from training.corrections.events import PlannedLabel, PlannedVideo, TrainingPlan
from training.corrections.unfinished import Progress

HEADINGS = ("", "Label", "", "Accepted", "Edited", "Drawn", "Rejected", "To learn", "Held out")
HELP = (
    "Kind",
    "",
    "Whether the model knows it yet",
    "Finds of the model that were accepted as they were",
    "Finds of the model whose edges or label were changed",
    "Segments drawn by people",
    "Finds of the model that were rejected: it learns that the label is not there",
    "Events that are learned from",
    "Events that are held back to measure with",
)
MOST_NAMES = 6


class PlanPage(QWidget):
    """Shows a TrainingPlan."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._plan: TrainingPlan | None = None
        self._unfinished: Progress | None = None
        self._what = QLabel()
        self._what.setObjectName("secondary")
        self._why = _wrapped()
        self._notes = _wrapped()
        self._notes.setAccessibleName("What to know before")
        self.table = PlainTable(
            "What is learned from", HEADINGS, frozenset(range(3, 9)), wide=1, help_texts=HELP
        )
        self._videos = _wrapped()
        self._videos.setObjectName("secondary")
        self._parts = _wrapped()
        self._parts.setObjectName("secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for part in (self._what, self._why, self._notes):
            column.addWidget(part)
        column.addWidget(self.table, 1)
        column.addWidget(self._videos)
        column.addWidget(self._parts)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._tell()

    def show_plan(self, plan: TrainingPlan, unfinished: Progress | None = None) -> None:
        """Show a plan, and that a training of the very same one was cut off."""
        self._plan, self._unfinished = plan, unfinished
        self._tell()

    @property
    def text(self) -> str:
        """All that is said beside the table."""
        parts = (self._what, self._why, self._notes, self._videos, self._parts)
        return "\n".join(part.text() for part in parts)

    def _tell(self) -> None:
        plan = self._plan
        if plan is None:
            return
        self._what.setText(
            f"{plan.project}, after {plan.revision:,} edits · {_count(plan.positives, 'event')} and"
            f" {_count(plan.hard_negatives, 'rejected find')} · starts from {plan.init}"
        )
        self._why.setText(plan.why)
        told = [cut_off_note(self._unfinished)] if self._unfinished is not None else []
        notes = "\n".join(f"• {note}" for note in (*told, *plan_notes(plan)))
        self._notes.setText(notes)
        self._notes.setVisible(bool(notes))
        self.table.fill(list(self._rows(plan)))
        self._videos.setText("\n".join(_sides(plan)))
        self._parts.setText(
            f"Learns: {', '.join(plan.trained)}.\nStays as it is: {', '.join(plan.frozen)}."
        )

    def _rows(self, plan: TrainingPlan) -> Iterator[PlainRow]:
        for each in sorted(plan.labels, key=_by_weight):
            numbers = (each.accepted, each.edited, each.human, each.rejected)
            sides = (each.train, each.held_out)
            yield PlainRow(
                (
                    KIND_SIGNS[each.kind],
                    each.label,
                    "new" if each.is_new else "",
                    *(f"{number:,}" if number else "·" for number in (*numbers, *sides)),
                ),
                outline_colour(each.kind, self._theme),
            )


def _by_weight(label: PlannedLabel) -> tuple[bool, int, int, int, str]:
    """What is new and what most is learned of comes first."""
    order = list(KIND_STYLES)
    return (
        not label.is_new,
        -label.positives,
        -label.rejected,
        order.index(label.kind),
        label.label,
    )


def cut_off_note(unfinished: Progress) -> str:
    """How far a training came that was cut off."""
    return (
        f"A training on these very corrections was cut off after step {unfinished.step:,} of"
        f" {unfinished.of:,}, {time_left(unfinished.spent_s)} into it. It can go on from"
        " there."
    )


def plan_notes(plan: TrainingPlan) -> list[str]:
    """What people should know before they start, a line each."""
    notes: list[str] = []
    if len(plan.labels) == 1:
        label = plan.labels[0].label
        notes.append(
            f"Only one label: the model learns when {label} is there, but not to tell it from"
            " others. Decide on some other labels, too."
        )
    if plan.new_labels:
        names = ", ".join(each.label for each in plan.new_labels[:MOST_NAMES])
        more = "…" if len(plan.new_labels) > MOST_NAMES else ""
        notes.append(f"New to the model, and part of it from now on: {names}{more}.")
    if not plan.hard_negatives:
        notes.append("Nothing was rejected: false finds are not unlearned.")
    notes += [f"Left out: {each.name}, {each.reason}." for each in plan.left_out[:MOST_NAMES]]
    if len(plan.left_out) > MOST_NAMES:
        notes.append(f"Left out: {len(plan.left_out) - MOST_NAMES} more.")
    if plan.stray_segments:
        count = _count(plan.stray_segments, "segment")
        notes.append(f"Left out: {count} outside the video or without length.")
    return notes


def _sides(plan: TrainingPlan) -> list[str]:
    """Which videos are learned from, and which are held out."""
    held_out = [each for each in plan.videos if each.is_held_out]
    learned = [each for each in plan.videos if not each.is_held_out]
    both = {each.name for each in held_out} & {each.name for each in learned}
    lines = [f"Learned from: {_named(learned, both)}"]
    return lines + [f"Held out to measure with: {_named(held_out, both)}"] * bool(held_out)


def _named(videos: list[PlannedVideo], parted: set[str]) -> str:
    """Names, with the time of those of which only a part is meant."""
    names: list[str] = []
    for video in videos:
        span = f"{short_time_code(video.start_us)} to {short_time_code(video.end_us)}"
        names.append(f"{video.name}, {span}" if video.name in parted else video.name)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{'; '.join(names[:MOST_NAMES])}{more}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _wrapped() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    return label
