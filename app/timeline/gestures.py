"""What a hand does to segments between press and release; each gives one edit or none."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from app.project.edits import ChangeKind, MoveBoundary, MoveSegments, Relabel, Reshape, Together
from app.project.edits.base import Edit
from app.timeline.hit_test import Hit, Part
from app.view_state import ViewState
from core_model.timeline import Task

# What a drag leaves of a segment at least.
SHORTEST_US = 1_000
Snapper = Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class Ghost:
    """A span to draw while it is in the hand; ``segment_id`` None for one that is new."""

    segment_id: int | None
    task: Task
    onset_us: int
    offset_us: int


class Gesture(ABC):
    """``move`` is told where the pointer is and how far to snap (0: not at all)."""

    def __init__(self, state: ViewState, snap: Snapper) -> None:
        self._state = state
        self._snap = snap
        self.ghosts: tuple[Ghost, ...] = ()
        self.rect: QRectF | None = None
        self.lane: Task | None = None
        self.label = ""

    @abstractmethod
    def move(self, time_us: int, reach_us: int) -> None:
        """The pointer is at a time; ``lane`` names the kind of the lane that it is in, ``label``
        the label that has this lane for itself, unless the segment comes from there.
        """

    def edit(self) -> Edit | None:
        """What the gesture comes to when it ends here; None for nothing."""
        return None

    def _show(self, time_us: int) -> None:
        """Let the picture show what is at an edge."""
        self._state.set_scrubbing(True)
        self._state.request_seek(time_us)

    def _snapped(self, time_us: int, reach_us: int) -> int:
        return self._snap(time_us, reach_us) if reach_us else time_us


class TrimEdge(Gesture):
    """One edge of a segment goes where the pointer goes, and the picture shows its frame."""

    def __init__(self, state: ViewState, snap: Snapper, hit: Hit, grab_us: int) -> None:
        super().__init__(state, snap)
        self._hit = hit
        self._is_start = hit.part is Part.START
        self._ahead_us = (hit.onset_us if self._is_start else hit.offset_us) - grab_us

    def move(self, time_us: int, reach_us: int) -> None:
        hit = self._hit
        edge_us = self._snapped(time_us + self._ahead_us, reach_us)
        span = (hit.onset_us, hit.offset_us)
        if self._is_start:
            span = (min(edge_us, max(span[1] - SHORTEST_US, span[0])), span[1])
        else:
            span = (span[0], max(edge_us, min(span[0] + SHORTEST_US, span[1])))
        self.ghosts = (Ghost(hit.segment_id, hit.task, *span),)
        self._show(span[0] if self._is_start else span[1])

    def edit(self) -> Edit | None:
        if not self.ghosts:
            return None
        span = (self.ghosts[0].onset_us, self.ghosts[0].offset_us)
        if span == (self._hit.onset_us, self._hit.offset_us):
            return None
        return Reshape(self._hit.segment_id, *span)


class MoveSpans(Gesture):
    """Segments go along with the pointer, all by the same distance; one also to another lane.

    ``spans`` are (id, kind, onset, offset); the first one is under the pointer and snaps by
    either end.
    """

    def __init__(
        self,
        state: ViewState,
        snap: Snapper,
        spans: tuple[tuple[int, Task, int, int], ...],
        grab_us: int,
    ) -> None:
        super().__init__(state, snap)
        self._spans = spans
        self._grab_us = grab_us
        self._by_us = 0

    def move(self, time_us: int, reach_us: int) -> None:
        _id, _kind, onset_us, offset_us = self._spans[0]
        by_us = time_us - self._grab_us
        start_us = self._snapped(onset_us + by_us, reach_us)
        end_us = self._snapped(offset_us + by_us, reach_us)
        pulls = [p for p in (start_us - onset_us, end_us - offset_us) if p != by_us]
        # The end that is nearer to what it snaps to decides.
        by_us = min(pulls, key=lambda pull: abs(pull - by_us), default=by_us)
        self._by_us = max(by_us, self._state.media_start_us - min(s[2] for s in self._spans))
        self.ghosts = tuple(
            Ghost(i, self._kind_of(kind), start + self._by_us, end + self._by_us)
            for i, kind, start, end in self._spans
        )
        self._show(onset_us + self._by_us)

    def edit(self) -> Edit | None:
        if not self.ghosts:
            return None
        ids = tuple(span[0] for span in self._spans)
        edits: list[Edit] = []
        if self._by_us:
            edits.append(MoveSegments(ids, self._by_us))
        kind = self._kind_of(self._spans[0][1])
        if self.label and len(ids) == 1:
            edits.append(Relabel(ids, kind, self.label))
        elif kind is not self._spans[0][1]:
            edits.append(ChangeKind(ids, kind))
        if len(edits) > 1:
            return Together(f"Move to {self.label or kind.value.upper()}", tuple(edits))
        return edits[0] if edits else None

    def _kind_of(self, kind: Task) -> Task:
        """Several segments stay in their lanes: that they all should leave is never clear."""
        return self.lane if self.lane is not None and len(self._spans) == 1 else kind


class DragBoundary(Gesture):
    """The boundary that segments share goes where the pointer goes.

    ``ending`` and ``starting`` are (id, kind, onset, offset) of those on either side.
    """

    def __init__(
        self,
        state: ViewState,
        snap: Snapper,
        ending: tuple[tuple[int, Task, int, int], ...],
        starting: tuple[tuple[int, Task, int, int], ...],
        at_us: int,
    ) -> None:
        super().__init__(state, snap)
        self._ending, self._starting = ending, starting
        self._from_us = self._to_us = at_us
        self._least_us = max((span[2] + SHORTEST_US for span in ending), default=at_us)
        self._most_us = min((span[3] - SHORTEST_US for span in starting), default=at_us)

    def move(self, time_us: int, reach_us: int) -> None:
        edge_us = self._snapped(time_us, reach_us)
        self._to_us = min(max(edge_us, self._least_us), max(self._most_us, self._least_us))
        self.ghosts = tuple(
            [Ghost(s[0], s[1], s[2], self._to_us) for s in self._ending]
            + [Ghost(s[0], s[1], self._to_us, s[3]) for s in self._starting]
        )
        self._show(self._to_us)

    def edit(self) -> Edit | None:
        if not self.ghosts or self._to_us == self._from_us:
            return None
        ending, starting = ([s[0] for s in each] for each in (self._ending, self._starting))
        return MoveBoundary(tuple(ending), tuple(starting), self._to_us)


class DrawSpan(Gesture):
    """A new span from where the button went down to where the pointer is."""

    def __init__(self, state: ViewState, snap: Snapper, task: Task, anchor_us: int) -> None:
        super().__init__(state, snap)
        self._task = task
        self._anchor_us = anchor_us

    def move(self, time_us: int, reach_us: int) -> None:
        edge_us = self._snapped(time_us, reach_us)
        start_us, end_us = sorted((self._anchor_us, edge_us))
        self.ghosts = (Ghost(None, self._task, start_us, end_us),)
        self._show(edge_us)

    @property
    def span(self) -> tuple[int, int] | None:
        """What was drawn, where it is long enough to be meant."""
        ghost = self.ghosts[0] if self.ghosts else None
        if ghost is None or ghost.offset_us - ghost.onset_us < SHORTEST_US:
            return None
        return ghost.onset_us, ghost.offset_us


class SelectRect(Gesture):
    """A rectangle; ``select`` is told how it lies now, in (time, height) of both corners."""

    def __init__(
        self,
        state: ViewState,
        snap: Snapper,
        anchor: tuple[int, float],
        select: Callable[[tuple[int, float], tuple[int, float]], None],
    ) -> None:
        super().__init__(state, snap)
        self._select = select
        self.anchor = self.corner = anchor
        self.y_px = anchor[1]

    def move(self, time_us: int, reach_us: int) -> None:
        self.corner = (time_us, self.y_px)
        self._select(self.anchor, self.corner)
