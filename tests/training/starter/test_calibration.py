"""Scores after Platt scaling, and the default threshold."""

import numpy as np

from core_model.bundle_description import Calibration
from training.metrics import Events
from training.starter.calibration import calibrated, fit, right


def _events(rows: list[tuple[int, float, float, str]], scores: list[float] | None = None) -> Events:
    return Events(
        np.array([r[0] for r in rows]),
        np.array([r[1:3] for r in rows], float),
        np.array([r[3] for r in rows]),
        None if scores is None else np.array(scores),
    )


def test_each_event_is_met_once_by_the_best() -> None:
    truth = _events([(0, 1.0, 2.0, "dog")])
    found = _events(
        [(0, 1.0, 2.1, "dog"), (0, 1.0, 2.0, "dog"), (0, 1.0, 2.0, "cat"), (1, 1.0, 2.0, "dog")],
        [0.5, 0.9, 0.8, 0.7],
    )
    assert right(found, truth).tolist() == [False, True, False, False]


def test_the_threshold_keeps_the_promised_precision() -> None:
    random = np.random.default_rng(0)
    scores = random.uniform(0.01, 0.99, 4000)
    outcome = random.random(4000) < scores**2
    rows = [(i, 0.0, 1.0, "x") for i in range(4000)]
    fitted = fit(_events(rows, scores.tolist()), outcome)
    shown = calibrated(scores, fitted.calibration)
    assert outcome[shown >= fitted.threshold].mean() >= 0.74
    # Calibrated: of the detections with a score near p about p are right.
    for low in (0.2, 0.5, 0.8):
        near = (shown > low - 0.1) & (shown < low + 0.1)
        assert abs(outcome[near].mean() - shown[near].mean()) < 0.08


def test_calibration_keeps_the_order() -> None:
    scores = np.linspace(0, 1, 50)
    assert (np.diff(calibrated(scores, Calibration(0.7, -1.0))) > 0).all()
