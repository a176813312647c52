"""Windows of the stretches that are learned from, drawn so that what was decided is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core_model.timeline import Task
from core_model.uniav.points import Points, level_lengths, make_points
from training.corrections.data import Decision
from training.corrections.encoded import EncodedStretch
from training.corrections.knowledge import Knowledge, Marks, Vocabulary, knowledge_of

# The share of windows that are drawn around something decided; the others lie anywhere.
DECIDED_SHARE = 0.7
START_STEP = 8


@dataclass(frozen=True, slots=True)
class Window:
    """``count`` snippets from ``start`` of a stretch (by its number) on."""

    stretch: int
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class WindowBatch:
    """Windows as tensors (batch, length, dim), padded behind where a stretch is shorter;
    ``knowledge`` is None for a task without corrections."""

    task: Task
    windows: tuple[Window, ...]
    visual: Tensor
    audio: Tensor
    mask: Tensor
    knowledge: Knowledge | None


class WindowSource:
    """Draws batches of windows of ``length`` snippets; the same ones for the same seed.

    ``random`` is what it draws with.
    """

    def __init__(
        self,
        stretches: Sequence[EncodedStretch],
        vocabularies: Mapping[Task, Vocabulary],
        length: int,
        levels: int,
        absent_elsewhere: float,
        seed: int,
    ) -> None:
        self.stretches = stretches
        self._vocabularies = vocabularies
        self._length = length
        self._absent_elsewhere = absent_elsewhere
        self._points = make_points(level_lengths(length, levels))
        self.random = np.random.default_rng(seed)
        self._marks = {
            task: [Marks.of(stretch, vocabulary) for stretch in stretches]
            for task, vocabulary in vocabularies.items()
        }
        self._decided = {task: self._by_label(task) for task in vocabularies}
        self._known: dict[tuple[Task, Window], Knowledge] = {}
        self._snippets = np.array([stretch.count for stretch in stretches], float)

    @property
    def points(self) -> Points:
        """The points of a window."""
        return self._points

    def names(self, batch: WindowBatch) -> str:
        """The videos of a batch, for a message."""
        found = dict.fromkeys(self.stretches[w.stretch].encoded.name for w in batch.windows)
        return ", ".join(found)

    def draw(self, task: Task, size: int) -> WindowBatch:
        """A batch for a task: mostly windows around something decided, each label as often."""
        return self.batch(task, [self._window(task) for _ in range(size)])

    def batch(self, task: Task, windows: Sequence[Window]) -> WindowBatch:
        """These windows with what is known of them."""
        streams: list[list[Tensor]] = [[], []]
        for window in windows:
            parts = self.stretches[window.stretch].features(window.start, window.count)
            for stream, part in zip(streams, parts, strict=True):
                stream.append(self._padded(part))
        counts = torch.tensor([window.count for window in windows])
        mask = torch.arange(self._length) < counts[:, None]
        known = None
        if task in self._vocabularies:
            known = Knowledge.stacked([self._knowledge(task, window) for window in windows])
        return WindowBatch(
            task, tuple(windows), torch.stack(streams[0]), torch.stack(streams[1]), mask, known
        )

    def _knowledge(self, task: Task, window: Window) -> Knowledge:
        if (found := self._known.get((task, window))) is not None:
            return found
        stretch = self.stretches[window.stretch]
        found = self._known[task, window] = knowledge_of(
            self._points,
            self._marks[task][window.stretch],
            self._vocabularies[task],
            window.start,
            self._length,
            is_done=stretch.stretch.video.is_done,
            absent_elsewhere=self._absent_elsewhere,
        )
        return found

    def _padded(self, part: np.ndarray) -> Tensor:
        rows = torch.zeros(self._length, part.shape[1])
        rows[: len(part)] = torch.from_numpy(part.astype(np.float32))
        return rows

    def _window(self, task: Task) -> Window:
        draw, by_label = self.random, self._decided.get(task)
        if by_label and draw.random() < DECIDED_SHARE:
            places = by_label[draw.integers(len(by_label))]
            stretch, onset, offset = places[draw.integers(len(places))]
            count = min(self._length, self.stretches[stretch].count)
            # Any start from which at least the middle is seen.
            middle = (onset + offset) / 2
            low = max(0, int(middle) - count + 1)
            high = min(self.stretches[stretch].count - count, int(middle))
            return Window(stretch, self._near(int(draw.integers(low, max(low, high) + 1))), count)
        stretch = int(draw.choice(len(self.stretches), p=self._snippets / self._snippets.sum()))
        count = min(self._length, self.stretches[stretch].count)
        start = int(draw.integers(self.stretches[stretch].count - count + 1))
        return Window(stretch, self._near(start), count)

    @staticmethod
    def _near(start: int) -> int:
        """Starts are a few cells apart, so that the same windows come again and what a frozen
        backbone makes of them can be kept."""
        return start // START_STEP * START_STEP

    def _by_label(self, task: Task) -> list[list[tuple[int, float, float]]]:
        """Where each label was decided upon, so that rare labels are drawn as often."""
        found: dict[str, list[tuple[int, float, float]]] = {}
        for number, stretch in enumerate(self.stretches):
            for each in stretch.segments:
                if each.kind is task and each.decision is not Decision.OPEN:
                    found.setdefault(each.label, []).append((number, *stretch.span(each)))
        return list(found.values())
