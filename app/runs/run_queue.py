"""Finds events in many videos of the project, one after the other, behind everything else.

What is found takes the same way as the finds of the open video: :class:`ApplyRun`, which touches
no human work. What waits is remembered by the project, so that a restart goes on with it; the
video that was at work then begins again. Detection of the open video always comes first: the
worker stands still meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs.patient_runner import PatientRunner
from app.jobs.requests import (
    DetectFailure,
    DetectProgress,
    DetectResponse,
    ModelReady,
    ModelReplaced,
)
from app.player.time_code import time_left
from app.project.document import Document
from app.project.edits import ApplyRun
from app.project.errors import ProjectError
from app.project.project import Project
from app.project.project_session import ProjectSession
from app.runs.waiting import Waiting
from core_model.timeline import US_PER_S

VIEW = "run_queue"
MISSING = "the file is missing"
# How much a new measurement of the speed counts beside those before it.
SPEED_SHARE = 0.2


class RunQueue(QObject):
    """``changed``: what waits, or how far it is. ``noticed(line)``: worth showing.

    ``bundle`` says which model to take, None for the starter. Call :meth:`shutdown` at the end.
    """

    changed = Signal()
    noticed = Signal(str)

    def __init__(
        self,
        projects: ProjectSession,
        bundle: Callable[[], Path | None],
        parent: QObject,
        runner: PatientRunner | None = None,
    ) -> None:
        super().__init__(parent)
        self._projects = projects
        self._bundle = bundle
        self._runner = runner or PatientRunner(self)
        self._runner.responded.connect(self._on_response)
        self._project: Project | None = None
        self._waiting = Waiting()
        self._open_id: int | None = None
        self._is_urgent_work = False
        self._is_down = False
        self._at_work: int | None = None
        self._model = ""
        self._part_done = 0.0
        self._speed = 0.0
        self._last: tuple[float, int] | None = None
        projects.project_changed.connect(self._on_project)
        projects.videos_changed.connect(self._on_videos)
        projects.writable_changed.connect(self._on_writable)

    @property
    def waiting(self) -> Waiting:
        """What waits and what failed."""
        return self._waiting

    @property
    def at_work(self) -> int | None:
        """The id of the video in which events are being found, held or not."""
        return self._at_work

    @property
    def open_id(self) -> int | None:
        """The video that is open."""
        return self._open_id

    @property
    def is_standing(self) -> bool:
        """Whether it has to stand still: paused, or the open video is looked at."""
        return self._is_down or self._waiting.is_paused or self._is_urgent_work

    @property
    def part_done(self) -> float:
        """Of all that there were since the queue was last empty, in [0, 1]."""
        total = self._waiting.total
        return (self._waiting.finished + self._part_done) / total if total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """For everything, at the speed so far; None while that is not known."""
        document = self._projects.document
        if self._speed <= 0 or document is None:
            return None
        left_us = 0.0
        for video_id in self._waiting.order:
            length_us = _length_us(document, video_id)
            left_us += length_us * (1 - self._part_done if video_id == self._at_work else 1)
        return left_us / US_PER_S / self._speed

    def texts(self) -> dict[int, str]:
        """How it stands with each video that waits or failed, in a few words."""
        texts = {
            each: f"no events found: {reason}" for each, reason in self._waiting.failed.items()
        }
        waiting = [each for each in self.order if each != self._at_work]
        for place, each in enumerate(waiting):
            texts[each] = f"{place + 1} in the queue" if place else "next in the queue"
        if self._at_work is not None:
            texts[self._at_work] = self._text_of_work()
        return texts

    @property
    def order(self) -> tuple[int, ...]:
        """The videos as they come: the one at work, the open one, the others."""
        order = list(self._waiting.order)
        order.sort(key=lambda each: (each != self._at_work, each != self._open_id))
        return tuple(order)

    def add(self, ids: Iterable[int]) -> int:
        """Find events in these, after what waits already; returns how many are new."""
        if self._project is None or not self._projects.is_writable:
            self.noticed.emit("Only a project that can be written takes what is found.")
            return 0
        before = self._waiting
        after = before.with_added(ids)
        if not before.order and after.order:
            # One for all of them: the runs of a series make none.
            self._projects.back_up("detection")
        self._set(after)
        return len(after.order) - len(before.order)

    def raise_first(self, ids: Collection[int]) -> None:
        """Let these come next, after what is at work."""
        self._set(self._waiting.with_first(ids))

    def move(self, ids: Collection[int], before: int | None) -> None:
        """Let these come before another one, None for the end. What is at work goes on."""
        self._set(replace(self._waiting, order=self.order).with_moved(ids, before))

    def drop(self, ids: Collection[int]) -> None:
        """Leave these out."""
        if self._at_work in ids:
            self._stop()
        self._set(self._waiting.without(ids))

    def clear(self) -> None:
        """Leave everything out."""
        self.drop((*self._waiting.order, *self._waiting.failed))

    def pause(self, on: bool) -> None:
        """Stand still until further notice, also after a restart, or go on."""
        self._set(replace(self._waiting, is_paused=on))

    def set_open(self, video_id: int | None) -> None:
        """Say which video is open: it comes first if it waits."""
        self._open_id = video_id
        self._go_on()

    def set_urgent_work(self, on: bool) -> None:
        """Say whether the open video is being looked at by somebody else."""
        self._is_urgent_work = on
        if on and self._at_work is not None and self._at_work == self._open_id:
            # It is being done there, and shown while it is.
            self._stop()
        self._go_on()

    def shutdown(self, patience_s: float | None = None) -> bool:
        """Stop, and join the thread; False if it still runs after ``patience_s``."""
        self.stop()
        return self._runner.shutdown(patience_s)

    def stop(self) -> None:
        """Take no more work and let the thread end by itself; what waits stays remembered."""
        self._stop()
        self._is_down = True
        self._runner.stop()

    def done_elsewhere(self, video_id: int) -> None:
        """The events of a video were found without the queue."""
        if video_id in self._waiting.order:
            self._set(self._waiting.with_finished(video_id))

    # --- work --------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Hold or begin whatever has to be now."""
        self._runner.hold(self.is_standing)
        self._last = None
        if self._at_work is None and not self.is_standing and self._projects.is_writable:
            self._begin()
        self.changed.emit()

    def _begin(self) -> None:
        project = self._projects.project
        while project is not None and (wanted := self._waiting.next(self._open_id)) is not None:
            if wanted not in project.document.videos:
                # It has just gone, and others hear of that first.
                return
            place = _located(project, wanted)
            if place is not None:
                self._at_work, self._part_done = wanted, 0.0
                self._runner.set_bundle(self._bundle())
                self._runner.detect(place)
                return
            self._remember(self._waiting.with_failed(wanted, MISSING))

    def _stop(self) -> None:
        self._runner.cancel()
        self._at_work, self._part_done = None, 0.0

    def _on_response(self, response: DetectResponse) -> None:
        video_id = self._at_work
        if video_id is None:
            return
        if isinstance(response, ModelReady):
            self._model = response.model
        elif isinstance(response, ModelReplaced):
            self.noticed.emit(f"{response.reason}. The model that comes along is used.")
        elif isinstance(response, DetectFailure):
            self._stop()
            self._set(self._waiting.with_failed(video_id, response.reason))
        elif response.done:
            self._stop()
            self._apply(video_id, response)
            self._set(self._waiting.with_finished(video_id))
        else:
            self._measure(response)
            self.changed.emit()

    def _apply(self, video_id: int, progress: DetectProgress) -> None:
        name, _, version = self._model.rpartition(" ")
        found = progress.detections
        run = ApplyRun(video_id, name or version, version if name else "", found, in_series=True)
        self._projects.perform(run)

    def _measure(self, progress: DetectProgress) -> None:
        """The speed between two updates: what was held meanwhile is not counted."""
        self._part_done = progress.part_done
        now_s, analysed_us = time.monotonic(), progress.analysed_us
        if self._last is not None and not progress.from_cache:
            passed_s = max(now_s - self._last[0], 1e-6)
            speed = (analysed_us - self._last[1]) / US_PER_S / passed_s
            share = SPEED_SHARE if self._speed else 1.0
            self._speed += share * (speed - self._speed)
        self._last = (now_s, analysed_us)

    def _text_of_work(self) -> str:
        done = f"{self._part_done * 100:.0f} %"
        if self._waiting.is_paused:
            return f"{done}, paused"
        if self._is_urgent_work:
            return f"{done}, waiting"
        document = self._projects.document
        if self._speed <= 0 or document is None or self._at_work is None:
            return done
        length_us = _length_us(document, self._at_work)
        left_s = length_us * (1 - self._part_done) / US_PER_S / self._speed
        return f"{done} · {time_left(left_s)} left"

    # --- what is remembered ------------------------------------------------------------------

    def _set(self, waiting: Waiting) -> None:
        self._remember(waiting)
        self._go_on()

    def _remember(self, waiting: Waiting) -> None:
        if waiting != self._waiting:
            self._waiting = waiting
            self._projects.remember_view(VIEW, waiting.to_json())

    def _on_project(self) -> None:
        project = self._projects.project
        if project is not self._project:
            self._stop()
            self._project = project
            self._open_id, self._speed = None, 0.0
            known = () if project is None else project.document.videos.keys()
            self._waiting = Waiting.from_json(None if project is None else project.view(VIEW), known)
        self._go_on()

    def _on_videos(self, _ids: object) -> None:
        document = self._projects.document
        known = () if document is None else document.videos.keys()
        gone = [each for each in self._waiting.order if each not in known]
        if gone:
            self.drop(gone)

    def _on_writable(self, _is_writable: bool) -> None:
        self._go_on()


def _located(project: Project, video_id: int) -> Path | None:
    try:
        return project.locate(video_id)
    except ProjectError:
        return None


def _length_us(document: Document, video_id: int) -> int:
    """0 where it is not known, or the video has just gone and others hear of that first."""
    video = document.videos.get(video_id)
    return 0 if video is None else video.duration_us or 0
