"""Media files -> embeddings, out of the cache where they were encoded before."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np

from core_model.bundle import Bundle
from core_model.cache import EncodingCache, Encodings, content_hash
from core_model.detection.encoding import BlockEncoder, blank_picture, silence
from core_model.detection.run import Features, tasks_of
from core_model.device import Device
from core_model.encoders.base import AudioEncoder, VisualEncoder
from core_model.media.errors import MediaError
from core_model.media.probe import MediaInfo, probe
from core_model.timeline import SnippetGrid
from training.corrections.encoded import EncodedVideo


class MediaEncoder:
    """Encodes whole files with a bundle's encoders; parts of the bundle are read when needed."""

    def __init__(self, bundle: Bundle, device: Device, cache: EncodingCache | None) -> None:
        self._bundle = bundle
        self._device = device
        self._cache = cache

    def encoded(
        self,
        name: str,
        path: Path,
        expected_hash: str = "",
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Generator[float, None, EncodedVideo]:
        """Yields the share that is done, returns the snippets.

        With ``expected_hash`` only a file of that content will do. Raises MediaError,
        BundleError and DetectionCancelledError.
        """
        info = probe(path)
        try:
            found_hash = content_hash(path)
        except OSError as error:
            raise MediaError(path, "file", error.strerror or str(error)) from error
        if expected_hash and found_hash != expected_hash:
            raise MediaError(path, "file", "holds something else than what was annotated")
        kept = self._kept(info, found_hash)
        if kept is None:
            encoder = BlockEncoder(info, self._visual_encoder, self._audio_encoder, self._device)
            for ready in encoder.blocks(cancelled):
                yield ready / encoder.count
            kept = encoder.result()
            if self._cache is not None:
                self._cache.store(found_hash, self._bundle.encoder_ids, kept)
        yield 1.0
        features = Features(
            self._blank_picture if kept.visual is None else kept.visual,
            self._silence if kept.audio is None else kept.audio,
        )
        return EncodedVideo(name, features, kept.grid, kept.count, kept.end_us, tasks_of(info))

    def _kept(self, info: MediaInfo, media_hash: str) -> Encodings | None:
        if self._cache is None:
            return None
        kept = self._cache.load(media_hash, self._bundle.encoder_ids, SnippetGrid(info.start_us))
        same = kept is not None and (
            (kept.visual is None) == (info.video is None)
            and (kept.audio is None) == (info.audio is None)
        )
        return kept if same else None

    @functools.cached_property
    def _visual_encoder(self) -> VisualEncoder:
        return self._bundle.visual_encoder(self._device.torch_device)

    @functools.cached_property
    def _audio_encoder(self) -> AudioEncoder:
        return self._bundle.audio_encoder(self._device.torch_device)

    @functools.cached_property
    def _blank_picture(self) -> np.ndarray:
        return blank_picture(self._visual_encoder, self._device)

    @functools.cached_property
    def _silence(self) -> np.ndarray:
        return silence(self._audio_encoder, self._device)
