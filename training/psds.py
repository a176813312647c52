"""Polyphonic sound detection score of sound events, by the library ``sed_scores_eval``.

The area under the curve of true positives over false alarms per hour, at every decision
threshold (Bilen et al., arXiv 1910.08440; computed exactly as Ebbers et al., arXiv 2201.13148).
The library is an optional extra, ``pip install avscope[psds]``, because it brings half a
gigabyte of others along; it is imported when a score is asked for.

``python -m training.psds DETECTIONS.json TRUTH.tsv``: detections as ``python main.py detect
--format json`` prints them, the truth with the columns filename, onset, offset, event_label.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from core_model.timeline import Task
from training.errors import TrainingError
from training.metrics import Events


@dataclass(frozen=True, slots=True)
class Scenario:
    """What counts. ``detection_tolerance``: the part of a detection that must lie in the truth;
    ``truth_coverage``: the part of an event that detections must cover; a wrong detection of
    which ``cross_trigger_tolerance`` lies in another label is a cross trigger (None: none is) and
    weighs ``cross_trigger_weight`` more; ``instability_weight`` is that of the deviation between
    labels.
    """

    detection_tolerance: float
    truth_coverage: float
    cross_trigger_tolerance: float | None = None
    cross_trigger_weight: float = 0.0
    instability_weight: float = 1.0
    most_false_per_hour: float = 100.0


# DCASE task 4: 1 asks for good onsets and offsets, 2 for the right label.
SCENARIOS: Mapping[int, Scenario] = {
    1: Scenario(0.7, 0.7),
    2: Scenario(0.1, 0.1, 0.3, 0.5),
}


@dataclass(frozen=True, slots=True)
class ScoreCurves:
    """Scores of one file: ``scores[i]`` holds from ``edges_s[i]`` to ``edges_s[i + 1]``."""

    edges_s: Float[np.ndarray, " edges"]
    scores: Float[np.ndarray, "stretches labels"]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SoundDetectionScore:
    """PSDS in [0, 1] over all labels, and of each label alone."""

    value: float
    per_label: dict[str, float]


def psds(
    found: Events, truth: Events, durations_s: Mapping[str, float], scenario: Scenario
) -> SoundDetectionScore:
    """PSDS of detections. ``durations_s`` names every file, those without events too.

    Where detections of a label overlap, the better score counts. Labels are those of the truth.
    Raises ValueError without scores or truth, TrainingError where the library is missing.
    """
    if found.scores is None or not len(truth):
        raise ValueError("PSDS needs scores, and at least one event in the ground truth")
    labels = tuple(np.unique(truth.labels).tolist())
    curves = {
        name: _curves(found.where(found.videos == name), labels, duration_s)
        for name, duration_s in durations_s.items()
    }
    return psds_of_curves(curves, truth, durations_s, scenario)


def psds_of_curves(
    curves: Mapping[str, ScoreCurves],
    truth: Events,
    durations_s: Mapping[str, float],
    scenario: Scenario,
) -> SoundDetectionScore:
    """PSDS of score curves by file; all of them have the same labels. Raises TrainingError."""
    library = _library()
    frames = {
        name: library.base_modules.scores.create_score_dataframe(
            curve.scores, curve.edges_s, list(curve.labels)
        )
        for name, curve in curves.items()
    }
    # One label alone can't be taken for another; the library fails if asked to look for it.
    is_alone = all(len(curve.labels) == 1 for curve in curves.values())
    value, per_label, *_ = library.intersection_based.psds(
        scores=frames,
        ground_truth=_joined(truth, curves),
        audio_durations=dict(durations_s),
        dtc_threshold=scenario.detection_tolerance,
        gtc_threshold=scenario.truth_coverage,
        cttc_threshold=None if is_alone else scenario.cross_trigger_tolerance,
        alpha_ct=0.0 if is_alone else scenario.cross_trigger_weight,
        alpha_st=scenario.instability_weight,
        max_efpr=scenario.most_false_per_hour,
        unit_of_time="hour",
    )
    return SoundDetectionScore(
        float(value), {str(label): float(one) for label, one in per_label.items()}
    )


def _library() -> Any:
    try:
        return importlib.import_module("sed_scores_eval")
    except ImportError as error:
        raise TrainingError(
            f"PSDS needs the library sed_scores_eval: pip install 'avscope[psds]' ({error})"
        ) from error


def _curves(found: Events, labels: Sequence[str], duration_s: float) -> ScoreCurves:
    """The best score of each label at each moment of one file."""
    assert found.scores is not None
    inside = found.segments.clip(0, duration_s)
    edges = np.unique(np.concatenate(([0.0, duration_s], inside.ravel())))
    scores = np.zeros((len(edges) - 1, len(labels)))
    column = {label: index for index, label in enumerate(labels)}
    bounds = np.searchsorted(edges, inside)
    for (first, last), label, score in zip(bounds, found.labels, found.scores, strict=True):
        if label in column:
            part = scores[first:last, column[label]]
            np.maximum(part, score, out=part)
    return ScoreCurves(edges, scores, tuple(labels))


def _joined(
    truth: Events, files: Mapping[str, object]
) -> dict[str, list[tuple[float, float, str]]]:
    """The truth by file; events of one label that touch are one, as the library demands."""
    joined: dict[str, list[tuple[float, float, str]]] = {name: [] for name in files}
    order = np.lexsort((truth.segments[:, 0], truth.labels, truth.videos))
    for index in order:
        events = joined.get(str(truth.videos[index]))
        if events is None:
            raise TrainingError(f"{truth.videos[index]}: has events but no detections or duration")
        onset, offset = (float(end) for end in truth.segments[index])
        label = str(truth.labels[index])
        if events and events[-1][2] == label and onset <= events[-1][1]:
            events[-1] = (events[-1][0], max(events[-1][1], offset), label)
        else:
            events.append((onset, offset, label))
    return joined


def main(argv: list[str] | None = None) -> int:
    """0, or 1 with one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m training.psds", description=__doc__)
    parser.add_argument("detections", type=Path)
    parser.add_argument("truth", type=Path)
    arguments = parser.parse_args(argv)
    try:
        found, durations_s = _read_detections(arguments.detections)
        truth = _read_truth(arguments.truth)
        scored = {number: psds(found, truth, durations_s, s) for number, s in SCENARIOS.items()}
    except (TrainingError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    for number, result in scored.items():
        print(f"PSDS, scenario {number}: {result.value:.4f}")
    return 0


def _read_detections(path: Path) -> tuple[Events, dict[str, float]]:
    """Sound events and durations by file stem. Raises TrainingError."""
    try:
        files = json.loads(path.read_text(encoding="utf-8"))
        files = [files] if isinstance(files, dict) else files
        durations_s = {Path(one["video"]).stem: float(one["duration_s"]) for one in files}
        rows = [
            (Path(one["video"]).stem, event["onset_s"], event["offset_s"], event["label"], score)
            for one in files
            for event in one["events"]
            if event["task"] == Task.SED and (score := float(event["score"])) >= 0
        ]
        return _events(rows), durations_s
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path.name}: not detections as JSON ({error!r})") from error


def _read_truth(path: Path) -> Events:
    """Raises TrainingError."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = [
                (Path(row["filename"]).stem, row["onset"], row["offset"], row["event_label"], 1.0)
                for row in csv.DictReader(stream, delimiter="\t")
            ]
        return _events(rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path.name}: not a table of events ({error!r})") from error


def _events(rows: Sequence[tuple[str, Any, Any, str, float]]) -> Events:
    """Raises ValueError for a time that is no number."""
    times = np.array([(row[1], row[2]) for row in rows], np.float64).reshape(-1, 2)
    if not np.isfinite(times).all():
        raise ValueError("a time that is no number")
    names, labels = ([str(row[place]) for row in rows] for place in (0, 3))
    return Events(np.array(names), times, np.array(labels), np.array([row[4] for row in rows]))


if __name__ == "__main__":
    sys.exit(main())
