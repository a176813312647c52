"""Long videos to measure with, written in seconds and kept in a temporary folder.

Some seconds of moving texture, shapes, grain and sound are encoded once; their packets are then
written again and again with later time stamps, so that decoding costs what a real film of that
length costs and writing it does not.
"""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE_HZ = 30
SOUND_RATE_HZ = 48_000
LOOP_S = 20


@dataclass(frozen=True, slots=True)
class Sizes:
    """Picture size in pixels and how far x264 may compress (crf)."""

    width_px: int
    height_px: int
    crf: int


HD = Sizes(1280, 720, 26)
SMALL = Sizes(320, 180, 34)


def long_video(duration_s: int, sizes: Sizes) -> Path:
    """The path of a video of that length, H.264 and AAC in mp4; written unless it is there."""
    folder = Path(tempfile.gettempdir()) / "avscope-benchmarks"
    folder.mkdir(exist_ok=True)
    path = folder / f"{sizes.width_px}x{sizes.height_px}-{sizes.crf}-{duration_s}s.mp4"
    if not path.exists():
        loop = folder / f"{path.stem}-loop.mp4"
        partial = folder / f"{path.stem}-part.mp4"
        _write_loop(loop, sizes)
        _repeat(loop, partial, duration_s)
        partial.replace(path)
        loop.unlink()
    return path


def _texture(random: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Random colours whose spectrum falls as that of photographs does (amplitude 1 / f)."""
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    spectrum = 1 / np.maximum(np.hypot(rows, columns), 1 / max(height, width))
    planes = []
    for _ in range(3):
        noise = np.fft.rfft2(random.normal(size=(height, width)))
        plane = np.fft.irfft2(noise * spectrum, (height, width))
        planes.append((plane - plane.mean()) / plane.std())
    return np.clip(128 + 45 * np.stack(planes, axis=-1), 0, 255).astype(np.uint8)


def _frames(sizes: Sizes):
    """A camera that pans over a texture, things that move before it, cuts, and grain."""
    random = np.random.default_rng(7)
    height, width = sizes.height_px, sizes.width_px
    grain = random.normal(0, 2, (8, height, width, 1)).astype(np.int16)
    speeds = random.integers(-9, 10, (12, 2)) * height // 360
    places = random.integers(0, min(height, width), (12, 2))
    side = height // 6
    scene = objects = np.empty((0, 0, 3), np.uint8)
    for number in range(LOOP_S * RATE_HZ):
        if number % (RATE_HZ * 5) == 0:
            scene = _texture(random, 2 * height, 2 * width)
            objects = _texture(random, side, side * len(speeds))
        top, left = number % height, (2 * number) % width
        image = scene[top : top + height, left : left + width].astype(np.int16)
        for index, (place, speed) in enumerate(zip(places, speeds, strict=True)):
            y = (place[0] + number * speed[0]) % (height - side)
            x = (place[1] + number * speed[1]) % (width - side)
            image[y : y + side, x : x + side] = objects[:, index * side : (index + 1) * side]
        image += grain[number % len(grain)]
        yield np.clip(image, 0, 255).astype(np.uint8)


def _sound() -> np.ndarray:
    """float32 (1, n): noise that swells, and a tone that glides."""
    random = np.random.default_rng(8)
    time_s = np.arange(LOOP_S * SOUND_RATE_HZ) / SOUND_RATE_HZ
    noise = random.normal(0, 0.05, len(time_s)) * (1 + np.sin(0.9 * time_s))
    tone = 0.2 * np.sin(2 * np.pi * (300 * time_s + 20 * time_s**2)) * (time_s % 2 < 0.7)
    return (noise + tone).astype(np.float32)[None]


def _write_loop(path: Path, sizes: Sizes) -> None:
    with av.open(str(path), "w") as container:
        options = {"crf": str(sizes.crf), "preset": "veryfast", "x264-params": "open-gop=0"}
        video = container.add_stream("libx264", rate=RATE_HZ, options=options)
        video.width, video.height, video.pix_fmt = sizes.width_px, sizes.height_px, "yuv420p"
        audio = container.add_stream("aac", rate=SOUND_RATE_HZ, layout="mono")
        for image in _frames(sizes):
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        sound = av.AudioFrame.from_ndarray(_sound(), format="fltp", layout="mono")
        sound.sample_rate = SOUND_RATE_HZ
        fifo = av.AudioFifo()
        fifo.write(sound)
        while (part := fifo.read(1024, partial=True)) is not None:
            container.mux(audio.encode(part))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _repeat(loop: Path, path: Path, duration_s: int) -> None:
    """The packets of ``loop`` over and over, each round ``LOOP_S`` later."""
    with av.open(str(loop)) as source, av.open(str(path), "w") as target:
        streams = {
            stream.index: target.add_stream_from_template(stream)
            for stream in (source.streams.video[0], source.streams.audio[0])
        }
        for round_s in itertools.takewhile(lambda s: s < duration_s, itertools.count(0, LOOP_S)):
            source.seek(0)
            for packet in source.demux(*(source.streams[index] for index in streams)):
                if packet.dts is None or packet.pts is None:
                    continue
                time_s = packet.pts * packet.time_base
                if time_s >= LOOP_S or round_s + time_s >= duration_s:
                    continue
                later = round(Fraction(round_s) / packet.time_base)
                packet.pts += later
                packet.dts += later
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
