"""A whole training on corrections: from a project's decided segments to a new bundle.

The bundle that it starts from is only read. Nothing appears under the name of the new one before
it is complete. Encodings are kept in the cache, and the state of the training in a file: one that
was cut off goes on from there, as long as the corrections are the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import torch

from core_model.bundle import Bundle
from core_model.bundle_description import BundleError
from core_model.cache import EncodingCache
from core_model.device import Device, DeviceError, choose_device
from core_model.encoders.minilm import TextEncoderError
from core_model.media.errors import MediaError, printable
from core_model.provenance import PROVENANCE_FILE, LabelMetrics, Provenance
from training.corrections.data import TrainingData, TrainingVideo
from training.corrections.encode import MediaEncoder
from training.corrections.encoded import EncodedVideo
from training.corrections.events import (
    ComparedLabel,
    Encoding,
    KeptDetections,
    Remark,
    TrainingDone,
    TrainingEvent,
    TrainingFailed,
)
from training.corrections.learner import Learner
from training.corrections.learner_state import StateFile
from training.corrections.measure import compare, kept_detections
from training.corrections.open_model import OpenModel
from training.corrections.plan import Prepared, prepare
from training.corrections.split import Stretch
from training.corrections.thresholds import label_thresholds
from training.corrections.unfinished import default_state_file, fingerprint, forget_state
from training.corrections.written import (
    demand_free,
    explained,
    in_the_making,
    part_folder,
    put_in_place,
    write_model,
)
from training.errors import TrainingError

# What a training that is killed loses at most.
KEEP_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What to train, from which bundle, and where the new one goes (nothing may be there).

    ``threads`` bounds the processor's cores that the networks take; None leaves it to torch.
    ``state_file`` keeps how far it is; None for a hidden file beside the new bundle.
    """

    data: TrainingData
    init: Path
    out: Path
    seed: int = 0
    device: str = "auto"
    threads: int | None = None
    state_file: Path | None = None


def training_events(
    request: TrainingRequest, cache: EncodingCache | None
) -> Generator[TrainingEvent]:
    """Train; the last event is ``TrainingDone`` or ``TrainingFailed``. Close it to stop early:
    only the state is left behind then, so that the next one goes on."""
    try:
        yield from _Run(request, cache).events()
    except (TrainingError, BundleError, DeviceError, MediaError, TextEncoderError) as error:
        yield TrainingFailed(printable(str(error)))


class _Run:
    def __init__(self, request: TrainingRequest, cache: EncodingCache | None) -> None:
        self._request = request
        self._cache = cache
        self._began_s = time.monotonic()
        self._state_file = request.state_file or default_state_file(request.out)

    def events(self) -> Iterator[TrainingEvent]:
        request = self._request
        if request.threads is not None:
            torch.set_num_threads(request.threads)
        demand_free(request.out)
        bundle = Bundle(request.init)
        plan = prepare(request.data, bundle.description, request.seed).plan
        yield plan
        was_cut_off = part_folder(request.out).exists() or self._state_file.exists()
        print_of_it = fingerprint(request.data, request.init, request.seed)
        state_file = StateFile(self._state_file, print_of_it, KEEP_EVERY_S)
        with in_the_making(request.out) as part:
            device = choose_device(request.device)
            encoded: dict[str, EncodedVideo] = {}
            data = yield from self._encode(bundle, device, encoded)
            prepared = prepare(data, bundle.description, request.seed)
            if prepared.plan != plan:
                yield prepared.plan
            model = OpenModel.of(bundle, device.torch_device)

            def begun() -> Learner:
                return Learner.begin(model, data, encoded, seed=request.seed, prepared=prepared)

            learner, remark = _gone_on(begun, state_file)
            if was_cut_off:
                yield Remark(remark)
            self._began_s -= learner.spent_s
            yield from self._learning(learner, state_file)
            done = self._finished(learner, part, device)
            forget_state(self._state_file)
            yield done

    def _learning(self, learner: Learner, state_file: StateFile) -> Iterator[TrainingEvent]:
        """A loss that is no number would come again: there is nothing to go on with."""
        try:
            yield from learner.events(state_file)
        except TrainingError:
            forget_state(self._state_file)
            raise

    def _encode(
        self, bundle: Bundle, device: Device, encoded: dict[str, EncodedVideo]
    ) -> Generator[TrainingEvent, None, TrainingData]:
        """Fill ``encoded``; gives the corrections of the videos that can be read."""
        encoder = MediaEncoder(bundle, device, self._cache)
        data = self._request.data
        used = {each.name for each in _used(prepare(data, bundle.description, 0))}
        videos: list[TrainingVideo] = []
        done = 0
        for video in data.videos:
            if video.name not in used:
                videos.append(video)
                continue
            yield Encoding(done, len(used), video.name, 0.0)
            shares = encoder.encoded(video.name, Path(video.path), video.content_hash)
            try:
                while True:
                    yield Encoding(done, len(used), video.name, next(shares))
            except StopIteration as finished:
                encoded[video.name] = finished.value
                video, remarks = _as_encoded(video, finished.value)
                yield from remarks
            except MediaError as error:
                yield Remark(f"{error}; it is left out")
                video = replace(video, path="")
            videos.append(video)
            done += 1
        return replace(data, videos=tuple(videos))

    def _finished(self, learner: Learner, part: Path, device: Device) -> TrainingDone:
        request, plan = self._request, learner.prepared.plan
        learned = learner.result
        thresholds = {
            task: label_thresholds(learned, learner.train, learner.held_out, task, vocabulary)
            for task, vocabulary in learner.vocabulary.items()
        }
        stem = PurePosixPath(plan.project).stem or plan.project
        name = f"{printable(stem)[:60]} r{plan.revision}"
        write_model(learned, part, name, thresholds)
        # What is measured is what was written, in the precision of the file.
        after = OpenModel.of(Bundle(part), device.torch_device)
        compared, untouched = _measured(learner, after)
        parent = learner.before.bundle
        provenance = Provenance(
            name=name,
            parent=parent.version,
            parent_name=parent.description.name,
            project=plan.project,
            data_revision=plan.revision,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=request.seed,
            depth=str(plan.depth),
            videos=len({each.name for each in plan.videos}),
            positives=plan.positives,
            negatives=plan.hard_negatives,
            metrics=tuple(
                LabelMetrics(
                    each.kind, each.label, each.is_new, each.events, each.before, each.after
                )
                for each in compared
            ),
        )
        with explained(part):
            (part / PROVENANCE_FILE).write_text(
                provenance.to_text(), encoding="utf-8", newline="\n"
            )
        version = after.bundle.version
        put_in_place(part, request.out)
        seconds = round(time.monotonic() - self._began_s, 1)
        return TrainingDone(
            str(request.out),
            version,
            parent.version,
            compared,
            untouched,
            plan.revision,
            request.seed,
            seconds,
        )


def _measured(
    learner: Learner, after: OpenModel
) -> tuple[tuple[ComparedLabel, ...], tuple[KeptDetections, ...]]:
    compared: list[ComparedLabel] = []
    untouched: list[KeptDetections] = []
    media = [*learner.train, *learner.held_out]
    for task in learner.before.rows:
        vocabulary = learner.vocabulary.get(task)
        labels = () if vocabulary is None else vocabulary.labels
        compared += compare(learner.before, after, learner.held_out, task)
        untouched.append(kept_detections(learner.before, after, media, task, labels))
    return tuple(compared), tuple(untouched)


def _gone_on(begun: Callable[[], Learner], state_file: StateFile) -> tuple[Learner, str]:
    """The learner where an earlier one was cut off, else at its start; and a line about it."""
    learner, state = begun(), state_file.read()
    if state is None:
        return learner, (
            "An earlier training was cut off, with other corrections or before it had learned"
            " anything; this one starts anew. What was encoded is kept."
        )
    try:
        learner.go_on(state)
    except TrainingError as error:
        return begun(), f"An earlier {error}; this one starts anew. What was encoded is kept."
    progress = state.progress
    return learner, (
        f"An earlier training was cut off; this one goes on after step {progress.step} of"
        f" {progress.of}."
    )


def _used(prepared: Prepared) -> list[TrainingVideo]:
    stretches: tuple[Stretch, ...] = (*prepared.split.train, *prepared.split.held_out)
    return [stretch.video for stretch in stretches]


def _as_encoded(video: TrainingVideo, encoded: EncodedVideo) -> tuple[TrainingVideo, list[Remark]]:
    """The video with its real length, and without segments of kinds that it cannot hold."""
    kept = tuple(each for each in video.segments if each.kind in encoded.tasks)
    remarks = []
    if gone := len(video.segments) - len(kept):
        remarks.append(
            Remark(
                f"{video.name}: {gone} segments are of a kind that needs a stream which the file"
                " lacks; they are left out"
            )
        )
    start_us = encoded.grid.origin_us
    length_us = encoded.end_us - start_us
    return replace(video, segments=kept, start_us=start_us, duration_us=length_us), remarks
