"""Feature folders and annotation JSON as UniAV, UnAV-100 and ActivityNet lay them out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core_model.timeline import Task
from core_model.uniav.config import GridKind, TaskConfig
from training.errors import TrainingError
from training.recipe.arrays import float_table
from training.recipe.examples import Example, clipped_to_video, on_grid
from training.recipe.label_text import PLACE, prompted_rows, stored_rows

SAME_EVENT_S = 1e-3


@dataclass(frozen=True, slots=True)
class FolderDescription:
    """Where the data of one task lies; paths are relative to the file that holds this.

    ``frames_hz``, ``window_frames`` and ``stride_frames`` say what a feature covers. For a model
    with a text classifier, ``text`` is an array (classes, text dim) whose rows follow the class
    indices of the annotations; or ``prompt``, such as "A sound event of {label}.", is embedded
    with every label by the bundled text encoder (384 numbers).
    """

    features: str
    annotations: str
    train: tuple[str, ...]
    validation: tuple[str, ...]
    text: str = ""
    prompt: str = ""
    prefix: str = ""
    visual_suffix: str = "_one_peace_video_finetune.npy"
    audio_suffix: str = "_one_peace_audio.npy"
    frames_hz: float = 16.0
    window_frames: int = 16
    stride_frames: int = 4

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], where: str) -> FolderDescription:
        """Checked values of parsed JSON. Raises TrainingError."""
        known = {entry.name: entry for entry in fields(cls)}
        if unknown := sorted(set(raw) - set(known)):
            raise TrainingError(f"{where}: unknown key {unknown[0]!r}; known: {', '.join(known)}")
        values: dict[str, Any] = {}
        for name in known:
            if name in raw:
                values[name] = _described(name, raw[name], where)
        try:
            made = cls(**values)
        except TypeError:
            missing = next(name for name in list(known)[:4] if name not in values)
            raise TrainingError(f"{where}: {missing!r} is missing") from None
        if made.text and made.prompt:
            raise TrainingError(f"{where}: 'text' and 'prompt' exclude each other")
        if made.prompt and PLACE not in made.prompt:
            raise TrainingError(f"{where}: 'prompt' must hold {PLACE}, not {made.prompt!r}")
        return made


def _described(name: str, value: Any, where: str) -> Any:
    if name in ("train", "validation"):
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise TrainingError(f"{where}: {name!r} must be names of subsets, not {value!r}")
        return tuple(text.lower() for text in texts)
    if name == "frames_hz" or name.endswith("_frames"):
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
            raise TrainingError(f"{where}: {name!r} must be a number above 0, not {value!r}")
        return float(value) if name == "frames_hz" else int(value)
    if not isinstance(value, str):
        raise TrainingError(f"{where}: {name!r} must be a text, not {value!r}")
    return value


@dataclass(frozen=True, slots=True)
class AnnotatedVideo:
    """One entry of the annotation file: events in seconds (events, 2) and class indices."""

    video: str
    subset: str
    duration_s: float
    seconds: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, slots=True)
class Annotations:
    """All entries, and the label of each class index."""

    videos: tuple[AnnotatedVideo, ...]
    label_names: tuple[str, ...]

    def of(self, subsets: Sequence[str]) -> tuple[AnnotatedVideo, ...]:
        """The entries of some subsets, which are compared in lower case."""
        return tuple(entry for entry in self.videos if entry.subset in subsets)


def read_annotations(path: Path) -> Annotations:
    """Read ``{"database": {video: {"subset", "duration", "annotations": [...]}}}``.

    Events carry ``segment`` in seconds, ``label`` and, where the indices are fixed, ``label_id``;
    without it indices follow the alphabet. Raises TrainingError that names the video.
    """
    try:
        database = json.loads(path.read_text(encoding="utf-8"))["database"]
        entries = list(database.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(f"{path.name}: not an annotation file ({error!r})") from error
    names = _label_names(path, entries)
    place = {name: index for index, name in enumerate(names)}
    videos = tuple(_video(path, video, entry, place) for video, entry in entries)
    return Annotations(videos, names)


def _events(path: Path, video: str, entry: Any) -> list[tuple[float, float, str, int | None]]:
    found = []
    try:
        for event in entry.get("annotations", ()):
            onset, offset = (float(value) for value in event["segment"])
            if not (math.isfinite(onset) and math.isfinite(offset) and offset >= onset):
                raise ValueError(f"segment {event['segment']}")
            number = event.get("label_id")
            found.append(
                (onset, offset, str(event["label"]), None if number is None else int(number))
            )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TrainingError(
            f"{path.name}: {video}: an event that makes no sense: {error}"
        ) from error
    return found


def _label_names(path: Path, entries: list[tuple[str, Any]]) -> tuple[str, ...]:
    numbers: dict[str, int | None] = {}
    for video, entry in entries:
        for *_, label, number in _events(path, video, entry):
            if numbers.setdefault(label, number) != number:
                raise TrainingError(f"{path.name}: {video}: {label!r} has two different indices")
    if not numbers:
        raise TrainingError(f"{path.name}: holds no event")
    known = {label: number for label, number in numbers.items() if number is not None}
    if not known:
        return tuple(sorted(numbers))
    if len(known) < len(numbers) or sorted(known.values()) != list(range(len(known))):
        raise TrainingError(f"{path.name}: 'label_id' must count all labels from 0 without a gap")
    return tuple(sorted(known, key=known.__getitem__))


def _video(path: Path, video: str, entry: Any, place: Mapping[str, int]) -> AnnotatedVideo:
    events = _events(path, video, entry)
    try:
        subset, duration_s = str(entry["subset"]).lower(), float(entry["duration"])
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"{path.name}: {video}: {error!r}") from error
    seconds = np.array([event[:2] for event in events], np.float64).reshape(-1, 2)
    labels = np.array([place[event[2]] for event in events], np.int64)
    return AnnotatedVideo(video, subset, duration_s, seconds, labels)


@dataclass(frozen=True, slots=True)
class TaskFolder:
    """One task's data, opened: examples are read when asked for."""

    task: Task
    settings: TaskConfig
    description: FolderDescription
    root: Path
    annotations: Annotations
    text: Tensor | None
    dims: tuple[int, int] | None = None

    @classmethod
    def open(
        cls,
        task: Task,
        settings: TaskConfig,
        description: FolderDescription,
        root: Path,
        dims: tuple[int, int] | None = None,
    ) -> TaskFolder:
        """Read annotations and text embeddings, None where neither text nor prompt is given;
        features must be ``dims`` wide, visual and audio. Raises TrainingError.
        """
        annotations = read_annotations(root / description.annotations)
        labels, text = annotations.label_names, None
        if settings.num_classes not in (None, len(labels)):
            raise TrainingError(
                f"{description.annotations}: {len(labels)} labels, but the model's task {task} has"
                f" {settings.num_classes}"
            )
        if description.text:
            text = stored_rows(root / description.text, labels)
        elif description.prompt:
            text = prompted_rows(description.prompt, labels)
        return cls(task, settings, description, root, annotations, text, dims)

    def names(self, subsets: Sequence[str]) -> tuple[AnnotatedVideo, ...]:
        """The annotated videos of some subsets that have both feature files and an event."""
        return tuple(
            entry
            for entry in self.annotations.of(subsets)
            if len(entry.seconds) and all(path.is_file() for path in self._files(entry.video))
        )

    def example(self, entry: AnnotatedVideo, *, least_kept: float | None = None) -> Example:
        """The features and events of a video; ``least_kept`` is given for training, see
        :func:`training.recipe.examples.clipped_to_video`. Raises TrainingError."""
        dims = self.dims or (None, None)
        streams = [
            torch.from_numpy(float_table(path, dim))
            for path, dim in zip(self._files(entry.video), dims, strict=True)
        ]
        seconds, labels = entry.seconds, entry.labels
        resized = self.settings.grid is GridKind.RESIZED
        if resized:
            kept = _without_repeats(seconds, labels)
            seconds, labels = seconds[kept], labels[kept]
        about = self.description
        made = on_grid(
            entry.video,
            (streams[0], streams[1]),
            seconds,
            labels,
            self.settings,
            entry.duration_s,
            (about.frames_hz, about.window_frames, about.stride_frames),
        )
        return made if least_kept is None or not resized else clipped_to_video(made, least_kept)

    def _files(self, video: str) -> tuple[Path, Path]:
        about, folder = self.description, (self.root / self.description.features).resolve()
        files = tuple(
            (folder / f"{about.prefix}{video}{suffix}").resolve()
            for suffix in (about.visual_suffix, about.audio_suffix)
        )
        # Names come from a file that anybody may have written.
        if not all(file.is_relative_to(folder) for file in files):
            raise TrainingError(f"{video}: leads out of the feature folder")
        return files[0], files[1]


def _without_repeats(seconds: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which events do not repeat an earlier one of the same label within a millisecond."""
    kept = np.ones(len(labels), bool)
    for index in range(1, len(labels)):
        earlier = np.flatnonzero(kept[:index] & (labels[:index] == labels[index]))
        gaps = np.abs(seconds[earlier] - seconds[index])
        kept[index] = not (gaps <= SAME_EVENT_S).all(axis=1).any()
    return kept
