"""A corpus in the layout of the real one, small enough to run the whole recipe on it."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import av
import numpy as np

GROUPS = 9
SOUNDS = ("engine", "music", "clapping")
FILMS = ("band marching", "no fight")
STILLS = ("clapping", "dancing")


def make_corpus(folder: Path) -> Path:
    """Write the three tables with their media: tones, moving bars and plain pictures."""
    random = np.random.default_rng(5)
    rows = []
    (folder / "sound").mkdir(parents=True)
    for place, label in enumerate(SOUNDS):
        for group in range(GROUPS):
            name = f"esc_{label}_{group}.wav"
            _write_sound(folder / "sound" / name, 200.0 * (place + 1) + 7 * group, random)
            rows.append((name, label, f"{label}{group}"))
    _write_table(folder / "sound.csv", ("file", "label", "group"), rows)
    rows = []
    (folder / "action_video").mkdir()
    for label in FILMS:
        for group in range(GROUPS):
            name = f"{label.replace(' ', '_')}_{group}.mp4"
            _write_film(folder / "action_video" / name, group, sound=label == "band marching")
            rows.append((name, label, f"{label}{group}"))
    _write_table(folder / "action_video.csv", ("file", "label", "group"), rows)
    rows = []
    with zipfile.ZipFile(folder / "action_images.zip", "w") as archive:
        for place, label in enumerate(STILLS):
            for index in range(12):
                name = f"{label}{index}.jpg"
                archive.writestr(f"images/{name}", _picture(40 + 90 * place, index))
                rows.append((name, label))
    _write_table(folder / "action_images.csv", ("file", "label"), rows)
    return folder


def _write_table(path: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows)


def _write_sound(path: Path, pitch_hz: float, random: np.random.Generator) -> None:
    time_s = np.arange(24_000) / 16_000
    wave = 0.3 * np.sin(2 * np.pi * pitch_hz * time_s) + 0.01 * random.standard_normal(24_000)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        _encode_sound(container, stream, wave, 16_000)


def _encode_sound(container, stream, wave: np.ndarray, rate_hz: int) -> None:
    samples = (wave * 32767).astype(np.int16)[None]
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate = rate_hz
    for packet in (*stream.encode(frame), *stream.encode(None)):
        container.mux(packet)


def _write_film(path: Path, shift: int, *, sound: bool) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=16)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for index in range(24):
            picture = np.zeros((48, 64, 3), np.uint8)
            left = (3 * index + 5 * shift) % 56
            picture[:, left : left + 8] = 255
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
        if audio is not None:
            time_s = np.arange(24_000) / 16_000
            _encode_sound(container, audio, 0.3 * np.sin(2 * np.pi * 330 * time_s), 16_000)


def _picture(grey: int, index: int) -> bytes:
    pixels = np.full((96, 112, 3), grey, np.uint8)
    pixels[index * 8 : index * 8 + 8] = 255 - grey
    written = io.BytesIO()
    with av.open(written, "w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 112, 96, "yuvj420p"
        for packet in (
            *stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")),
            *stream.encode(None),
        ):
            container.mux(packet)
    return written.getvalue()
