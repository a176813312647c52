"""How the spectrogram is made and shown, and what has to be computed for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from core_model.media.probe import AudioInfo
from core_model.timeline import US_PER_S

AXES = ("mel", "log", "linear")
WINDOWS = ("hann", "hamming", "blackman", "blackman-harris", "rectangular")
COLOURS = ("automatic", "viridis", "magma", "grey")
WINDOWS_MS = (4, 8, 16, 32, 64, 128)
HOPS_MS = (1, 2, 5, 10, 20, 50)
LEAST_LEVEL_DB, GREATEST_LEVEL_DB = -110, 15
LEAST_RANGE_DB = 5
LEAST_SPAN_HZ = 50
HIGHEST_HZ = 400_000
MIXED = 0

# Most of what is looked for lies below; what asks for more is computed at the file's own rate.
_USUAL_RATE_HZ = 16_000
_LONGEST_FILE_BYTES = 1_500_000_000
# A logarithmic axis has no zero.
_LEAST_LOG_HZ = 20.0
_ENVELOPE_STEP_MS = 0.5


@dataclass(frozen=True, slots=True)
class SpectrogramSettings:
    """Everything that can be chosen.

    ``highest_hz`` 0 means as far as the file goes. ``channel`` is ``MIXED`` or counts from 1; a
    file with fewer channels is mixed. Floor and ceiling (dB of a full-scale sine) hold while
    ``auto_range`` is off.
    """

    window_ms: int = 32
    hop_ms: int = 10
    window: str = "hann"
    channel: int = MIXED
    axis: str = "mel"
    lowest_hz: int = 0
    highest_hz: int = 8_000
    auto_range: bool = True
    floor_db: int = -90
    ceiling_db: int = -10
    colours: str = "automatic"
    inverted: bool = False

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not _is_sensible(name, value):
                raise ValueError(f"{name} of a spectrogram cannot be {value!r}")
        if self.highest_hz and self.highest_hz - self.lowest_hz < LEAST_SPAN_HZ:
            raise ValueError(f"frequency range {self.lowest_hz} .. {self.highest_hz} Hz")
        if self.ceiling_db - self.floor_db < LEAST_RANGE_DB:
            raise ValueError(f"level range {self.floor_db} .. {self.ceiling_db} dB")

    @classmethod
    def from_stored(cls, values: Mapping[str, Any]) -> SpectrogramSettings:
        """From what :meth:`stored` gave; values that make no sense are left at their defaults."""
        known = {entry.name for entry in fields(cls)}
        sensible = {n: v for n, v in values.items() if n in known and _is_sensible(n, v)}
        try:
            return cls(**sensible)
        except ValueError:
            for name in ("lowest_hz", "highest_hz", "floor_db", "ceiling_db"):
                sensible.pop(name, None)
            return cls(**sensible)

    def stored(self) -> dict[str, Any]:
        """As numbers, words and switches that JSON can hold."""
        return asdict(self)

    def range_hz(self, rate_hz: int) -> tuple[float, float]:
        """The frequencies shown of sound sampled at ``rate_hz``."""
        nyquist_hz = rate_hz / 2
        highest_hz = min(self.highest_hz or nyquist_hz, nyquist_hz)
        least_hz = _LEAST_LOG_HZ if self.axis == "log" else 0.0
        lowest_hz = max(float(self.lowest_hz), least_hz)
        return max(min(lowest_hz, highest_hz - LEAST_SPAN_HZ), 0.0), highest_hz


@dataclass(frozen=True, slots=True)
class SoundPlan:
    """What is computed: all that names the result besides the content of the file.

    ``channel`` counts from 0, None mixes all. Frame ``k`` is centred on sample ``k *
    hop_samples``; each frame has ``envelope_steps`` steps of the waveform.
    """

    rate_hz: int
    window_samples: int
    hop_samples: int
    window: str
    channel: int | None
    envelope_steps: int

    @property
    def bins(self) -> int:
        return self.window_samples // 2 + 1

    @property
    def bin_hz(self) -> float:
        """Distance of two bins; bin ``b`` is centred on ``b * bin_hz``."""
        return self.rate_hz / self.window_samples

    @property
    def hop_us(self) -> float:
        return self.hop_samples * US_PER_S / self.rate_hz


def plan_for(settings: SpectrogramSettings, audio: AudioInfo) -> SoundPlan:
    """What to compute to show this sound with these settings.

    The hop is doubled until the result of a long file has a bearable size.
    """
    native_hz = audio.sample_rate_hz
    asked_hz = 2 * settings.highest_hz or native_hz
    rate_hz = min(native_hz, _USUAL_RATE_HZ) if asked_hz <= _USUAL_RATE_HZ else native_hz
    window_samples = _fast_length(max(settings.window_ms * rate_hz / 1_000, 16.0))
    hop_samples = max(round(settings.hop_ms * rate_hz / 1_000), 4)
    samples = max(audio.end_us - audio.start_us, 0) * rate_hz // US_PER_S
    while samples // hop_samples * (window_samples // 2 + 1) > _LONGEST_FILE_BYTES:
        hop_samples *= 2
    channel = settings.channel - 1 if 0 < settings.channel <= audio.channels > 1 else None
    hop_ms = hop_samples * 1_000 / rate_hz
    fours = max(0, round(math.log(hop_ms / _ENVELOPE_STEP_MS, 4)))
    steps = 4 ** min(fours, int(math.log(hop_samples, 4)))
    return SoundPlan(rate_hz, window_samples, hop_samples, settings.window, channel, steps)


def _fast_length(wanted: float) -> int:
    """The even number nearest to ``wanted`` that has no prime factor above 5: a transform of
    another length takes several times as long.
    """
    lengths = (
        2 * 2**twos * 3**threes * 5**fives
        for twos in range(20)
        for threes in range(6)
        for fives in range(5)
    )
    return min(lengths, key=lambda length: abs(length - wanted))


def _is_sensible(name: str, value: Any) -> bool:
    if name in ("auto_range", "inverted"):
        return isinstance(value, bool)
    words = {"axis": AXES, "window": WINDOWS, "colours": COLOURS}
    if name in words:
        return value in words[name]
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    choices = {"window_ms": WINDOWS_MS, "hop_ms": HOPS_MS}
    if name in choices:
        return value in choices[name]
    if name in ("floor_db", "ceiling_db"):
        return LEAST_LEVEL_DB <= value <= GREATEST_LEVEL_DB
    return 0 <= value <= (64 if name == "channel" else HIGHEST_HZ)
