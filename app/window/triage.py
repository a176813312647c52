"""Deciding on what a model found, one key per decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.jobs.runner import JobRunner
from app.limits import SegmentLimits
from app.player.player import Player
from app.project.edits import Decide
from app.project.values import Label, Segment
from app.session import Session
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.teaching_order import TeachingOrder
from app.window.triage_queue import (
    Progress,
    TriageOrder,
    next_after,
    progress,
    undecided,
    waiting,
)
from core_model.timeline import Task
from training.annotations.model import State

PRE_ROLL_US = 500_000
POST_ROLL_US = 500_000
# Around a find that is longer than what the timeline shows, as a share of its length.
ZOOM_AIR = 0.2
_NOBODY = np.empty(0, np.int64)


class Triage(QObject):
    """Plays one undecided find after the other; a decision goes on to the next one.

    ``changed``: another find, another state of it, or the count.
    A find whose edges a hand moved plays again as it is now, and counts as accepted.
    """

    changed = Signal()

    def __init__(
        self,
        annotation: Annotation,
        session: Session,
        player: Player,
        view_state: ViewState,
        runner: JobRunner,
    ) -> None:
        super().__init__(annotation)
        self._annotation = annotation
        self._session = session
        self._player = player
        self._view_state = view_state
        self._is_on = False
        self._order = TriageOrder.UNCERTAINTY
        self._label_id: int | None = None
        self._current: Segment | None = None
        self._queue = _NOBODY
        self._seen: list[int] = []
        self._decided: list[int] = []
        self._teaching = TeachingOrder(runner, self)
        self._teaching.changed.connect(self._on_taught)
        annotation.changed.connect(self._on_changed)
        session.thresholds_changed.connect(self.changed)

    @property
    def is_on(self) -> bool:
        return self._is_on

    @property
    def current(self) -> Segment | None:
        """The find that is decided on, as it is now; None where none waits."""
        return self._current

    @property
    def order(self) -> TriageOrder:
        return self._order

    @property
    def label_id(self) -> int | None:
        """The one label that is gone through, or None for all."""
        return self._label_id

    @property
    def about_learning(self) -> str:
        """One line on how finds are ordered where those that teach most come first."""
        return self._teaching.about

    @property
    def progress(self) -> Progress:
        columns = self._annotation.columns
        if columns is None:
            return Progress(0, 0, 0, ())
        return progress(columns, self._label_id, self._limits())

    @property
    def labels(self) -> Mapping[int, Label]:
        """All labels of the project by id."""
        return {label.id: label for label in self._annotation.labels()}

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            "accept": self.accept,
            "reject": self.reject,
            "unsure": self.set_unsure,
            "triage_next": self.go_on,
            "triage_previous": self.go_back,
            "triage_replay": self.replay,
        }

    def go_on(self) -> None:
        """The next find without deciding; starts where nothing is gone through yet."""
        if self._annotation.columns is None:
            return
        self._is_on = True
        self._advance()

    def go_back(self) -> None:
        """The find looked at before this one, decided or not."""
        while self._is_on and self._seen:
            segment = self._find(self._seen.pop())
            if segment is not None:
                self._present(segment)
                return

    def stop(self) -> None:
        """Decide no more; what was decided stays."""
        if self._is_on:
            self._is_on = False
            self._forget()
            self._expect(None)
            self._player.pause()
            self.changed.emit()

    def accept(self) -> None:
        self._decide(State.ACCEPTED)

    def reject(self) -> None:
        self._decide(State.REJECTED)

    def set_unsure(self) -> None:
        self._decide(State.UNSURE)

    def replay(self) -> None:
        """Play the find again, with a little before and after."""
        if self._current is not None:
            self._show_span(self._current)
            self._player.play_range(
                self._current.onset_us - PRE_ROLL_US, self._current.offset_us + POST_ROLL_US
            )

    def set_order(self, order: TriageOrder) -> None:
        """Go through what is left in this order from now on."""
        if order != self._order:
            self._order = order
            self._begin_anew()

    def set_label(self, label_id: int | None) -> None:
        """Go through the finds of one label only, or of all (None)."""
        if label_id != self._label_id:
            self._label_id = label_id
            self._begin_anew()

    def _begin_anew(self) -> None:
        if self._is_on:
            self._forget()
            self._advance()
        else:
            self.changed.emit()

    def _decide(self, state: State) -> None:
        """On what is selected; where that holds the current find, the next one follows."""
        current = self._current if self._is_on else None
        chosen = self._annotation.selection or ({current.id} if current is not None else set())
        if not chosen or not self._annotation.perform(Decide(tuple(sorted(chosen)), state)):
            return
        if current is not None and current.id in chosen:
            self._decided.append(current.id)
            self._advance()

    def _advance(self) -> None:
        if self._order is TriageOrder.LEARNING:
            self._ask_what_teaches()
        ids = self._waiting()
        # Places in the queue stay, so that one goes on from where one is; what is new comes last.
        self._queue = np.concatenate((self._queue, ids[~np.isin(ids, self._queue)]))
        current_id = None if self._current is None else self._current.id
        next_id = next_after(ids, self._queue, current_id)
        if next_id is None and self._is_undecided(self._current):
            # The only one that waits stays.
            next_id = current_id
        elif current_id is not None:
            self._seen.append(current_id)
        segment = None if next_id is None else self._find(next_id)
        if segment is not None:
            self._present(segment)
            self._expect(next_after(ids, self._queue, segment.id))
            return
        self._current = None
        # One key too many must not decide anew on the last one.
        self._annotation.select(())
        self._player.pause()
        self.changed.emit()

    def _present(self, segment: Segment) -> None:
        self._current = segment
        self._annotation.select((segment.id,))
        self.replay()
        self.changed.emit()

    def _expect(self, segment_id: int | None) -> None:
        """Have the beginning of the find decoded that comes next, while this one is judged."""
        segment = None if segment_id is None else self._find(segment_id)
        self._player.expect_range(None if segment is None else segment.onset_us - PRE_ROLL_US)

    def _on_changed(self) -> None:
        if self._label_id is not None and self._label_id not in self.labels:
            self._label_id = None
        if not self._is_on:
            self.changed.emit()
            return
        if self._annotation.columns is None or not self._queue_is_of_this_video():
            self._is_on = False
            self._forget()
            self.changed.emit()
            return
        self._follow_edit()

    def _follow_edit(self) -> None:
        """The current find may be gone or moved, or the last decision taken back."""
        undone = self._find(self._decided[-1]) if self._decided else None
        if undone is not None and self._is_undecided(undone):
            self._decided.pop()
            self._present(undone)
            return
        if self._current is None:
            self.changed.emit()
            return
        before, now = self._current, self._find(self._current.id)
        if now is None:
            self._advance()
            return
        self._current = now
        if (now.onset_us, now.offset_us) != (before.onset_us, before.offset_us):
            self.replay()
        self.changed.emit()

    def _forget(self) -> None:
        self._current = None
        self._queue = _NOBODY
        self._seen.clear()
        self._decided.clear()

    def _queue_is_of_this_video(self) -> bool:
        video_id = self._annotation.video_id
        return self._current is None or self._current.video_id == video_id

    def _find(self, segment_id: int) -> Segment | None:
        columns = self._annotation.columns
        row = None if columns is None else columns.row_of(segment_id)
        return None if columns is None or row is None else columns.segment(row)

    def _is_undecided(self, segment: Segment | None) -> bool:
        return segment is not None and segment.state is State.UNDECIDED

    def _waiting(self) -> np.ndarray:
        columns = self._annotation.columns
        if columns is None:
            return _NOBODY
        return waiting(
            columns,
            self._order,
            self._label_id,
            self._limits(),
            self._doubted_at(),
            self.labels,
            self._teaching.ids,
        )

    def _limits(self) -> SegmentLimits:
        return self._session.limits.of_segments(self._annotation.labels())

    def _doubted_at(self) -> dict[Task, float]:
        return {kind: self._session.suggested_threshold(kind) for kind in Task}

    def _ask_what_teaches(self) -> None:
        columns, media = self._annotation.columns, self._session.media
        if columns is not None and media is not None:
            self._teaching.ask(media.path, undecided(columns, self._doubted_at()))

    def _on_taught(self) -> None:
        """The find at hand stays; what comes after it follows the answer."""
        if self._is_on and self._order is TriageOrder.LEARNING:
            first = [] if self._current is None else [self._current.id]
            ids = self._waiting()
            self._queue = np.concatenate((np.array(first, np.int64), ids[~np.isin(ids, first)]))
        self.changed.emit()

    def _show_span(self, segment: Segment) -> None:
        """Bring the find into the timeline, as large as things are there unless it is longer."""
        state = self._view_state
        start_us, end_us = segment.onset_us - PRE_ROLL_US, segment.offset_us + POST_ROLL_US
        if state.visible_start_us <= start_us and end_us <= state.visible_end_us:
            return
        air_us = round((end_us - start_us) * ZOOM_AIR)
        span_us = max(state.visible_end_us - state.visible_start_us, end_us - start_us + air_us)
        middle_us = (start_us + end_us) // 2
        state.set_visible(middle_us - span_us // 2, middle_us + span_us - span_us // 2)
