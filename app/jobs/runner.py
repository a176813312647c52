"""The worker thread and the main thread's end of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.jobs.asking import Questions
from app.jobs.loading import load_engine
from app.jobs.requests import (
    CurvesRequest,
    DetectFailure,
    DetectProgress,
    DetectRequest,
    DetectResponse,
    MomentsRequest,
    PromptRequest,
    Question,
    ReviewOrderRequest,
    WhyRequest,
)
from app.jobs.wish import EncodingWish
from app.precedence import Rank, give_way
from app.project.places import Sought
from core_model.prompt_spec import Example, PromptSpec
from core_model.timeline import Detection, Task


class JobRunner(QObject):
    """Sends requests to the worker threads and hands their responses on, in the main thread.

    ``responded`` carries a DetectResponse of the newest request only: what a cancelled or older
    one still sends is dropped. The thread, and with it the model, starts with the first request,
    or when it is asked to warm up. Questions about files are answered by a second thread, while a
    detection goes on: ``prompted`` carries each PromptResponse, ``moments_answered`` each
    MomentsResponse, ``why_answered`` each WhyResponse, ``curves_answered`` each CurvesResponse, to
    the newest question of its kind only.
    """

    responded = Signal(object)
    prompted = Signal(object)
    review_ordered = Signal(object)
    moments_answered = Signal(object)
    why_answered = Signal(object)
    curves_answered = Signal(object)
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._condition = threading.Condition()
        self._request: DetectRequest | None = None
        self._newest_id = 0
        self._wanted_id: int | None = None
        self._closing = False
        self._thread: threading.Thread | None = None
        self._bundle: Path | None = None
        self._wishes: list[EncodingWish] = []
        self._questions = Questions(self)
        self._questions.answered.connect(self._on_answered)
        self._arrived.connect(self._on_arrived)

    @property
    def is_busy(self) -> bool:
        """Whether a request has been sent and neither finished, failed nor been cancelled."""
        return self._wanted_id is not None

    @property
    def is_prompting(self) -> bool:
        """Whether prompts have been sent and are neither all answered nor cancelled."""
        return self._questions.is_asked(PromptRequest)

    def set_bundle(self, folder: Path | None) -> None:
        """Use this model from the next request on; None for the one that comes along."""
        self._bundle = folder

    def warm_up(self) -> None:
        """Load the model now, so that the first file need not wait for it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="detection")
            self._thread.start()

    def detect(self, path: Path, span_us: tuple[int, int] | None = None) -> int:
        """Ask for the events of a file, or of a stretch of it, instead of whatever is under way;
        returns the id."""
        with self._condition:
            self._newest_id += 1
            self._wanted_id = self._newest_id
            self._request = DetectRequest(self._newest_id, path, span_us, self._bundle)
            self._condition.notify_all()
        self.warm_up()
        return self._newest_id

    def cancel(self) -> None:
        """Want no more responses; the worker stops at its next look."""
        with self._condition:
            self._wanted_id = None
            self._request = None

    def ask_prompts(
        self, path: Path, specs: Sequence[PromptSpec], visible_us: tuple[int, int] | None = None
    ) -> int:
        """Ask what prompts find in a file, instead of other prompts; returns the id.

        ``prompted`` carries the answers: PromptProgress for each prompt until all are ``done``, or
        a PromptFailure. A detection that is under way goes on.
        """
        request = PromptRequest(
            self._questions.next_id(), path, tuple(specs), visible_us, self._bundle
        )
        self._ask(request)
        return request.id

    def ask_moments(
        self,
        paths: Sequence[Path],
        query: PromptSpec | Example,
        top: int = 50,
        sought: Sequence[Sought] = (),
    ) -> int:
        """Ask for the moments of encoded files that are most like a query, instead of another;
        returns the id. ``moments_answered`` carries MomentsFound or a PromptFailure. Videos that
        are ``sought`` are located by the worker."""
        request = MomentsRequest(
            self._questions.next_id(), tuple(paths), query, top, tuple(sought), self._bundle
        )
        self._ask(request)
        return request.id

    def ask_why(self, path: Path, detection: Detection, spec: PromptSpec | None = None) -> int:
        """Ask how a detection came about, instead of another; returns the id. ``why_answered``
        carries a WhyAnswer or a PromptFailure."""
        request = WhyRequest(self._questions.next_id(), path, detection, spec, self._bundle)
        self._ask(request)
        return request.id

    def ask_curves(self, path: Path, keys: Sequence[tuple[Task, str]]) -> int:
        """Ask how sure the model is of labels over time, where it has looked already, instead of
        another; returns the id. ``curves_answered`` carries LabelCurves or a PromptFailure."""
        request = CurvesRequest(self._questions.next_id(), path, tuple(keys), self._bundle)
        self._ask(request)
        return request.id

    def cancel_moments(self) -> None:
        """Want no more of a search."""
        self._questions.cancel(MomentsRequest)

    def cancel_prompts(self) -> None:
        """Want no more answers to prompts."""
        self._questions.cancel(PromptRequest)

    def ask_review_order(
        self,
        path: Path,
        ids: np.ndarray,
        kinds: np.ndarray,
        label_ids: np.ndarray,
        spans_us: np.ndarray,
        doubts: np.ndarray,
    ) -> int:
        """Ask in which order to decide on finds of a file, see :class:`ReviewOrderRequest`;
        returns the id. ``review_ordered`` carries a ReviewOrder, or a PromptFailure."""
        request = ReviewOrderRequest(
            self._questions.next_id(), path, ids, kinds, label_ids, spans_us, doubts, self._bundle
        )
        self._ask(request)
        return request.id

    def stop(self) -> None:
        """Cancel, take no more requests, and let the thread end by itself."""
        with self._condition:
            self._closing = True
            self._wanted_id = None
            self._request = None
            self._condition.notify_all()
        self._questions.stop()

    def shutdown(self, patience_s: float | None = None) -> bool:
        """Stop and join the threads; False if it still runs after ``patience_s`` (None: for ever).

        It may be loading the model's library, which takes seconds and heeds nobody.
        """
        self.stop()
        ended = self._questions.join(patience_s)
        if self._thread is not None:
            self._thread.join(patience_s)
        return ended and (self._thread is None or not self._thread.is_alive())

    def _ask(self, question: Question) -> None:
        self._questions.ask(question)
        self.warm_up()

    def _work(self) -> None:
        # Imported here, in the worker: the model's library takes seconds to load, and the window
        # is used meanwhile.
        load_engine()
        from app.jobs.engine import DetectionEngine, Models, QuestionEngine

        models = Models()
        engine = DetectionEngine(models)
        engine.prepare(self._bundle)
        self._questions.begin(QuestionEngine(models, self._wish_for))
        # Only now: prompts wait for the model, too.
        give_way(Rank.BACKGROUND)
        while (job := self._next_job()) is not None:
            if isinstance(job, EncodingWish):
                engine.encode(job, lambda wish=job: self._is_out_of_turn(wish))
                continue
            for response in engine.serve(job, lambda asked=job.id: self._must_stop(asked)):
                self._arrived.emit(response)

    def _next_job(self) -> DetectRequest | EncodingWish | None:
        """A request, else a file that questions wait for; None when the thread has to end."""
        with self._condition:
            while not self._closing and self._request is None:
                self._wishes = [wish for wish in self._wishes if not wish.is_over]
                if self._wishes:
                    return self._wishes[0]
                self._condition.wait()
            request, self._request = self._request, None
            return None if self._closing else request

    def _must_stop(self, request_id: int) -> bool:
        """What the worker asks all the time: whether nobody wants its work any more."""
        return self._is_stale(request_id)

    def _wish_for(self, path: Path, bundle: Path | None) -> EncodingWish:
        """Called by the thread of the questions."""
        wish = EncodingWish(path, bundle)
        with self._condition:
            self._wishes.append(wish)
            self._condition.notify_all()
        return wish

    def _is_out_of_turn(self, wish: EncodingWish) -> bool:
        """Whether something else is to be done before a wish is fulfilled."""
        return self._closing or self._request is not None or wish.is_over

    def _is_stale(self, request_id: int) -> bool:
        return self._wanted_id != request_id

    def _on_arrived(self, response: DetectResponse) -> None:
        if self._is_stale(response.id):
            return
        if isinstance(response, DetectFailure) or (
            isinstance(response, DetectProgress) and response.done
        ):
            self._wanted_id = None
        self.responded.emit(response)

    def _on_answered(self, question: Question, response: object) -> None:
        signals = {
            PromptRequest: self.prompted,
            MomentsRequest: self.moments_answered,
            ReviewOrderRequest: self.review_ordered,
            WhyRequest: self.why_answered,
            CurvesRequest: self.curves_answered,
        }
        signals[type(question)].emit(response)
