"""The one door to the model: a media file in, events out, while it is still being read."""

from __future__ import annotations

import dataclasses
import functools
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core_model.bundle import Bundle, distinct_labels
from core_model.bundle_description import BundleError
from core_model.cache import EncodingCache, Encodings
from core_model.detection.encoding import BlockEncoder, blank_picture, silence
from core_model.detection.feeds import DetectionCancelledError
from core_model.detection.run import DetectionRun, Features, tasks_of
from core_model.detection.updates import DetectionUpdate, within
from core_model.detection.windows import (
    MAX_PER_CLASS,
    MAX_PER_WINDOW,
    TaskPrompt,
    WindowPlan,
    WindowScorer,
)
from core_model.device import choose_device
from core_model.encoders.base import AudioEncoder, VisualEncoder
from core_model.library import Library
from core_model.media.probe import MediaInfo, probe
from core_model.point_shelf import PointShelf
from core_model.postprocess import DecodeConfig
from core_model.prompting.kept import Extent, KeptFile
from core_model.prompting.prompter import Prompter
from core_model.prompting.why import Explainer
from core_model.search.corpus import CorpusSearch
from core_model.timeline import SnippetGrid, Task
from core_model.uniav.config import Classifier
from core_model.uniav.model import UniAV


@dataclass(frozen=True, slots=True)
class Work:
    """How often the costly parts were used, all in all."""

    encoder_calls: int
    backbone_calls: int


class Predictor:
    """Finds events with one bundle on one device. Parts of the bundle are read when first used.

    Not for two threads at once, but once it is prepared a second thread may ask for
    :meth:`kept_file` and use :attr:`prompter`, :attr:`explainer` and :attr:`corpus`.
    """

    def __init__(
        self, bundle: Bundle, device: str = "auto", cache: EncodingCache | None = None
    ) -> None:
        """``cache`` of None encodes every file afresh. Raises DeviceError."""
        self.bundle = bundle
        self.device = choose_device(device)
        self._cache = cache
        self._encoder_calls = 0
        if self.device.torch_device.type == "cpu":
            _leave_room_for_decoding()

    @property
    def work(self) -> Work:
        """What has been done so far."""
        return Work(self._encoder_calls, self._scorer.backbone_calls)

    def prepare(self) -> None:
        """Read the parts of the bundle that every file needs. Raises BundleError."""
        _ = self._visual_encoder, self._audio_encoder, self.library, self.prompter, self.explainer

    def detect(
        self,
        media: Path | MediaInfo,
        *,
        tasks: Sequence[Task] | None = None,
        labels: Sequence[str] | None = None,
        beside: bool = False,
        threshold: float | None = None,
        span_us: tuple[int, int] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Generator[DetectionUpdate, None, None]:
        """Updates while the file is read; the last one is ``done``. Close it to stop early.

        ``media`` is a path or what was probed of it. Without ``tasks`` all that the bundle knows;
        tasks whose stream the file lacks find nothing. Without ``labels`` the bundle's own, which
        are also looked for if the others are to stand ``beside`` them.
        Without ``threshold`` everything above the bundle's floor. With a ``span_us`` only that
        stretch is read and looked at, and nothing beyond it is known. ``cancelled`` is asked at
        least every 100 ms of work; once it says True the updates end without one that is ``done``.

        Raises:
            MediaError: the file cannot be read, or has nothing in ``span_us``.
            BundleError: the bundle is damaged, or has no such task or label.
            TextEncoderError: a new label, and the text model is not installed.
        """
        began_s = time.monotonic()
        info = probe(media) if isinstance(media, Path) else media
        prompts = self._prompts(tasks, labels, beside, info)
        part = info if span_us is None else within(info, span_us)
        updates = self._updates(info, part, prompts, cancelled, began_s)
        try:
            for update in updates:
                yield update if threshold is None else update.above(threshold)
        except DetectionCancelledError:
            return

    def encode(
        self, media: Path | MediaInfo, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Generator[DetectionUpdate, None, None]:
        """Like :meth:`detect`, but looks for nothing: afterwards the file is encoded."""
        began_s = time.monotonic()
        info = probe(media) if isinstance(media, Path) else media
        try:
            yield from self._updates(info, info, None, cancelled, began_s)
        except DetectionCancelledError:
            return

    def kept_file(self, path: Path) -> KeptFile | None:
        """What is encoded of a file, which may still grow; None where nothing is.

        From memory or from the cache; the file is not decoded. Raises MediaError.
        """
        file = self.library.kept(path)
        if file is not None and (file.is_growing or file.extent.done):
            return file
        info = probe(path)
        if not SnippetGrid(info.start_us).snippet_count(info.end_us):
            return KeptFile(info, self._features(None, None), Extent(0, 0, info.end_us))
        kept = self.library.load(self.library.media_hash(path), info)
        return None if kept is None else self._file(info, kept, keep=True)

    def _updates(
        self,
        info: MediaInfo,
        part: MediaInfo,
        prompts: tuple[TaskPrompt, ...] | None,
        cancelled: Callable[[], bool],
        began_s: float,
    ) -> Iterator[DetectionUpdate]:
        """``part`` is the file itself or a stretch of it; ``prompts`` of None: only encode."""
        if prompts == () or not SnippetGrid(part.start_us).snippet_count(part.end_us):
            yield DetectionUpdate.of(part, (), (1, 1), part.end_us, began_s, from_cache=False)
            return
        media_hash = self.library.media_hash(info.path)
        kept = self.library.load(media_hash, info)
        if kept is not None:
            known = (media_hash, kept)
            yield from self._updates_of_kept(known, info, part, prompts, cancelled, began_s)
            return
        encoder = BlockEncoder(part, self._visual_encoder, self._audio_encoder, self.device)
        file = KeptFile(
            part,
            self._features(encoder.visual, encoder.audio),
            Extent(0, encoder.count, encoder.end_us),
        )
        if part is info:
            file = self.library.keep(file)
        run = self._run(file, prompts, cancelled)
        try:
            for ready in encoder.blocks(cancelled):
                file.grow(Extent(ready, encoder.count, encoder.end_us))
                if ready == encoder.count and part is info:
                    self.library.store(media_hash, encoder.result())
                events = run.advance(ready, encoder.count, encoder.end_us)
                if ready == encoder.count and part is info:
                    self._store_points(media_hash, file, prompts)
                yield DetectionUpdate.of(
                    part, events, (ready, encoder.count), encoder.end_us, began_s, from_cache=False
                )
        finally:
            self._encoder_calls += encoder.calls
            file.abandon()

    def _updates_of_kept(
        self,
        known: tuple[str | None, Encodings],
        info: MediaInfo,
        part: MediaInfo,
        prompts: tuple[TaskPrompt, ...] | None,
        cancelled: Callable[[], bool],
        began_s: float,
    ) -> Iterator[DetectionUpdate]:
        """Like :meth:`_updates` of what is ``known`` of a content: its name and its encodings."""
        media_hash, kept = known
        if part is not info:
            if part.start_us >= kept.end_us:
                yield DetectionUpdate.of(part, (), (1, 1), part.start_us, began_s, from_cache=True)
                return
            # The file may have ended before its header says, and before the stretch does.
            there = dataclasses.replace(info, end_us=kept.end_us)
            part = within(there, (part.start_us, part.end_us))
            kept = kept.part(SnippetGrid(part.start_us), part.end_us)
        file = self._file(part, kept, keep=part is info)
        run = self._run(file, prompts, cancelled)
        for ready in self._cached_steps(kept.count):
            events = run.advance(ready, kept.count, kept.end_us)
            if ready == kept.count and part is info:
                self._store_points(media_hash, file, prompts)
            yield DetectionUpdate.of(
                part, events, (ready, kept.count), kept.end_us, began_s, from_cache=True
            )

    def _store_points(
        self, media_hash: str | None, file: KeptFile, prompts: tuple[TaskPrompt, ...] | None
    ) -> None:
        """What the backbone made of a whole file is not to be made again."""
        spans = list(self._plan.spans(file.extent.count))
        for prompt in prompts or ():
            self.library.store_points(media_hash, file, prompt.task, spans)

    def _file(self, info: MediaInfo, kept: Encodings, *, keep: bool) -> KeptFile:
        """A file that is encoded, also kept in memory if asked to."""
        extent = Extent(kept.count, kept.count, kept.end_us)
        file = KeptFile(info, self._features(kept.visual, kept.audio), extent)
        return self.library.keep(file) if keep else file

    def _cached_steps(self, count: int) -> Iterator[int]:
        """Ready snippets after each complete window."""
        plan = self._plan
        for start in plan.starts(count):
            yield min(start + plan.length, count)

    def _run(
        self, file: KeptFile, prompts: tuple[TaskPrompt, ...] | None, cancelled: Callable[[], bool]
    ) -> DetectionRun:
        return DetectionRun(
            file.info,
            file.features,
            prompts or (),
            self._scorer,
            self._plan,
            self.bundle.calibrated,
            cancelled,
            functools.partial(self.library.files.add, file),
        )

    def _features(self, visual: np.ndarray | None, audio: np.ndarray | None) -> Features:
        return Features(
            self._blank_picture if visual is None else visual,
            self._silence if audio is None else audio,
        )

    def _prompts(
        self,
        tasks: Sequence[Task] | None,
        labels: Sequence[str] | None,
        beside: bool,
        info: MediaInfo,
    ) -> tuple[TaskPrompt, ...]:
        known = self.bundle.description.tasks
        for task in tasks or ():
            if task not in known:
                raise BundleError(f"{self.bundle.description.name}: has no task {task}")
        wanted = [task for task in known if tasks is None or task in tasks]
        possible = tasks_of(info)
        return tuple(self._prompt(task, labels, beside) for task in wanted if task in possible)

    def _prompt(self, task: Task, labels: Sequence[str] | None, beside: bool) -> TaskPrompt:
        own = self.bundle.description.tasks[task].labels
        config = self._head.config
        closed = config.classifier is not Classifier.TEXT or config.tasks[task].class_aware
        names = own if labels is None else distinct_labels((*(own if beside else ()), *labels))
        if closed and names != own:
            raise BundleError(
                f"{self.bundle.description.name}: finds only its own labels for {task}"
            )
        text = self.bundle.text_embeddings(task, names).to(self.device.torch_device)
        decoding = DecodeConfig.for_task(
            task,
            min_score=self.bundle.probability_floor(task),
            max_per_class=MAX_PER_CLASS,
            max_per_video=MAX_PER_WINDOW,
        )
        reference = self.bundle.reference(task).to(self.device.torch_device)
        similarity = self.bundle.description.tasks[task].similarity
        return TaskPrompt(task, names, text, decoding, similarity, reference)

    @property
    def _plan(self) -> WindowPlan:
        return WindowPlan(self.bundle.description.window, self.bundle.description.hop)

    @functools.cached_property
    def library(self) -> Library:
        """What has been encoded. Raises BundleError where an encoder's file cannot be read."""
        if self._cache is None:
            return Library(None, self.bundle.encoder_ids)
        plan = self._plan
        points = PointShelf(self._cache, self.bundle.head_id, plan.length, plan.hop)
        return Library(self._cache, self.bundle.encoder_ids, points)

    @functools.cached_property
    def prompter(self) -> Prompter:
        """Answers prompts about files that :meth:`kept_file` gave; for one thread."""
        return Prompter(self.bundle, self._head, self._scorer, self._plan, self.library)

    @functools.cached_property
    def explainer(self) -> Explainer:
        """Says how detections in files that :meth:`kept_file` gave came about; for one thread."""
        missing = Features(self._blank_picture, self._silence)
        return Explainer(self.bundle, self._head, self._scorer, self._plan, missing)

    @functools.cached_property
    def corpus(self) -> CorpusSearch:
        """Searches what is in the cache; for one thread. Raises BundleError without a cache."""
        if self._cache is None:
            raise BundleError("search: encodings are not kept, so there is nothing to search")
        return CorpusSearch(self.bundle, self._cache)

    @functools.cached_property
    def _scorer(self) -> WindowScorer:
        return WindowScorer(self._head, self._plan.length, self.device.torch_device)

    @functools.cached_property
    def _head(self) -> UniAV:
        return self.bundle.head(self.device.torch_device)

    @functools.cached_property
    def _visual_encoder(self) -> VisualEncoder:
        encoder = self.bundle.visual_encoder(self.device.torch_device)
        self._demand_width(encoder.dim, self._head.config.visual_dim)
        return encoder

    @functools.cached_property
    def _audio_encoder(self) -> AudioEncoder:
        encoder = self.bundle.audio_encoder(self.device.torch_device)
        self._demand_width(encoder.dim, self._head.config.audio_dim)
        return encoder

    def _demand_width(self, width: int, taken: int) -> None:
        if width != taken:
            path = self.bundle.folder / self.bundle.description.head
            raise BundleError(f"{path}: takes embeddings of {taken}, the encoder gives {width}")

    @functools.cached_property
    def _blank_picture(self) -> np.ndarray:
        return blank_picture(self._visual_encoder, self.device)

    @functools.cached_property
    def _silence(self) -> np.ndarray:
        return silence(self._audio_encoder, self.device)


def _leave_room_for_decoding() -> None:
    """Half of the cores for the networks, the others for the decoders that feed them: with more,
    torch's threads wait for each other while a decoder holds a core."""
    torch.set_num_threads(max(1, min(torch.get_num_threads(), (os.cpu_count() or 2) // 2)))
