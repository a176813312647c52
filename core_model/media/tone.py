"""High dynamic range and wide gamut, brought to what a usual screen can show.

A look-up cube is computed once per kind of picture and applied by FFmpeg's ``lut3d``, which takes
some milliseconds per frame. Sources: ITU-R BT.2100 (PQ, HLG), BT.2390 (the knee that compresses
what is brighter than the screen), BT.2408 (203 cd/m2 for white), BT.2020 and BT.709 (primaries).
"""

from __future__ import annotations

import enum
import functools
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame

_PQ_TRANSFER = 16
_HLG_TRANSFER = 18
_BT2020_PRIMARIES = 9
# Planar, since lut3d is several times slower on anything else.
WORKING_FORMAT = "gbrp16le"
_CUBE_POINTS = 33
_WHITE_NITS = 203.0
# What bright pictures are usually mastered for; brighter spots become white.
_PQ_PEAK_NITS = 2000.0
_HLG_PEAK_NITS = 1000.0
_HLG_SYSTEM_GAMMA = 1.2
_SCREEN_GAMMA = 2.2
_STUDIO_GAMMA = 2.4
_PQ_M1, _PQ_M2 = 2610 / 16384, 2523 / 4096 * 128
_PQ_C1, _PQ_C2, _PQ_C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_BT2020_LUMA = np.array((0.2627, 0.6780, 0.0593))
_BT2020_TO_BT709 = np.array(
    ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))
)


class Tone(enum.Enum):
    """What has to be done to a picture before a usual screen can show it."""

    PQ = "pq"
    HLG = "hlg"
    WIDE_GAMUT = "wide gamut"


def tone_of(frame: VideoFrame) -> Tone | None:
    """None for what screens show as it is."""
    if frame.color_trc == _PQ_TRANSFER:
        return Tone.PQ
    if frame.color_trc == _HLG_TRANSFER:
        return Tone.HLG
    if frame.color_primaries == _BT2020_PRIMARIES:
        return Tone.WIDE_GAMUT
    return None


def for_screen(tone: Tone, signal: np.ndarray) -> np.ndarray:
    """R'G'B' float (n, 3) in [0, 1] of BT.2020 primaries -> R'G'B' of BT.709, clipped to [0, 1]."""
    if tone is Tone.WIDE_GAMUT:
        linear = signal**_STUDIO_GAMMA @ _BT2020_TO_BT709.T
        return np.clip(linear, 0.0, 1.0) ** (1 / _STUDIO_GAMMA)
    if tone is Tone.PQ:
        nits, peak_nits = _pq_nits(signal), _PQ_PEAK_NITS
    else:
        nits, peak_nits = _hlg_nits(signal), _HLG_PEAK_NITS
    # In the colours of the screen first, so that its brightest ones are bent and not cut off; by
    # one factor for all three, so that they keep their hue.
    nits = np.maximum(nits @ _BT2020_TO_BT709.T, 0.0)
    brightest = np.maximum(nits.max(axis=1, keepdims=True), 1e-6)
    linear = nits * (_compressed(brightest, peak_nits) / brightest) / _WHITE_NITS
    return np.clip(linear, 0.0, 1.0) ** (1 / _SCREEN_GAMMA)


class ToneMapper:
    """Applies the cube of one tone to frames of one size in ``WORKING_FORMAT``."""

    def __init__(self, tone: Tone, width_px: int, height_px: int) -> None:
        self.key = (tone, width_px, height_px)
        self._count = 0
        self._graph = Graph()
        self._source = self._graph.add(
            "buffer",
            f"video_size={width_px}x{height_px}:pix_fmt={WORKING_FORMAT}"
            ":time_base=1/25:pixel_aspect=1/1",
        )
        self._sink = self._graph.add("buffersink")
        with tempfile.TemporaryDirectory(prefix="avscope-") as folder:
            # The filter takes its cube from a file, and reads it now.
            cube = Path(folder) / "tone.cube"
            cube.write_text(_cube_text(tone), encoding="ascii")
            mapper = self._graph.add("lut3d", file=str(cube), interp="tetrahedral")
        self._source.link_to(mapper)
        mapper.link_to(self._sink)
        self._graph.configure()

    def apply(self, frame: VideoFrame) -> VideoFrame:
        """The frame with its colours for the screen; the size and format stay."""
        # Filters want increasing time stamps, and these frames go back and forth.
        frame.pts, frame.time_base = self._count, Fraction(1, 25)
        self._count += 1
        self._source.push(frame)
        mapped = self._sink.pull()
        assert isinstance(mapped, VideoFrame)
        return mapped


@functools.cache
def _cube_text(tone: Tone) -> str:
    steps = np.linspace(0.0, 1.0, _CUBE_POINTS)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    signal = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    rows = (f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in for_screen(tone, signal).tolist())
    return "\n".join((f"LUT_3D_SIZE {_CUBE_POINTS}", *rows, ""))


def _pq_nits(signal: np.ndarray) -> np.ndarray:
    root = signal ** (1 / _PQ_M2)
    return 10_000 * (np.maximum(root - _PQ_C1, 0) / (_PQ_C2 - _PQ_C3 * root)) ** (1 / _PQ_M1)


def _pq_signal(nits: np.ndarray) -> np.ndarray:
    power = (nits / 10_000) ** _PQ_M1
    return ((_PQ_C1 + _PQ_C2 * power) / (1 + _PQ_C3 * power)) ** _PQ_M2


def _hlg_nits(signal: np.ndarray) -> np.ndarray:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luma = (scene @ _BT2020_LUMA)[:, None]
    return _HLG_PEAK_NITS * np.maximum(luma, 1e-9) ** (_HLG_SYSTEM_GAMMA - 1) * scene


def _compressed(nits: np.ndarray, peak_nits: float) -> np.ndarray:
    """BT.2390's knee: dark and middle tones stay, what lies above bends towards the white of the
    screen, which ``peak_nits`` reaches."""
    peak, white = _pq_signal(np.array((peak_nits, _WHITE_NITS))).tolist()
    level = np.minimum(_pq_signal(nits) / peak, 1.0)
    white /= peak
    knee = 1.5 * white - 0.5
    t = np.maximum(level - knee, 0.0) / (1 - knee)
    bent = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (3 * t**2 - 2 * t**3) * white
    )
    return _pq_nits(np.where(level < knee, level, bent) * peak)
