"""Prompts answered from what is kept of a file: no decoding, no encoder, seldom the backbone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core_model.bundle import Bundle
from core_model.bundle_description import BundleError
from core_model.detection.feeds import DetectionCancelledError
from core_model.detection.run import by_onset, tasks_of, timed
from core_model.detection.windows import WindowPlan, WindowPoints, WindowScorer
from core_model.library import Library
from core_model.postprocess import DecodeConfig
from core_model.prompt_spec import PromptSpec, ScoreCurve
from core_model.prompting.kept import Extent, KeptFile
from core_model.prompting.scoring import Found, find, snippet_scores
from core_model.prompting.stream import ComparedStream, likeness
from core_model.prompting.texts import PromptRows, prompt_rows, will_load_text_model
from core_model.timeline import Detection, Task
from core_model.uniav.config import Classifier
from core_model.uniav.model import UniAV


@dataclass(frozen=True, slots=True)
class PromptUpdate:
    """What is known of one prompt: the whole list by onset and the curve over ``covered_us``."""

    spec: PromptSpec
    detections: tuple[Detection, ...]
    curve: ScoreCurve
    covered_us: tuple[int, int]
    done: bool


class Prompter:
    """Answers prompts with one bundle; for one thread, which may be another than that which
    encodes."""

    def __init__(
        self,
        bundle: Bundle,
        head: UniAV,
        scorer: WindowScorer,
        plan: WindowPlan,
        library: Library,
    ) -> None:
        self._bundle = bundle
        self._head = head
        self._scorer = scorer
        self._plan = plan
        self._library = library
        self._streams: tuple[KeptFile | None, dict[Task, ComparedStream]] = (None, {})

    def answer(
        self,
        file: KeptFile,
        extent: Extent,
        specs: Sequence[PromptSpec],
        visible_us: tuple[int, int] | None,
        cancelled: Callable[[], bool],
    ) -> Iterator[PromptUpdate]:
        """Updates of every prompt: first for ``visible_us``, then for all of ``extent``, which is
        ``done`` where it is the whole file.

        They end early once ``cancelled`` says True, which is asked at least every 100 ms.

        Raises:
            BundleError: the bundle has no such kind of events, or finds only its own labels.
            TextEncoderError: a new wording, and the text model is not installed.
        """
        prompts = [self._prompt(spec) for spec in specs]
        try:
            yield from self._pass(file, extent, prompts, visible_us, cancelled)
        except DetectionCancelledError:
            return

    def label_curves(
        self, file: KeptFile, keys: Sequence[tuple[Task, str]]
    ) -> dict[tuple[Task, str], ScoreCurve]:
        """How sure the model is of its own labels at each snippet, calibrated, in [0, 1].

        Only where it has looked already: of the windows from the first on that are kept, so that
        no backbone is asked. Others than the model's own labels have none.
        """
        curves: dict[tuple[Task, str], ScoreCurve] = {}
        known = self._bundle.description.tasks
        for task in dict.fromkeys(task for task, _ in keys):
            labels = [label for kind, label in keys if kind is task and task in known]
            asked = [
                self._prompt(PromptSpec(task, (label,)))
                for label in labels
                if label in known[task].labels
            ]
            windows = self._kept_windows(file, task)
            if not asked or not windows:
                continue
            end = windows[-1].first + windows[-1].count
            weight, probabilities = self._compared(file, task, asked, end)
            length = self._plan.length
            scores = snippet_scores(self._head, length, asked, windows, probabilities, weight)
            for prompt, column in zip(asked, scores.T, strict=True):
                curve = _score_curve(file, 0, self._bundle.calibrated(task, column))
                curves[task, prompt.spec.wordings[0]] = curve
        return curves

    def _kept_windows(self, file: KeptFile, task: Task) -> list[WindowPoints]:
        """The windows that follow each other from the first snippet on."""
        extent = file.extent
        kept = self._known(file, task, extent)
        windows: list[WindowPoints] = []
        for start, end in self._spans(extent):
            window = kept.get(start)
            if window is None or window.count != end - start:
                break
            windows.append(window)
        return windows

    def will_load_text_model(self, specs: Sequence[PromptSpec]) -> bool:
        """Whether :meth:`answer` has to read the text model first, which takes a while."""
        return will_load_text_model(self._bundle, specs)

    def _prompt(self, spec: PromptSpec) -> PromptRows:
        name = self._bundle.description.name
        if spec.task not in self._bundle.description.tasks:
            raise BundleError(f"{name}: has no task {spec.task}")
        config = self._head.config
        if config.classifier is not Classifier.TEXT or config.tasks[spec.task].class_aware:
            raise BundleError(f"{name}: finds only its own labels for {spec.task}")
        return prompt_rows(self._bundle, spec)

    def _pass(
        self,
        file: KeptFile,
        extent: Extent,
        prompts: Sequence[PromptRows],
        visible_us: tuple[int, int] | None,
        cancelled: Callable[[], bool],
    ) -> Iterator[PromptUpdate]:
        """All prompts over what is there: the visible windows, then all of them."""
        spans = self._spans(extent)
        shown = [span for span in spans if _touches(file, span, visible_us)]
        curves = {prompt.spec: self._curve(file, prompt.spec, extent.ready) for prompt in prompts}
        possible = set(tasks_of(file.info))
        for chosen in [shown, spans] if 0 < len(shown) < len(spans) else [spans]:
            is_last = chosen is spans and extent.done
            for task in dict.fromkeys(prompt.spec.task for prompt in prompts):
                asked = [prompt for prompt in prompts if prompt.spec.task is task]
                if task not in possible or not chosen:
                    for prompt in asked:
                        yield self._nothing(file, extent, prompt.spec, is_last)
                    continue
                windows = self._windows(file, task, chosen, extent, cancelled)
                found = self._find(file, task, asked, windows, extent.ready)
                _ask(cancelled)
                for prompt, each in zip(asked, found, strict=True):
                    curve = curves[prompt.spec]
                    yield self._update(file, extent, prompt.spec, windows, each, curve, is_last)

    def _spans(self, extent: Extent) -> list[tuple[int, int]]:
        """First snippet and end of the windows over what is ready; the last may be a look at one
        that is not complete yet."""
        spans: list[tuple[int, int]] = []
        for start in self._plan.starts(extent.count):
            end = min(start + self._plan.length, extent.count)
            if end > extent.ready:
                if extent.ready > (spans[-1][1] if spans else 0):
                    spans.append((start, extent.ready))
                break
            spans.append((start, end))
        return spans

    def _windows(
        self,
        file: KeptFile,
        task: Task,
        spans: Sequence[tuple[int, int]],
        extent: Extent,
        cancelled: Callable[[], bool],
    ) -> list[WindowPoints]:
        """The points of these windows, made where they are kept neither in memory nor on disk."""
        kept = self._known(file, task, extent)
        windows: list[WindowPoints] = []
        is_new = False
        for start, end in spans:
            window = kept.get(start)
            if window is None or window.count != end - start:
                _ask(cancelled)
                window = self._scorer.points(task, start, *file.features.part(start, end))
                is_new = True
                if end == min(start + self._plan.length, extent.count):
                    self._library.files.add(file, task, window)
            windows.append(window)
        if is_new and extent.done:
            media_hash = self._library.media_hash(file.info.path)
            whole = list(self._plan.spans(extent.count))
            self._library.store_points(media_hash, file, task, whole)
        return windows

    def _known(self, file: KeptFile, task: Task, extent: Extent) -> dict[int, WindowPoints]:
        """The windows that were made before, today or another day."""
        kept = file.points(task)
        if extent.done and any(start not in kept for start in self._plan.starts(extent.count)):
            self._library.recall_points(file, task)
            kept = file.points(task)
        return kept

    def _find(
        self,
        file: KeptFile,
        task: Task,
        prompts: Sequence[PromptRows],
        windows: Sequence[WindowPoints],
        ready: int,
    ) -> list[Found]:
        weight, probabilities = self._compared(file, task, prompts, ready)
        decoding = DecodeConfig.for_task(task, min_score=self._bundle.probability_floor(task))
        return find(
            self._head, self._plan.length, prompts, windows, probabilities, weight, decoding
        )

    def _compared(
        self, file: KeptFile, task: Task, prompts: Sequence[PromptRows], ready: int
    ) -> tuple[float, torch.Tensor | None]:
        """How much the likeness of snippets weighs, and how like they are to each row."""
        weight = self._bundle.description.tasks[task].similarity.weight
        if not weight:
            return weight, None
        rows = torch.cat([prompt.rows for prompt in prompts])
        return weight, self._stream(file, task).probabilities(rows, ready)

    def _curve(self, file: KeptFile, spec: PromptSpec, ready: int) -> np.ndarray | None:
        """How much each snippet is like the prompt, float32 (ready,) in [0, 1].

        None where snippets cannot be compared with words: those of an audio-visual prompt lie in
        two streams, and not every encoder has embeddings in the space of the text.
        """
        if spec.task not in tasks_of(file.info) or not self._comparable(spec.task):
            return None
        rows = prompt_rows(self._bundle, spec).rows
        return likeness(self._stream(file, spec.task).probabilities(rows, ready)).numpy()

    def _comparable(self, task: Task) -> bool:
        return self._bundle.description.tasks[task].similarity.weight > 0

    def _stream(self, file: KeptFile, task: Task) -> ComparedStream:
        if self._streams[0] is not file:
            self._streams = (file, {})
        streams = self._streams[1]
        if task not in streams:
            features = file.features
            streams[task] = ComparedStream(
                features.visual if task is Task.TAL else features.audio,
                self._bundle.reference(task),
                self._bundle.description.tasks[task].similarity.scale,
            )
        return streams[task]

    def _update(
        self,
        file: KeptFile,
        extent: Extent,
        spec: PromptSpec,
        windows: Sequence[WindowPoints],
        found: Found,
        curve: np.ndarray | None,
        done: bool,
    ) -> PromptUpdate:
        first, end = windows[0].first, windows[-1].first + windows[-1].count
        scores = self._bundle.calibrated(spec.task, found.segments.scores)
        detections = timed(
            file.info, spec.task, (spec.name,), found.segments, scores, extent.end_us
        )
        values = found.snippet_scores if curve is None else curve[first:end]
        grid = file.grid
        covered_us = (
            grid.origin_us + first * grid.stride_us,
            extent.end_us
            if end == extent.count
            else grid.origin_us + (end - 1) * grid.stride_us + grid.window_us,
        )
        return PromptUpdate(
            spec,
            tuple(sorted(detections, key=by_onset)),
            _score_curve(file, first, values),
            covered_us,
            done,
        )

    def _nothing(
        self, file: KeptFile, extent: Extent, spec: PromptSpec, done: bool
    ) -> PromptUpdate:
        """Of a prompt whose stream the file lacks, or of which nothing is encoded yet."""
        end_us = extent.end_us if done else file.info.start_us
        curve = _score_curve(file, 0, np.empty(0, np.float32))
        return PromptUpdate(spec, (), curve, (file.info.start_us, end_us), done)


def _score_curve(file: KeptFile, first: int, values: np.ndarray) -> ScoreCurve:
    values = np.ascontiguousarray(values, np.float32)
    values.setflags(write=False)
    return ScoreCurve(file.grid.centre_us(float(first)), file.grid.stride_us, values)


def _touches(file: KeptFile, span: tuple[int, int], visible_us: tuple[int, int] | None) -> bool:
    if visible_us is None:
        return False
    grid = file.grid
    begin_us = grid.origin_us + span[0] * grid.stride_us
    end_us = grid.origin_us + (span[1] - 1) * grid.stride_us + grid.window_us
    return begin_us < visible_us[1] and visible_us[0] < end_us


def _ask(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise DetectionCancelledError
