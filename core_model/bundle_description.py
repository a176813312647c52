"""What ``bundle.json`` may say, checked key by key.

Apart from the tensors and without torch, so that labels and thresholds can be shown before any
model is loaded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from core_model.timeline import Task
from resources import resource_path

VERSION = 1
DESCRIPTION_FILE = "bundle.json"
LABEL_FILE = "labels.safetensors"
_LARGEST_DESCRIPTION_BYTES = 16_000_000
# More than half an hour: what a window takes grows with its square.
_LONGEST_WINDOW = 8_192
# Names and labels are printed, kept in projects and written into other programs' files.
_NOT_IN_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


class BundleError(Exception):
    """A bundle that cannot be used; the message is one line that names the file and the reason."""


def starter_folder() -> Path:
    """The folder of the bundle that comes with the program."""
    return resource_path("starter")


def plain_label(label: str) -> str:
    """Labels that differ in case or in blanks only are the same label."""
    return " ".join(label.casefold().split())


@dataclass(frozen=True, slots=True)
class Part:
    """An encoder: the kind of code that reads it, and its file inside the bundle."""

    kind: str
    file: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """Score = sigmoid(scale * logit(probability) + bias): Platt scaling of final scores."""

    scale: float = 1.0
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class Similarity:
    """Snippets compared with labels: softmax sharpness, and the weight beside the head's score."""

    scale: float = 1.0
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class TaskDescription:
    """The labels of one task, the prompt that holds ``{label}``, and what a score means.

    A detection is shown at ``threshold`` or above, or at its label's own in ``label_thresholds``.
    Snippets are compared with the first ``compared`` labels, with all of them where it is None:
    a label learned later is measured against these and does not change their scores.
    """

    labels: tuple[str, ...]
    prompt: str
    threshold: float = 0.5
    label_thresholds: Mapping[str, float] = field(default_factory=dict)
    calibration: Calibration = Calibration()
    similarity: Similarity = Similarity()
    compared: int | None = None

    @property
    def compared_count(self) -> int:
        """How many of the labels snippets are compared with."""
        return len(self.labels) if self.compared is None else self.compared

    def threshold_of(self, label: str) -> float:
        """The default threshold of a label, however it is written, also of an unknown one."""
        if label in self.label_thresholds:
            return self.label_thresholds[label]
        own = {plain_label(known): value for known, value in self.label_thresholds.items()}
        return own.get(plain_label(label), self.threshold)


@dataclass(frozen=True, slots=True)
class BundleDescription:
    """A whole model.

    The head sees windows of ``window`` snippets, ``hop`` apart. Detections with a calibrated
    score below ``floor`` are never delivered.
    """

    name: str
    visual: Part
    audio: Part
    head: str
    text: str
    tasks: Mapping[Task, TaskDescription]
    window: int = 256
    hop: int = 192
    floor: float = 0.02

    @property
    def own_thresholds(self) -> dict[tuple[Task, str], float]:
        """The thresholds of labels that have one beside that of their task."""
        return {
            (task, label): threshold
            for task, known in self.tasks.items()
            for label, threshold in known.label_thresholds.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """As JSON types; :func:`parse_description` gives an equal description back."""
        raw = asdict(self)
        raw["tasks"] = {str(task): asdict(settings) for task, settings in self.tasks.items()}
        return json.loads(json.dumps({"version": VERSION, **raw}))


def read_description(folder: Path) -> BundleDescription:
    """The checked description of a bundle. Raises BundleError."""
    path = folder / DESCRIPTION_FILE
    try:
        if path.stat().st_size > _LARGEST_DESCRIPTION_BYTES:
            raise BundleError(f"{path}: too large for a description")
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: not JSON ({' '.join(str(error).split())})") from error
    return parse_description(raw, str(path))


def parse_description(raw: object, source: str) -> BundleDescription:
    """Values of parsed JSON; every :class:`BundleError` names ``source`` and the key."""
    values = checked_object(
        raw, source, _BUNDLE_KEYS | {"version": _integer}, optional=_BUNDLE_DEFAULTS
    )
    version = values.pop("version")
    if version != VERSION:
        raise BundleError(f"{source}: version {version} is not {VERSION}")
    description = BundleDescription(**values)
    if not 1 <= description.hop <= description.window:
        raise BundleError(f"{source}: 'hop' must lie between 1 and 'window'")
    if description.window > _LONGEST_WINDOW:
        raise BundleError(f"{source}: 'window' must be at most {_LONGEST_WINDOW}")
    return description


def checked_object(
    raw: object,
    where: str,
    keys: Mapping[str, Callable[[object, str], Any]],
    optional: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Each value through its check; unknown and missing keys are errors."""
    if not isinstance(raw, dict):
        raise BundleError(f"{where}: must be an object")
    if unknown := sorted(set(raw) - set(keys), key=str):
        raise BundleError(f"{where}: unknown key {unknown[0]!r}; known: {', '.join(sorted(keys))}")
    if missing := sorted(set(keys) - set(raw) - optional):
        raise BundleError(f"{where}: {missing[0]!r} is missing")
    return {key: keys[key](value, f"{where}: {key!r}") for key, value in raw.items()}


def _text(raw: object, where: str) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise BundleError(f"{where} must be a text, not {raw!r}")
    if _NOT_IN_TEXT.search(raw):
        raise BundleError(f"{where} must be one line of text, not {raw!r}")
    return raw


def _number(raw: object, where: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not abs(raw) < 1e6:
        raise BundleError(f"{where} must be a number, not {raw!r}")
    return float(raw)


def _integer(raw: object, where: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 < raw < 1_000_000:
        raise BundleError(f"{where} must be a whole number above 0, not {raw!r}")
    return raw


def _optional_integer(raw: object, where: str) -> int | None:
    return None if raw is None else _integer(raw, where)


def _probability(raw: object, where: str) -> float:
    value = _number(raw, where)
    if not 0 <= value <= 1:
        raise BundleError(f"{where} must lie in [0, 1], not {raw!r}")
    return value


def _file_name(raw: object, where: str) -> str:
    """A name inside the folder: a bundle from a stranger must not reach other files."""
    name = _text(raw, where)
    if PurePosixPath(name).name != name or "\\" in name or ":" in name or name == "..":
        raise BundleError(f"{where} must be a plain file name, not {raw!r}")
    return name


def _labels(raw: object, where: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or not raw:
        raise BundleError(f"{where} must be a list of texts")
    labels = tuple(_text(label, where) for label in raw)
    if len(set(labels)) != len(labels):
        raise BundleError(f"{where}: a label occurs twice")
    return labels


def _prompt(raw: object, where: str) -> str:
    prompt = _text(raw, where)
    if prompt.replace("{label}", "").count("{") or "{label}" not in prompt:
        raise BundleError(f"{where} must hold {{label}} and no other braces, not {raw!r}")
    return prompt


def _thresholds(raw: object, where: str) -> dict[str, float]:
    if not isinstance(raw, dict):
        raise BundleError(f"{where} must be an object")
    return {label: _probability(value, f"{where} of {label!r}") for label, value in raw.items()}


def _calibration(raw: object, where: str) -> Calibration:
    values = checked_object(raw, where, {"scale": _number, "bias": _number})
    if values["scale"] <= 0:
        raise BundleError(f"{where}: 'scale' must be above 0")
    return Calibration(**values)


def _similarity(raw: object, where: str) -> Similarity:
    values = checked_object(raw, where, {"scale": _number, "weight": _probability})
    if values["scale"] <= 0:
        raise BundleError(f"{where}: 'scale' must be above 0")
    return Similarity(**values)


def _part(raw: object, where: str) -> Part:
    return Part(**checked_object(raw, where, {"kind": _text, "file": _file_name}))


def _tasks(raw: object, where: str) -> dict[Task, TaskDescription]:
    keys = {str(task): _task for task in Task}
    named = checked_object(raw, where, keys, optional=frozenset(keys))
    if not named:
        raise BundleError(f"{where} must name at least one task")
    return {Task(name): settings for name, settings in named.items()}


def _task(raw: object, where: str) -> TaskDescription:
    values = checked_object(raw, where, _TASK_KEYS, optional=_TASK_DEFAULTS)
    if where.endswith("'avel'") and values.get("similarity", Similarity()).weight > 0:
        raise BundleError(f"{where}: audio-visual labels cannot be compared with one stream")
    if stray := set(values.get("label_thresholds", ())) - set(values["labels"]):
        raise BundleError(f"{where}: a threshold for {min(stray)!r}, which is no label")
    if (values.get("compared") or 0) > len(values["labels"]):
        raise BundleError(f"{where}: 'compared' counts more labels than there are")
    return TaskDescription(**values)


_TASK_KEYS: dict[str, Callable[[object, str], Any]] = {
    "labels": _labels,
    "prompt": _prompt,
    "threshold": _probability,
    "label_thresholds": _thresholds,
    "calibration": _calibration,
    "similarity": _similarity,
    "compared": _optional_integer,
}
_TASK_DEFAULTS = frozenset(
    {"threshold", "label_thresholds", "calibration", "similarity", "compared"}
)
_BUNDLE_KEYS: dict[str, Callable[[object, str], Any]] = {
    "name": _text,
    "visual": _part,
    "audio": _part,
    "head": _file_name,
    "text": _text,
    "tasks": _tasks,
    "window": _integer,
    "hop": _integer,
    "floor": _probability,
}
_BUNDLE_DEFAULTS = frozenset({"window", "hop", "floor"})
