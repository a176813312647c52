"""A whole model in one folder: encoders, head, labels with their text embeddings, calibration.

``bundle.json`` describes it (:mod:`core_model.bundle_description`), ``labels.safetensors`` holds
one tensor (labels, text dim) per task under the task's name, ready for the head, and may hold
``template_mean.<task>`` (text dim,): the mean embedding of the task's prompts, which is taken off
before a new label's embedding is normalised. ``reference.<task>`` (rows, text dim) are further
rows with which snippets are compared beside the labels, such as the absence of any event.
Nothing in a bundle is ever executed.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from core_model.bundle_checks import demand_classes, demand_finite, demand_plain
from core_model.bundle_description import (
    DESCRIPTION_FILE,
    LABEL_FILE,
    BundleDescription,
    BundleError,
    Part,
    parse_description,
    plain_label,
    read_description,
)
from core_model.bundle_version import bundle_version
from core_model.checkpoint import CheckpointError, load_checkpoint
from core_model.encoders.base import AudioEncoder, TextEncoder, VisualEncoder
from core_model.encoders.minilm import MiniLM
from core_model.encoders.starter.audio import StarterAudioEncoder
from core_model.encoders.starter.visual import StarterVisualEncoder
from core_model.timeline import Task
from core_model.uniav.config import GridKind
from core_model.uniav.model import UniAV
from core_model.wordings import drawn_to_labels

VISUAL_ENCODERS: dict[str, Callable[[Path, torch.device], VisualEncoder]] = {
    "starter": StarterVisualEncoder.load,
}
AUDIO_ENCODERS: dict[str, Callable[[Path, torch.device], AudioEncoder]] = {
    "starter": StarterAudioEncoder.load,
}
TEXT_ENCODERS: dict[str, Callable[[], TextEncoder]] = {"minilm": MiniLM}
_MEAN_PREFIX = "template_mean."
_REFERENCE_PREFIX = "reference."
# Wordings remembered: some 15 MB for sentences of 384 numbers.
_MOST_EMBEDDED = 10_000
# Enough labels to know what a template adds to each of them.
_LABELS_FOR_MEAN = 200
_Encoder = TypeVar("_Encoder")
# Label rows, template means and reference rows.
_LabelTensors = tuple[dict[Task, Tensor], dict[Task, Tensor], dict[Task, Tensor]]


class Bundle:
    """An opened bundle. Labels are read at once; encoders, head and text model when asked for."""

    def __init__(self, folder: Path) -> None:
        """Raises BundleError where the description or the labels are missing or do not fit."""
        self.folder = folder
        self.description = read_description(folder)
        self._stored, self._means, self._references = _read_labels(folder, self.description)
        self._text_encoder: TextEncoder | None = None
        self._embedded: dict[tuple[Task, str, str], Tensor] = {}
        self._own_means: dict[tuple[Task, str], Tensor] = {}
        self._text_lock = threading.Lock()
        for kind, known, what in (
            (self.description.visual.kind, VISUAL_ENCODERS, "visual encoder"),
            (self.description.audio.kind, AUDIO_ENCODERS, "audio encoder"),
            (self.description.text, TEXT_ENCODERS, "text encoder"),
        ):
            if kind not in known:
                names = ", ".join(sorted(known))
                raise BundleError(
                    f"{folder / DESCRIPTION_FILE}: unknown {what} {kind!r}; known: {names}"
                )

    @functools.cached_property
    def encoder_ids(self) -> tuple[str, str]:
        """Kind and content of the visual and the audio encoder: what cached encodings depend on."""
        return self._part_id(self.description.visual), self._part_id(self.description.audio)

    @functools.cached_property
    def head_id(self) -> str:
        """The content of the head: what points depend on. Raises BundleError."""
        path = self.folder / self.description.head
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
        except OSError as error:
            raise BundleError(f"{path}: {error.strerror or error}") from error

    @functools.cached_property
    def version(self) -> str:
        """What detections of this bundle are marked with: the same for the same weights, labels
        and thresholds."""
        return bundle_version(self.folder)

    def visual_encoder(self, device: torch.device) -> VisualEncoder:
        """Read the encoder onto ``device``. Raises BundleError."""
        part = self.description.visual
        return _loaded(self.folder / part.file, VISUAL_ENCODERS[part.kind], device)

    def audio_encoder(self, device: torch.device) -> AudioEncoder:
        """Read the encoder onto ``device``. Raises BundleError."""
        part = self.description.audio
        return _loaded(self.folder / part.file, AUDIO_ENCODERS[part.kind], device)

    def head(self, device: torch.device) -> UniAV:
        """Read the head onto ``device``, in evaluation mode. Raises BundleError."""
        path = self.folder / self.description.head
        try:
            model, _ = load_checkpoint(path)
        except CheckpointError as error:
            raise BundleError(f"{path}: {error}") from error
        demand_finite(path, model)
        if missing := set(self.description.tasks) - set(model.config.tasks):
            raise BundleError(f"{path}: has no task {min(missing)}")
        for task, rows in self._stored.items():
            if model.config.tasks[task].grid is not GridKind.FIXED:
                raise BundleError(f"{path}: {task} lies on a resized grid, which has no windows")
            if rows.shape[1] != model.config.text_dim:
                raise BundleError(
                    f"{self.folder / LABEL_FILE}: {task} has {rows.shape[1]} columns,"
                    f" the head takes {model.config.text_dim}"
                )
            demand_classes(path, model.config, task, self.description.tasks[task])
        return model.to(device).requires_grad_(False)

    def text_embeddings(
        self, task: Task, labels: Sequence[str], template: str = ""
    ) -> Float[Tensor, "labels dim"]:
        """Labels -> unit rows (labels, text dim); the text model is loaded for new wordings only.

        New wordings are drawn towards labels that they resemble (:mod:`core_model.wordings`).
        A ``template`` that holds ``{label}`` takes the place of the task's own prompt. May be
        called from several threads.

        Raises:
            TextEncoderError: a new wording, and the text model is not installed.
        """
        template = self._template(task, template)
        with self._text_lock:
            known = self._known_rows(task, labels, template)
            if new := [label for label in labels if plain_label(label) not in known]:
                rows = dict(
                    zip(map(plain_label, new), self._embed(task, new, template), strict=True)
                )
                known.update(rows)
                self._remember(task, template, rows)
        return torch.stack([known[plain_label(label)] for label in labels])

    def will_load_text_model(self, task: Task, labels: Sequence[str], template: str = "") -> bool:
        """Whether :meth:`text_embeddings` would have to read the text model first."""
        if self._text_encoder is not None:
            return False
        known = self._known_rows(task, labels, self._template(task, template))
        return any(plain_label(label) not in known for label in labels)

    def reference(self, task: Task) -> Float[Tensor, "rows dim"]:
        """The rows with which snippets are compared: labels and what else there is."""
        rows = self._stored[task][: self.description.tasks[task].compared_count]
        return torch.cat([rows, self.others(task)])

    def others(self, task: Task) -> Float[Tensor, "_ dim"]:
        """The rows beside the labels with which snippets are compared, such as no event at all."""
        return self._references.get(task, self._stored[task][:0])

    def template_mean(self, task: Task) -> Float[Tensor, " dim"] | None:
        """What is taken off a new label's embedding, if anything."""
        return self._means.get(task)

    def calibrated(self, task: Task, probabilities: np.ndarray) -> np.ndarray:
        """Probabilities in [0, 1] -> scores in [0, 1], in the same order."""
        calibration = self.description.tasks[task].calibration
        inside = np.clip(probabilities.astype(np.float64), 1e-9, 1 - 1e-9)
        logits = calibration.scale * np.log(inside / (1 - inside)) + calibration.bias
        return 1 / (1 + np.exp(-logits))

    def probability_floor(self, task: Task) -> float:
        """The probability whose calibrated score is the floor of the bundle."""
        calibration = self.description.tasks[task].calibration
        floor = min(max(self.description.floor, 1e-9), 1 - 1e-9)
        logit = (math.log(floor / (1 - floor)) - calibration.bias) / calibration.scale
        return 1 / (1 + math.exp(-min(max(logit, -50.0), 50.0)))

    def _template(self, task: Task, template: str) -> str:
        """ "" stands for the task's own prompt."""
        return "" if template == self.description.tasks[task].prompt else template

    def _known_rows(self, task: Task, labels: Sequence[str], template: str) -> dict[str, Tensor]:
        """Those of the labels whose rows need no text model."""
        stored: dict[str, Tensor] = {}
        if not template:
            names = map(plain_label, self.description.tasks[task].labels)
            stored = dict(zip(names, self._stored[task], strict=True))
        known: dict[str, Tensor] = {}
        for plain in map(plain_label, labels):
            row = stored.get(plain, self._embedded.get((task, template, plain)))
            if row is not None:
                known[plain] = row
        return known

    def _remember(self, task: Task, template: str, rows: Mapping[str, Tensor]) -> None:
        self._embedded.update({(task, template, plain): row for plain, row in rows.items()})
        while len(self._embedded) > _MOST_EMBEDDED:
            del self._embedded[next(iter(self._embedded))]

    def _embed(self, task: Task, labels: Sequence[str], template: str) -> Tensor:
        if self._text_encoder is None:
            self._text_encoder = TEXT_ENCODERS[self.description.text]()
        chosen = template or self.description.tasks[task].prompt
        rows = self._text_encoder.embed([chosen.replace("{label}", label) for label in labels])
        mean = self._means.get(task, torch.zeros(()))
        if template and task in self._means:
            mean = self._mean_of(task, template, self._text_encoder)
        centred = functional.normalize(rows - mean, dim=-1)
        # Prompts that were not centred are all alike, and their likeness says nothing.
        return drawn_to_labels(centred, self._stored[task]) if task in self._means else centred

    def _mean_of(self, task: Task, template: str, encoder: TextEncoder) -> Tensor:
        """What all labels have in common in another template than the task's own."""
        mean = self._own_means.get((task, template))
        if mean is None:
            labels = self.description.tasks[task].labels[:_LABELS_FOR_MEAN]
            mean = encoder.embed([template.replace("{label}", each) for each in labels]).mean(dim=0)
            self._own_means[task, template] = mean
        return mean

    def _part_id(self, part: Part) -> str:
        path = self.folder / part.file
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=12))
        except OSError as error:
            raise BundleError(f"{path}: {error.strerror or error}") from error
        return f"{part.kind}-{digest.hexdigest()}"


def save_bundle(
    folder: Path,
    description: BundleDescription,
    text_embeddings: Mapping[Task, Float[Tensor, "_ dim"]],
    template_means: Mapping[Task, Float[Tensor, " dim"]] | None = None,
    references: Mapping[Task, Float[Tensor, "_ dim"]] | None = None,
) -> None:
    """Write the description and the labels beside the weights that lie in ``folder`` already.

    Raises:
        BundleError: the values could not be read back.
    """
    raw = description.to_dict()
    parse_description(raw, DESCRIPTION_FILE)
    tensors = {str(task): rows.float().contiguous() for task, rows in text_embeddings.items()}
    for task, mean in (template_means or {}).items():
        tensors[_MEAN_PREFIX + task] = mean.float().contiguous()
    for task, rows in (references or {}).items():
        tensors[_REFERENCE_PREFIX + task] = rows.float().contiguous()
    _split_labels(LABEL_FILE, description, tensors)
    save_file(tensors, folder / LABEL_FILE)
    (folder / DESCRIPTION_FILE).write_text(
        json.dumps(raw, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )


def distinct_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Each label once, as it was first written. Raises BundleError where none is left."""
    distinct: dict[str, str] = {}
    for label in labels:
        if label.strip():
            distinct.setdefault(plain_label(label), label.strip())
    if not distinct:
        raise BundleError("labels: there is none to look for")
    return tuple(distinct.values())


def _loaded(
    path: Path, load: Callable[[Path, torch.device], _Encoder], device: torch.device
) -> _Encoder:
    try:
        encoder = load(path, device)
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError) as error:
        raise BundleError(f"{path}: {' '.join(str(error).split())[:300]}") from error
    network = getattr(encoder, "network", None)
    if isinstance(network, nn.Module):
        demand_finite(path, network)
    return encoder


def _read_labels(folder: Path, description: BundleDescription) -> _LabelTensors:
    path = folder / LABEL_FILE
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{path}: {error}") from error
    return _split_labels(str(path), description, tensors)


def _split_labels(
    source: str, description: BundleDescription, tensors: Mapping[str, Tensor]
) -> _LabelTensors:
    """Checked label rows, template means and reference rows, each per task."""
    prefixes = ("", _MEAN_PREFIX, _REFERENCE_PREFIX)
    allowed = {prefix + task for task in description.tasks for prefix in prefixes}
    if unknown := sorted(set(tensors) - allowed):
        raise BundleError(f"{source}: unknown tensor {unknown[0]!r}")
    demand_plain(source, tensors)
    rows: dict[Task, Tensor] = {}
    means: dict[Task, Tensor] = {}
    references: dict[Task, Tensor] = {}
    for task, settings in description.tasks.items():
        found = tensors.get(task)
        if found is None:
            raise BundleError(f"{source}: {str(task)!r} is missing")
        expected = (len(settings.labels), found.shape[-1])
        if found.ndim != 2 or tuple(found.shape) != expected:
            raise BundleError(
                f"{source}: {str(task)!r} is {tuple(found.shape)} for {len(settings.labels)} labels"
            )
        rows[task] = found.float()
        mean = tensors.get(_MEAN_PREFIX + task)
        if mean is not None:
            if tuple(mean.shape) != (found.shape[1],):
                raise BundleError(f"{source}: {_MEAN_PREFIX + task!r} is {tuple(mean.shape)}")
            means[task] = mean.float()
        reference = tensors.get(_REFERENCE_PREFIX + task)
        if reference is not None:
            if reference.ndim != 2 or reference.shape[1] != found.shape[1]:
                shape = tuple(reference.shape)
                raise BundleError(f"{source}: {_REFERENCE_PREFIX + task!r} is {shape}")
            references[task] = reference.float()
        checked = (rows[task], *means.values(), *references.values())
        if not all(bool(torch.isfinite(tensor).all()) for tensor in checked):
            raise BundleError(f"{source}: {str(task)!r} holds numbers that are not finite")
    return rows, means, references
