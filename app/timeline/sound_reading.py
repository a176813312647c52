"""Samples of a file from one segment on, in stretches as the analyser wants them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.timeline.sound_features import SEGMENT_FRAMES, Samples
from app.timeline.sound_settings import SoundPlan
from core_model.media import audio
from core_model.timeline import US_PER_S


class SoundReading:
    """Each stretch is a segment with half a window before and after it, so they overlap.

    Sample ``k`` of the sound lies at ``origin_us + k / rate``, wherever reading began; silence
    stands before and after the sound. Close it to close the file.
    """

    def __init__(self, path: Path, plan: SoundPlan, origin_us: int, segment: int) -> None:
        self._rate_hz = plan.rate_hz
        self._half = plan.window_samples // 2
        self._segment_samples = SEGMENT_FRAMES * plan.hop_samples
        self._wanted = self._segment_samples + plan.window_samples
        first = segment * self._segment_samples - self._half
        self._start_us = origin_us + max(first, 0) * US_PER_S // plan.rate_hz
        self._held = np.zeros(max(-first, 0), np.float32)
        # How many of the held samples are silence that was put before the sound.
        self._before = len(self._held)
        self._chunks = audio.samples(
            path, self._start_us, rate_hz=plan.rate_hz, channel=plan.channel
        )
        self._has_begun = False

    def stretch(self) -> tuple[int, Samples, bool]:
        """(samples of sound in the segment, stretch, whether no sound comes after it).

        Raises MediaError where the sound cannot be read.
        """
        is_last = self._fill()
        stretch = self._held[: self._wanted]
        there = min(max(len(self._held) - self._half, 0), self._segment_samples)
        self._held = self._held[self._segment_samples :].copy()
        is_last = is_last and len(self._held) <= self._half
        return there, np.pad(stretch, (0, self._wanted - len(stretch))), is_last

    def close(self) -> None:
        self._chunks.close()

    def _fill(self) -> bool:
        """Hold a stretch, or all that is left; says whether it was all."""
        pieces, count = [self._held], len(self._held)
        while count < self._wanted:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            if not self._has_begun:
                self._has_begun = True
                late = round((chunk.pts_us - self._start_us) * self._rate_hz / US_PER_S)
                pieces.append(np.zeros(max(late, 0), np.float32))
                count += max(late, 0)
            pieces.append(chunk.samples)
            count += len(chunk.samples)
        self._held = np.concatenate(pieces)
        return count < self._wanted
