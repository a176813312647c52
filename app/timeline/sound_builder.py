"""The thread that reads the sound of a media file and turns it into a picture on disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.precedence import Rank, give_way
from app.timeline.sound_features import Analyser, Samples
from app.timeline.sound_layout import Layout, SegmentDone, SoundIndex
from app.timeline.sound_order import SegmentOrder
from app.timeline.sound_reading import SoundReading
from app.timeline.sound_settings import SoundPlan
from app.timeline.sound_shelf import SoundShelf
from app.timeline.sound_store import SegmentRecord, SoundStore, SoundWriter
from app.worker import CancellableThread
from core_model.media.container import open_media, seeks_exactly
from core_model.media.errors import MediaError

# Stretches that may wait for their spectrum; decoding does not run further ahead.
_WAITING = 2
# After so many segments (ten seconds each at the usual hop) the sound is worth a quick transform.
_MANY = 12


@dataclass(frozen=True, slots=True)
class SoundRequest:
    """Make the picture of this file's sound, which lies in ``[start_us, end_us)``.

    ``focus_us`` is what is looked at and made first. Answers carry ``request_id``.
    """

    request_id: int
    path: Path
    plan: SoundPlan
    start_us: int
    end_us: int
    focus_us: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SoundBegun:
    """The picture can be drawn from ``store``, which from now on belongs to the receiver.

    It is complete already, or knows no segment yet.
    """

    request_id: int
    store: SoundStore
    is_complete: bool


@dataclass(frozen=True, slots=True)
class SoundProgress:
    """One more segment can be drawn."""

    request_id: int
    done: SegmentDone


@dataclass(frozen=True, slots=True)
class SoundEnd:
    """Nothing more comes; ``reason`` says why where the sound could not be read (to its end)."""

    request_id: int
    reason: str


class SoundBuilder(CancellableThread):
    """Works on one request: a beginning, segments in any order, then one end unless cancelled.

    A picture that turns out to be damaged is begun a second time.
    """

    begun = Signal(object)
    progressed = Signal(object)
    ended = Signal(object)

    def __init__(
        self, request: SoundRequest, shelf: SoundShelf, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("sound builder")
        self._request = request
        self._shelf = shelf
        # For whoever waits for the thread and takes no more answers: to be released.
        self.given: list[SoundStore] = []
        self._cancelled = threading.Event()
        self._order = SegmentOrder(request.plan, request.start_us, request.end_us)
        self.look_at(*request.focus_us)

    def look_at(self, start_us: int, end_us: int) -> None:
        """Go on with what lies there, from any thread."""
        self._order.look_at(start_us, end_us)

    def cancel(self) -> None:
        """Stop after the stretch being read; returns at once."""
        self._cancelled.set()

    def run(self) -> None:
        give_way(Rank.PLAYBACK)
        request = self._request
        reason = ""
        try:
            key = self._shelf.key(request.path, request.plan, request.start_us, request.end_us)
            if not self._found(key):
                self._build(key)
        except MediaError as error:
            reason = error.reason
        except OSError as error:
            reason = f"the picture cannot be kept: {error.strerror or error}"
        if not self._cancelled.is_set():
            self.ended.emit(SoundEnd(request.request_id, reason))

    def _found(self, key: str) -> bool:
        """Give what is on the shelf, then look whether it is intact."""
        store = self._shelf.find(key)
        if store is None:
            return False
        self._give(store, is_complete=True)
        if store.is_intact(self._cancelled.is_set):
            return True
        self._shelf.discard(store.path, "its checksum does not fit")
        return False

    def _give(self, store: SoundStore, *, is_complete: bool) -> None:
        self.given.append(store)
        self.begun.emit(SoundBegun(self._request.request_id, store, is_complete))

    def _build(self, key: str) -> None:
        request = self._request
        writer = self._shelf.create(key, request.plan, request.start_us)
        index = SoundIndex(Layout.of(request.plan))
        is_finished = False
        try:
            store = SoundStore(writer.path, request.plan, request.start_us)
            for each in (index, store.index):
                each.make_room(self._order.stated)
            self._give(store, is_complete=False)
            self._write_all(writer, index)
            if not self._cancelled.is_set():
                writer.finish(index)
                is_finished = True
                self._shelf.shrink(spared=writer.path)
        finally:
            if not is_finished:
                writer.abandon()

    def _write_all(self, writer: SoundWriter, index: SoundIndex) -> None:
        """Decode here, transform in a second thread, write and tell in the order of decoding."""
        waiting: deque[Future[SegmentRecord]] = deque()

        def take_first() -> None:
            done = writer.write(waiting.popleft().result())
            index.add(done)
            self.progressed.emit(SoundProgress(self._request.request_id, done))

        with ThreadPoolExecutor(1, "sound spectrum") as pool:
            analyser = Analyser(self._request.plan)
            for count, (number, filled, stretch) in enumerate(self._stretches()):
                if self._cancelled.is_set():
                    return
                if count == _MANY:
                    pool.submit(analyser.quicken)
                waiting.append(pool.submit(_record, writer, analyser, number, filled, stretch))
                if count == 0:
                    # The very first is shown without waiting for more sound.
                    take_first()
                    # Not beside the reading: the index of some hours takes 50 MB.
                    self._learn_to_jump()
                    # Something is to be seen now; the rest can wait for whatever plays.
                    give_way(Rank.BACKGROUND)
                    pool.submit(give_way, Rank.BACKGROUND)
                while len(waiting) > _WAITING:
                    take_first()
            while waiting and not self._cancelled.is_set():
                take_first()

    def _learn_to_jump(self) -> None:
        with open_media(self._request.path) as container:
            self._order.may_jump = seeks_exactly(container)

    def _stretches(self) -> Iterator[tuple[int, int, Samples]]:
        """(segment, samples in it, stretch) as they are wanted, each once."""
        request, order = self._request, self._order
        number = order.take()
        while number is not None:
            reading = SoundReading(request.path, request.plan, request.start_us, number)
            with closing(reading):
                following: int | None = number
                while following == number:
                    filled, stretch, is_last = reading.stretch()
                    if filled:
                        yield number, filled, stretch
                    following = order.take(after=number, is_last=is_last)
                    number += 1
            number = following


def _record(
    writer: SoundWriter, analyser: Analyser, number: int, filled: int, stretch: Samples
) -> SegmentRecord:
    return writer.prepare(number, filled, analyser.segment(stretch))
