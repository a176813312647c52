"""What runs in the worker thread: the model, loaded with the first request and kept.

Only this module of the window reaches the model's library, and it is imported by the worker
thread itself, so that the window is there and usable before the library is loaded.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app.jobs.requests import (
    DetectFailure,
    DetectProgress,
    DetectRequest,
    DetectResponse,
    ModelReady,
    ModelReplaced,
)
from core_model.bundle import Bundle
from core_model.bundle_description import BundleError, starter_folder
from core_model.cache import EncodingCache
from core_model.device import DeviceError
from core_model.media.errors import WHOLE_FILE, MediaError
from core_model.predictor import DetectionUpdate, Predictor

# More updates than this are no smoother to look at, and each costs the main thread a repaint.
SHORTEST_PAUSE_S = 0.1
# The model in use and one to compare it with.
KEPT_MODELS = 2


class DetectionEngine:
    """Serves one request after the other; belongs to one thread."""

    def __init__(self) -> None:
        self._predictors: dict[Path, Predictor] = {}

    def prepare(self, bundle: Path | None = None) -> None:
        """Load the model. What stands in the way is said when the first file is looked at."""
        with contextlib.suppress(BundleError, DeviceError):
            self._loaded(bundle).prepare()

    def serve(
        self, request: DetectRequest, cancelled: Callable[[], bool]
    ) -> Iterator[DetectResponse]:
        """ModelReady, then DetectProgress until ``done`` or cancelled; or a DetectFailure.

        Where the model of the request cannot be used, a ModelReplaced and all of it again with
        the model that comes along.
        """
        try:
            try:
                yield from self._served(request, request.bundle, cancelled)
            except BundleError as error:
                if request.bundle is None:
                    raise
                self._predictors.pop(request.bundle, None)
                yield ModelReplaced(request.id, str(error))
                yield from self._served(request, None, cancelled)
        except (BundleError, DeviceError, MediaError) as error:
            yield DetectFailure(request.id, str(error))
        except OSError as error:
            # The file was there when it was opened; a disk or a share may go away meanwhile.
            reason = MediaError(request.path, WHOLE_FILE, error.strerror or str(error))
            yield DetectFailure(request.id, str(reason))

    def _served(
        self, request: DetectRequest, bundle: Path | None, cancelled: Callable[[], bool]
    ) -> Iterator[DetectResponse]:
        predictor = self._loaded(bundle)
        if not cancelled():
            yield _model_ready(request.id, predictor)
            yield from self._detect(request, predictor, cancelled)

    def _loaded(self, bundle: Path | None) -> Predictor:
        """Versions of models never change, so that a folder stands for what it holds."""
        folder = bundle or starter_folder()
        predictor = self._predictors.pop(folder, None)
        if predictor is None:
            predictor = Predictor(Bundle(folder), cache=EncodingCache())
        self._predictors[folder] = predictor
        while len(self._predictors) > KEPT_MODELS:
            del self._predictors[next(iter(self._predictors))]
        return predictor

    def _detect(
        self, request: DetectRequest, predictor: Predictor, cancelled: Callable[[], bool]
    ) -> Iterator[DetectProgress]:
        next_due_s = 0.0
        for update in predictor.detect(request.path, cancelled=cancelled):
            now_s = time.monotonic()
            if update.done or now_s >= next_due_s:
                next_due_s = now_s + SHORTEST_PAUSE_S
                yield _progress(request.id, update)


def _model_ready(request_id: int, predictor: Predictor) -> ModelReady:
    description = predictor.bundle.description
    thresholds = {task: known.threshold for task, known in description.tasks.items()}
    labels = description.own_thresholds
    return ModelReady(request_id, description.name, predictor.device.name, thresholds, labels)


def _progress(request_id: int, update: DetectionUpdate) -> DetectProgress:
    return DetectProgress(
        id=request_id,
        detections=update.detections,
        analysed_us=update.analysed_us,
        start_us=update.start_us,
        end_us=update.end_us,
        times_real_time=update.times_real_time,
        from_cache=update.from_cache,
        done=update.done,
    )
