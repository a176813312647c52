"""A media file -> the embeddings of its snippets, block by block in bounded memory.

Only the embeddings grow with the length of the media: as float16 they take
``2 * (visual dim + audio dim)`` bytes per snippet, 22 MB per hour for the starter encoders.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator

import numpy as np
from torch import Tensor, nn

from core_model.cache import Encodings
from core_model.detection.feeds import (
    Block,
    DetectionCancelledError,
    Feed,
    block_sizes,
    frame_blocks,
    sample_blocks,
)
from core_model.device import Device
from core_model.encoders.base import (
    FRAMES_PER_WINDOW,
    SAMPLES_PER_WINDOW,
    AudioEncoder,
    VisualEncoder,
)
from core_model.media.errors import WHOLE_FILE, MediaError
from core_model.media.probe import MediaInfo
from core_model.timeline import US_PER_S, SnippetGrid

# The size at which a missing picture is shown to an encoder that has its own.
_BLANK_SIZE_PX = (640, 360)


class BlockEncoder:
    """Encodes the streams of one file; ``ready`` snippets of :attr:`visual` and :attr:`audio`
    hold their embeddings so far, float16 (snippets, dim), None for a stream the file lacks.

    Iterate :meth:`blocks`, then take :meth:`result`. ``calls`` counts those of the encoders.
    """

    def __init__(
        self,
        info: MediaInfo,
        visual_encoder: VisualEncoder,
        audio_encoder: AudioEncoder,
        device: Device,
    ) -> None:
        self.grid = SnippetGrid(info.start_us)
        self.ready = 0
        self.calls = 0
        self.count = self.grid.snippet_count(info.end_us)
        self.end_us = info.end_us
        self._info = info
        self._device = device
        self._visual_encoder = visual_encoder
        self._audio_encoder = audio_encoder
        self.visual = self._room(visual_encoder.dim) if info.video else None
        self.audio = self._room(audio_encoder.dim) if info.audio else None

    def blocks(self, cancelled: Callable[[], bool]) -> Iterator[int]:
        """Yields the number of ready snippets after each block.

        Where both streams end before the stated end of the file, so do the snippets. Raises
        DetectionCancelledError and MediaError.
        """
        with contextlib.ExitStack() as stack:
            frames = self._frame_feed(stack)
            samples = self._sample_feed(stack)
            stack.enter_context(interruptible(self._visual_encoder, cancelled))
            stack.enter_context(interruptible(self._audio_encoder, cancelled))
            for size in block_sizes(self.count):
                ends_us: list[int | None] = []
                for feed, encoder, room in (
                    (samples, self._audio_encoder, self.audio),
                    (frames, self._visual_encoder, self.visual),
                ):
                    if feed is not None and room is not None:
                        block = feed.take(cancelled)
                        self._fill(room, size, encoder, block)
                        ends_us.append(block.stream_end_us)
                self._shorten(ends_us)
                self.ready = min(self.ready + size, self.count)
                yield self.ready
                if self.ready == self.count:
                    return

    def result(self) -> Encodings:
        """All embeddings, once the blocks are through."""
        return Encodings(
            self.grid,
            self.end_us,
            None if self.visual is None else self.visual[: self.count],
            None if self.audio is None else self.audio[: self.count],
        )

    def _room(self, dim: int) -> np.ndarray:
        try:
            return np.empty((self.count, dim), np.float16)
        except MemoryError as error:
            hours = round((self.end_us - self.grid.origin_us) / US_PER_S / 3600)
            reason = f"lasts {hours} hours by its time stamps, too long to be looked through"
            raise MediaError(self._info.path, WHOLE_FILE, reason) from error

    def _frame_feed(self, stack: contextlib.ExitStack) -> Feed | None:
        video = self._info.video
        if video is None:
            return None
        size_px = self._visual_encoder.frame_size_px(video.width, video.height)
        blocks = functools.partial(
            frame_blocks, self._info.path, self.grid.origin_us, self.count, size_px
        )
        return stack.enter_context(Feed("frames", blocks))

    def _sample_feed(self, stack: contextlib.ExitStack) -> Feed | None:
        if self._info.audio is None:
            return None
        blocks = functools.partial(sample_blocks, self._info.path, self.grid.origin_us, self.count)
        return stack.enter_context(Feed("samples", blocks))

    def _fill(
        self, room: np.ndarray, size: int, encoder: VisualEncoder | AudioEncoder, block: Block
    ) -> None:
        self.calls += 1
        with self._device.encoding():
            room[self.ready : self.ready + size] = _as_half(encoder.embed(block.data))

    def _shorten(self, ends_us: list[int | None]) -> None:
        """A file that is cut off ends where its last stream does, not where its header says."""
        known = [end_us for end_us in ends_us if end_us is not None]
        if len(known) < len(ends_us):
            return
        count = max(1, self.grid.snippet_count(max(known)))
        if count < self.count:
            self.count, self.end_us = count, max(known)


def blank_picture(encoder: VisualEncoder, device: Device) -> np.ndarray:
    """The embedding (dim,) float16 of one second of black."""
    width_px, height_px = encoder.frame_size_px(*_BLANK_SIZE_PX)
    with device.encoding():
        embedding = encoder.embed(np.zeros((FRAMES_PER_WINDOW, height_px, width_px, 3), np.uint8))
    return _as_half(embedding)[0]


def silence(encoder: AudioEncoder, device: Device) -> np.ndarray:
    """The embedding (dim,) float16 of one second of digital silence."""
    with device.encoding():
        embedding = encoder.embed(np.zeros(SAMPLES_PER_WINDOW, np.float32))
    return _as_half(embedding)[0]


@contextlib.contextmanager
def interruptible(
    encoder: VisualEncoder | AudioEncoder, cancelled: Callable[[], bool]
) -> Iterator[None]:
    """Inside, the encoder's network asks before each of its layers whether to go on.

    An encoder shows its network as ``network``, a torch module; one without is asked between
    blocks only.
    """
    network = getattr(encoder, "network", None)

    def ask(module: nn.Module, inputs: object) -> None:
        if cancelled():
            raise DetectionCancelledError

    layers = [] if not isinstance(network, nn.Module) else network.modules()
    handles = [
        layer.register_forward_pre_hook(ask) for layer in layers if not any(layer.children())
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _as_half(embeddings: Tensor) -> np.ndarray:
    """float16, kept finite: beyond its range lies nothing that an encoder means."""
    limit = float(np.finfo(np.float16).max)
    return embeddings.float().clamp(-limit, limit).numpy().astype(np.float16)
