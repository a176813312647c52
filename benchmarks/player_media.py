"""Videos to play, written in seconds and kept in a temporary folder: python -m benchmarks.player

A few seconds of a texture that moves under grain are encoded once, with key frames far apart as
x264 places them by default; their packets are then written again with later time stamps.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

GOP_FRAMES = 250
GRAIN_FRAMES = 4


@dataclass(frozen=True, slots=True)
class Kind:
    """Picture size in pixels and frames per second."""

    width_px: int
    height_px: int
    rate_hz: int


HD_30 = Kind(1920, 1080, 30)
HD_60 = Kind(1920, 1080, 60)
UHD_30 = Kind(3840, 2160, 30)


def video_to_play(kind: Kind, duration_s: float) -> Path:
    """The path of such a video, H.264 with B-frames in mp4, at least that long."""
    folder = Path(tempfile.gettempdir()) / "avscope-benchmarks"
    folder.mkdir(exist_ok=True)
    name = f"{kind.width_px}x{kind.height_px}-{kind.rate_hz}hz"
    loop, path = folder / f"{name}-loop.mp4", folder / f"{name}-{duration_s:g}s.mp4"
    partial = folder / "part.mp4"
    if not loop.exists():
        _write_loop(partial, kind)
        partial.replace(loop)
    if not path.exists():
        _repeat(loop, partial, duration_s)
        partial.replace(path)
    return path


def _pictures(kind: Kind) -> Iterator[np.ndarray]:
    """YUV 4:2:0 uint8 (H * 3 / 2, W): a texture that a camera pans over, and grain."""
    random = np.random.default_rng(5)
    height, width = kind.height_px, kind.width_px
    coarse = random.integers(30, 200, (2 * height // 16, 2 * width // 16), np.uint8)
    texture = coarse.repeat(16, 0).repeat(16, 1) + random.integers(
        0, 24, (2 * height // 16 * 16, 2 * width // 16 * 16), np.uint8
    )
    grain = random.integers(0, 2, (GRAIN_FRAMES, height, width), np.uint8)
    chroma = random.integers(90, 166, (height // 2, width), np.uint8).repeat(8, 1)[:, :width]
    for number in range(GOP_FRAMES):
        top, left = number * height // GOP_FRAMES, number * width // GOP_FRAMES
        luma = texture[top : top + height, left : left + width]
        shown = luma[:height, :width] + grain[number % GRAIN_FRAMES]
        yield np.concatenate([shown, chroma])


def _write_loop(path: Path, kind: Kind) -> None:
    options = {
        "preset": "veryfast",
        "crf": "34",
        "bf": "3",
        "g": str(GOP_FRAMES),
        "x264-params": "scenecut=0:open-gop=0",
    }
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=kind.rate_hz, options=options)
        stream.width, stream.height, stream.pix_fmt = kind.width_px, kind.height_px, "yuv420p"
        for picture in _pictures(kind):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode(None))


def _repeat(loop: Path, path: Path, duration_s: float) -> None:
    loop_s = Fraction(GOP_FRAMES)
    with av.open(str(loop)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        loop_s = GOP_FRAMES / Fraction(stream.average_rate or 1)
        rounds = itertools.takewhile(lambda k: k * loop_s < duration_s, itertools.count())
        for round_number in rounds:
            source.seek(0)
            for packet in source.demux(stream):
                if packet.dts is None or packet.pts is None:
                    continue
                later = round(round_number * loop_s / packet.time_base)
                packet.pts += later
                packet.dts += later
                packet.stream = copy
                target.mux(packet)
