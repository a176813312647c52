"""What the window asks the worker thread for, and what comes back. Nothing else is shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.project.places import Sought
from core_model.prompt_spec import Example, Moment, PromptSpec, ScoreCurve
from core_model.timeline import US_PER_S, Detection, Task


@dataclass(frozen=True, slots=True)
class DetectRequest:
    """Find the events of a file, or of the stretch ``span_us`` of it in presentation time.

    Ids increase; only the newest request is served. ``bundle`` is the folder of the model, None
    for the one that comes along.
    """

    id: int
    path: Path
    span_us: tuple[int, int] | None = None
    bundle: Path | None = None


@dataclass(frozen=True, slots=True)
class ModelReady:
    """The model is loaded: its name, the device it runs on, its own thresholds in [0, 1] by kind
    and, where a label has its own, by label.
    """

    id: int
    model: str
    device: str
    thresholds: Mapping[Task, float]
    label_thresholds: Mapping[tuple[Task, str], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelReplaced:
    """The model that was asked for cannot be used, and the one that comes along is used instead.

    ``reason`` is one line for people. Another ModelReady follows.
    """

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class DetectProgress:
    """All events found so far, sorted by onset, after ``analysed_us`` of ``[start_us, end_us)``.

    ``times_real_time`` is media seconds per second of work, 0 while it is not known.
    """

    id: int
    detections: tuple[Detection, ...]
    analysed_us: int
    start_us: int
    end_us: int
    times_real_time: float
    from_cache: bool
    done: bool

    @property
    def part_done(self) -> float:
        """In [0, 1]."""
        span_us = self.end_us - self.start_us
        if self.done or span_us <= 0:
            return 1.0
        return min(max((self.analysed_us - self.start_us) / span_us, 0.0), 1.0)

    @property
    def seconds_left(self) -> float | None:
        """At the speed so far; None while that is not known."""
        if self.times_real_time <= 0:
            return None
        return max(self.end_us - self.analysed_us, 0) / US_PER_S / self.times_real_time


@dataclass(frozen=True, slots=True)
class DetectFailure:
    """The request cannot be served; ``reason`` is one line for people."""

    id: int
    reason: str


DetectResponse = ModelReady | ModelReplaced | DetectProgress | DetectFailure


@dataclass(frozen=True, slots=True)
class PromptRequest:
    """Find what ``specs`` say in a file, first in ``visible_us``, then everywhere.

    Served beside a running detection. Ids increase, only the newest is served. A file that is
    being encoded is answered as far as it is, and again until all of it is there; one that is not
    encoded is encoded first.
    """

    id: int
    path: Path
    specs: tuple[PromptSpec, ...]
    visible_us: tuple[int, int] | None = None
    bundle: Path | None = None


@dataclass(frozen=True, slots=True)
class PromptProgress:
    """What is known of one prompt so far: the whole current list, by onset, and its curve.

    Both account for ``covered_us`` of the file, which is empty (two equal times) as long as
    nothing is encoded. Detections carry the prompt's name as label. ``done`` is True on the last
    response of each prompt.
    """

    id: int
    spec: PromptSpec
    detections: tuple[Detection, ...]
    curve: ScoreCurve
    covered_us: tuple[int, int]
    done: bool


@dataclass(frozen=True, slots=True)
class TextModelLoading:
    """The text model is read for the first time, which takes a second or two."""

    id: int


@dataclass(frozen=True, slots=True)
class PromptFailure:
    """Prompts, a search or a question cannot be answered; ``reason`` is one line for people."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class MomentsRequest:
    """Rank what is most like ``query`` in ``paths`` and in the videos that are ``sought``; at most
    ``top`` moments.

    ``JobRunner.ask_moments`` sends it, ``JobRunner.moments_answered`` carries the MomentsResponse.
    """

    id: int
    paths: tuple[Path, ...]
    query: PromptSpec | Example
    top: int
    sought: tuple[Sought, ...] = ()
    bundle: Path | None = None


@dataclass(frozen=True, slots=True)
class MomentsFound:
    """Moments by falling score; ``missing`` are the files without encodings, in their order."""

    id: int
    moments: tuple[Moment, ...]
    missing: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class CurvesRequest:
    """Say how sure the model is of labels over time, where it has looked already.

    ``JobRunner.ask_curves`` sends it, ``JobRunner.curves_answered`` carries the CurvesResponse.
    """

    id: int
    path: Path
    keys: tuple[tuple[Task, str], ...]
    bundle: Path | None = None


@dataclass(frozen=True, slots=True)
class LabelCurves:
    """Scores in [0, 1] by kind and label; what the model does not know has none."""

    id: int
    curves: Mapping[tuple[Task, str], ScoreCurve]


@dataclass(frozen=True, slots=True)
class WhyRequest:
    """Say how a detection came about; ``spec`` is the prompt that found it, None for a label.

    ``JobRunner.ask_why`` sends it, ``JobRunner.why_answered`` carries the WhyResponse.
    """

    id: int
    path: Path
    detection: Detection
    spec: PromptSpec | None = None
    bundle: Path | None = None


@dataclass(frozen=True, slots=True)
class WhyAnswer:
    """How a detection came about; all scores in [0, 1].

    The pyramid ``level`` (0 is the finest) whose point proposed it, and ``stride``, the snippets
    between two points of that level. ``raw_score`` is the model's own, ``calibrated`` what would
    be shown if no neighbour took a part of it. The scores without audio and without picture are
    calibrated, of the best proposal for the same stretch; None where the file lacks that stream.
    ``nearest_labels`` are the model's labels for that stretch with calibrated scores, best first.
    """

    id: int
    level: int
    stride: int
    raw_score: float
    calibrated: float
    score_without_audio: float | None
    score_without_picture: float | None
    nearest_labels: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReviewOrderRequest:
    """Say in which order deciding on finds of a file teaches most.

    One row per find: ``ids``, ``kinds`` (places in Task), ``label_ids``, ``spans_us`` (n, 2) and
    ``doubts`` in [0, 1]. ``JobRunner.ask_review_order`` sends it, ``JobRunner.review_ordered``
    carries the ReviewOrder.
    """

    id: int
    path: Path
    ids: np.ndarray
    kinds: np.ndarray
    label_ids: np.ndarray
    spans_us: np.ndarray
    doubts: np.ndarray
    bundle: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ReviewOrder:
    """The ``ids`` of the request, the one that teaches most in front; None where the file is not
    encoded, so that nothing can be said of likeness."""

    id: int
    ids: np.ndarray | None


PromptResponse = PromptProgress | TextModelLoading | PromptFailure
MomentsResponse = MomentsFound | TextModelLoading | PromptFailure
WhyResponse = WhyAnswer | TextModelLoading | PromptFailure
CurvesResponse = LabelCurves | PromptFailure


Question = PromptRequest | MomentsRequest | WhyRequest | ReviewOrderRequest | CurvesRequest
Answer = (
    PromptProgress
    | MomentsFound
    | WhyAnswer
    | ReviewOrder
    | LabelCurves
    | TextModelLoading
    | PromptFailure
)
