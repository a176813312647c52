"""What runs in the worker threads: the model, loaded with the first request and kept.

Only this module of the window reaches the model's library, and it is imported by the worker
thread itself, so that the window is there and usable before the library is loaded. One thread
reads and encodes files, the other answers questions about what has been encoded.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from app.jobs.requests import (
    Answer,
    CurvesRequest,
    DetectFailure,
    DetectProgress,
    DetectRequest,
    DetectResponse,
    LabelCurves,
    ModelReady,
    ModelReplaced,
    MomentsFound,
    MomentsRequest,
    PromptFailure,
    PromptProgress,
    PromptRequest,
    Question,
    ReviewOrderRequest,
    TextModelLoading,
    WhyAnswer,
    WhyRequest,
)
from app.jobs.review_order import review_order
from app.jobs.wish import EncodingWish
from core_model.bundle import Bundle
from core_model.bundle_description import BundleError, starter_folder
from core_model.cache import EncodingCache
from core_model.detection.updates import DetectionUpdate
from core_model.device import DeviceError
from core_model.encoders.minilm import TextEncoderError
from core_model.media.errors import WHOLE_FILE, MediaError
from core_model.predictor import Predictor
from core_model.prompt_spec import PromptError
from core_model.prompting.kept import Extent, KeptFile
from core_model.prompting.prompter import PromptUpdate

# More updates than this are no smoother to look at, and each costs the main thread a repaint.
SHORTEST_PAUSE_S = 0.1
# How often who waits for more of a file to be encoded looks for it, and answers at most.
POLL_S = 0.05
PAUSE_S = 0.3
# Videos that are located before others have their turn: a place on a slow disk takes its time.
LOCATED_AT_ONCE = 8
NO_VIDEOS = "None of the project's videos is where it was."
# The model in use and one to compare it with.
KEPT_MODELS = 2


class UnansweredError(Exception):
    """A question cannot be answered; one line for people."""


class Models:
    """The models in use, each read once; for several threads."""

    def __init__(self) -> None:
        self._predictors: dict[Path, Predictor] = {}
        self._lock = threading.Lock()

    def loaded(self, bundle: Path | None) -> Predictor:
        """The model of a folder, None for the one that comes along.

        Versions of models never change, so that a folder stands for what it holds. Raises
        BundleError and DeviceError.
        """
        folder = bundle or starter_folder()
        with self._lock:
            predictor = self._predictors.pop(folder, None)
            if predictor is None:
                predictor = Predictor(Bundle(folder), cache=EncodingCache())
                predictor.prepare()
            self._predictors[folder] = predictor
            while len(self._predictors) > KEPT_MODELS:
                del self._predictors[next(iter(self._predictors))]
            return predictor

    def forget(self, bundle: Path) -> None:
        """Read a model again when it is asked for next."""
        with self._lock:
            self._predictors.pop(bundle, None)


class DetectionEngine:
    """Serves one request after the other; belongs to the thread that encodes."""

    def __init__(self, models: Models | None = None) -> None:
        self._models = models or Models()

    def prepare(self, bundle: Path | None = None) -> None:
        """Load the model. What stands in the way is said when the first file is looked at."""
        with contextlib.suppress(BundleError, DeviceError):
            self._models.loaded(bundle)

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
                self._models.forget(request.bundle)
                yield ModelReplaced(request.id, str(error))
                yield from self._served(request, None, cancelled)
        except (BundleError, DeviceError, MediaError) as error:
            yield DetectFailure(request.id, str(error))
        except OSError as error:
            yield DetectFailure(request.id, _reason(request.path, error))

    def encode(self, wish: EncodingWish, cancelled: Callable[[], bool]) -> None:
        """Encode the file of a wish, looking for nothing; the wish is told what came of it."""
        try:
            for update in self._models.loaded(wish.bundle).encode(wish.path, cancelled=cancelled):
                if update.done:
                    wish.end()
        except (BundleError, DeviceError, MediaError) as error:
            wish.fail(str(error))
        except OSError as error:
            wish.fail(_reason(wish.path, error))

    def _served(
        self, request: DetectRequest, bundle: Path | None, cancelled: Callable[[], bool]
    ) -> Iterator[DetectResponse]:
        predictor = self._models.loaded(bundle)
        if not cancelled():
            yield _model_ready(request.id, predictor)
            yield from self._detect(request, predictor, cancelled)

    def _detect(
        self, request: DetectRequest, predictor: Predictor, cancelled: Callable[[], bool]
    ) -> Iterator[DetectProgress]:
        next_due_s = 0.0
        updates = predictor.detect(request.path, span_us=request.span_us, cancelled=cancelled)
        for update in updates:
            now_s = time.monotonic()
            if update.done or now_s >= next_due_s:
                next_due_s = now_s + SHORTEST_PAUSE_S
                yield _progress(request.id, update)


_ANSWERED_ERRORS = (
    BundleError,
    DeviceError,
    MediaError,
    PromptError,
    TextEncoderError,
    UnansweredError,
)


class QuestionEngine:
    """Answers questions about files; belongs to a thread beside the one that encodes.

    ``wish`` asks that thread to encode a file.
    """

    def __init__(self, models: Models, wish: Callable[[Path, Path | None], EncodingWish]) -> None:
        self._models = models
        self._wish = wish

    def serve(
        self, question: Question, cancelled: Callable[[], bool]
    ) -> Generator[Answer | None, None, None]:
        """Responses, and None where others may be served while this one waits."""
        try:
            predictor = self._models.loaded(question.bundle)
            if isinstance(question, PromptRequest):
                yield from self._prompts(question, predictor, cancelled)
            elif isinstance(question, MomentsRequest):
                yield from _moments(question, predictor, cancelled)
            elif isinstance(question, ReviewOrderRequest):
                yield review_order(question, predictor.kept_file(question.path))
            elif isinstance(question, CurvesRequest):
                file = _encoded(predictor, question.path)
                yield LabelCurves(question.id, predictor.prompter.label_curves(file, question.keys))
            else:
                yield from _why(question, predictor)
        except _ANSWERED_ERRORS as error:
            yield PromptFailure(question.id, str(error))
        except OSError as error:
            yield PromptFailure(question.id, error.strerror or str(error))

    def _prompts(
        self, question: PromptRequest, predictor: Predictor, cancelled: Callable[[], bool]
    ) -> Iterator[Answer | None]:
        """As far as the file is encoded, and again while it grows."""
        prompter = predictor.prompter
        if prompter.will_load_text_model(question.specs):
            yield TextModelLoading(question.id)
        with contextlib.closing(self._stages(question, predictor, cancelled)) as stages:
            for stage in stages:
                if stage is None:
                    yield None
                    continue
                updates = prompter.answer(*stage, question.specs, question.visible_us, cancelled)
                for update in updates:
                    yield _prompt_progress(question.id, update)

    def _stages(
        self, question: PromptRequest, predictor: Predictor, cancelled: Callable[[], bool]
    ) -> Generator[tuple[KeptFile, Extent] | None, None, None]:
        """The file whenever enough more of it is encoded, at last as a whole; None in between.

        It is encoded if nobody does so. Raises MediaError where that is not possible.
        """
        file = predictor.kept_file(question.path)
        wish: EncodingWish | None = None
        ready, due_s = -1, 0.0
        try:
            while not cancelled():
                if file is None:
                    if wish is None or wish.is_over:
                        wish = self._wish(question.path, question.bundle)
                    if reason := wish.failure(POLL_S):
                        raise UnansweredError(reason)
                    file = predictor.library.kept(question.path)
                    yield None
                    continue
                extent = file.extent
                began_s = time.monotonic()
                if extent.done or (extent.ready > ready and began_s >= due_s):
                    yield file, extent
                    if extent.done:
                        return
                    now_s = time.monotonic()
                    ready, due_s = extent.ready, now_s + max(PAUSE_S, 10 * (now_s - began_s))
                file.wait_beyond(ready, POLL_S)
                if not (file.is_growing or file.extent.done):
                    file = None
                yield None
        finally:
            if wish is not None:
                wish.end()


def _moments(
    question: MomentsRequest, predictor: Predictor, cancelled: Callable[[], bool]
) -> Generator[Answer | None, None, None]:
    search = predictor.corpus
    if search.will_load_text_model(question.query):
        yield TextModelLoading(question.id)
    paths = dict.fromkeys(question.paths)
    for number, sought in enumerate(question.sought):
        if cancelled():
            return
        if (place := sought.found()) is not None:
            paths[place] = None
        if number % LOCATED_AT_ONCE == LOCATED_AT_ONCE - 1:
            yield None
    if not paths:
        raise UnansweredError(NO_VIDEOS)
    found = yield from search.search(tuple(paths), question.query, question.top, cancelled)
    yield MomentsFound(question.id, found.moments, found.missing)


def _why(question: WhyRequest, predictor: Predictor) -> Iterator[Answer]:
    if question.spec and predictor.prompter.will_load_text_model([question.spec]):
        yield TextModelLoading(question.id)
    file = _encoded(predictor, question.path)
    why = predictor.explainer.explain(file, question.detection, question.spec)
    yield WhyAnswer(
        id=question.id,
        level=why.level,
        stride=why.stride,
        raw_score=why.raw_score,
        calibrated=why.calibrated,
        score_without_audio=why.without_audio,
        score_without_picture=why.without_picture,
        nearest_labels=why.nearest_labels,
    )


def _encoded(predictor: Predictor, path: Path) -> KeptFile:
    file = predictor.kept_file(path)
    if file is None:
        raise MediaError(path, WHOLE_FILE, "is not encoded yet")
    return file


def _reason(path: Path, error: OSError) -> str:
    """The file was there when it was opened; a disk or a share may go away meanwhile."""
    return str(MediaError(path, WHOLE_FILE, error.strerror or str(error)))


def _prompt_progress(request_id: int, update: PromptUpdate) -> PromptProgress:
    return PromptProgress(
        request_id, update.spec, update.detections, update.curve, update.covered_us, update.done
    )


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
