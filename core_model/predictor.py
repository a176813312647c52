"""The one door to the model: a media file in, events out, while it is still being read."""

from __future__ import annotations

import dataclasses
import functools
import logging
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core_model.bundle import Bundle, distinct_labels
from core_model.bundle_description import BundleError
from core_model.cache import EncodingCache, Encodings, content_hash
from core_model.detection.encoding import BlockEncoder, blank_picture, silence
from core_model.detection.feeds import DetectionCancelledError
from core_model.detection.run import DetectionRun, Features, tasks_of
from core_model.detection.windows import (
    MAX_PER_CLASS,
    MAX_PER_WINDOW,
    TaskPrompt,
    WindowPlan,
    WindowScorer,
)
from core_model.device import choose_device
from core_model.encoders.base import AudioEncoder, VisualEncoder
from core_model.media.probe import MediaInfo, probe
from core_model.postprocess import DecodeConfig
from core_model.timeline import US_PER_S, Detection, SnippetGrid, Task
from core_model.uniav.config import Classifier
from core_model.uniav.model import UniAV

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DetectionUpdate:
    """Where a detection stands.

    ``detections`` is the complete list so far, by onset. Media from ``start_us`` to ``analysed_us``
    has been looked at, of what ends at ``end_us``; ``times_real_time`` is how many seconds of it
    per second. ``done`` is True on the last update only.
    """

    detections: tuple[Detection, ...]
    analysed_us: int
    start_us: int
    end_us: int
    times_real_time: float
    from_cache: bool
    done: bool


class Predictor:
    """Finds events with one bundle on one device. Parts of the bundle are read when first used.

    Not for two threads at once.
    """

    def __init__(
        self, bundle: Bundle, device: str = "auto", cache: EncodingCache | None = None
    ) -> None:
        """``cache`` of None encodes every file afresh. Raises DeviceError."""
        self.bundle = bundle
        self.device = choose_device(device)
        self._cache = cache
        if self.device.torch_device.type == "cpu":
            _leave_room_for_decoding()

    def prepare(self) -> None:
        """Read the parts of the bundle that every file needs. Raises BundleError."""
        _ = self._head, self._visual_encoder, self._audio_encoder, self.bundle.encoder_ids

    def detect(
        self,
        media: Path | MediaInfo,
        *,
        tasks: Sequence[Task] | None = None,
        labels: Sequence[str] | None = None,
        threshold: float | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Generator[DetectionUpdate, None, None]:
        """Updates while the file is read; the last one is ``done``. Close it to stop early.

        ``media`` is a path or what was probed of it. Without ``tasks`` all that the bundle knows;
        tasks whose stream the file lacks find nothing. Without ``labels`` the bundle's own.
        Without ``threshold`` everything above the bundle's floor. ``cancelled`` is asked at least
        every 100 ms of work; once it says True the updates end without one that is ``done``.

        Raises:
            MediaError: the file cannot be read.
            BundleError: the bundle is damaged, or has no such task or label.
            TextEncoderError: a new label, and the text model is not installed.
        """
        began_s = time.monotonic()
        info = probe(media) if isinstance(media, Path) else media
        prompts = self._prompts(tasks, labels, info)
        updates = self._updates(info, prompts, cancelled, began_s)
        try:
            for update in updates:
                yield update if threshold is None else _above(update, threshold)
        except DetectionCancelledError:
            return

    def _updates(
        self,
        info: MediaInfo,
        prompts: tuple[TaskPrompt, ...],
        cancelled: Callable[[], bool],
        began_s: float,
    ) -> Iterator[DetectionUpdate]:
        if not prompts or not SnippetGrid(info.start_us).snippet_count(info.end_us):
            yield _update(info, (), 1, 1, info.end_us, began_s, False)
            return
        media_hash = self._hash(info.path)
        kept = self._kept(media_hash, info)
        if kept is not None:
            features = self._features(kept.visual, kept.audio)
            run = self._run(info, features, prompts, cancelled)
            for ready in self._cached_steps(kept.count):
                events = run.advance(ready, kept.count, kept.end_us)
                yield _update(info, events, ready, kept.count, kept.end_us, began_s, True)
            return
        encoder = BlockEncoder(info, self._visual_encoder, self._audio_encoder, self.device)
        features = self._features(encoder.visual, encoder.audio)
        run = self._run(info, features, prompts, cancelled)
        for ready in encoder.blocks(cancelled):
            if ready == encoder.count and self._cache and media_hash:
                self._cache.store(media_hash, self.bundle.encoder_ids, encoder.result())
            events = run.advance(ready, encoder.count, encoder.end_us)
            yield _update(info, events, ready, encoder.count, encoder.end_us, began_s, False)

    def _hash(self, path: Path) -> str | None:
        """The name of the content in the cache; None where nothing is kept of it."""
        if self._cache is None:
            return None
        try:
            return content_hash(path)
        except OSError as error:
            # Whether the file can be played is for the decoders to say.
            logger.warning("%s is not looked up in the cache: %s", path.name, error)
            return None

    def _kept(self, media_hash: str | None, info: MediaInfo) -> Encodings | None:
        """Encodings from the cache, if they are of the streams that can be read now."""
        if self._cache is None or media_hash is None:
            return None
        kept = self._cache.load(media_hash, self.bundle.encoder_ids, SnippetGrid(info.start_us))
        if kept is None:
            return None
        same_streams = (kept.visual is None) == (info.video is None) and (kept.audio is None) == (
            info.audio is None
        )
        return kept if same_streams else None

    def _cached_steps(self, count: int) -> Iterator[int]:
        """Ready snippets after each complete window."""
        plan = self._plan
        for start in plan.starts(count):
            yield min(start + plan.length, count)

    def _run(
        self,
        info: MediaInfo,
        features: Features,
        prompts: tuple[TaskPrompt, ...],
        cancelled: Callable[[], bool],
    ) -> DetectionRun:
        scorer = WindowScorer(self._head, self._plan.length, self.device.torch_device)
        return DetectionRun(
            info, features, prompts, scorer, self._plan, self.bundle.calibrated, cancelled
        )

    def _features(self, visual: np.ndarray | None, audio: np.ndarray | None) -> Features:
        return Features(
            self._blank_picture if visual is None else visual,
            self._silence if audio is None else audio,
        )

    def _prompts(
        self, tasks: Sequence[Task] | None, labels: Sequence[str] | None, info: MediaInfo
    ) -> tuple[TaskPrompt, ...]:
        known = self.bundle.description.tasks
        for task in tasks or ():
            if task not in known:
                raise BundleError(f"{self.bundle.description.name}: has no task {task}")
        wanted = [task for task in known if tasks is None or task in tasks]
        possible = tasks_of(info)
        return tuple(self._prompt(task, labels) for task in wanted if task in possible)

    def _prompt(self, task: Task, labels: Sequence[str] | None) -> TaskPrompt:
        own = self.bundle.description.tasks[task].labels
        config = self._head.config
        closed = config.classifier is not Classifier.TEXT or config.tasks[task].class_aware
        names = own if labels is None else distinct_labels(labels)
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
    def _head(self) -> UniAV:
        return self.bundle.head(self.device.torch_device)

    @functools.cached_property
    def _visual_encoder(self) -> VisualEncoder:
        return self.bundle.visual_encoder(self.device.torch_device)

    @functools.cached_property
    def _audio_encoder(self) -> AudioEncoder:
        return self.bundle.audio_encoder(self.device.torch_device)

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


def _above(update: DetectionUpdate, threshold: float) -> DetectionUpdate:
    kept = tuple(found for found in update.detections if found.score >= threshold)
    return dataclasses.replace(update, detections=kept)


def _update(
    info: MediaInfo,
    detections: tuple[Detection, ...],
    ready: int,
    count: int,
    end_us: int,
    began_s: float,
    from_cache: bool,
) -> DetectionUpdate:
    grid = SnippetGrid(info.start_us)
    done = ready == count
    covered_us = info.start_us + (ready - 1) * grid.stride_us + grid.window_us
    analysed_us = end_us if done else min(covered_us, end_us)
    elapsed_s = max(time.monotonic() - began_s, 1e-6)
    speed = (analysed_us - info.start_us) / US_PER_S / elapsed_s
    return DetectionUpdate(detections, analysed_us, info.start_us, end_us, speed, from_cache, done)
