"""Render the bundled sample anew: ``python scripts/make_sample.py --work FOLDER``.

Writes ``resources/sample/sample.mp4`` and ``sample.json``. Every picture and sound comes from the
modules in ``scripts/sample``; nothing is recorded. Finished scenes are kept in the work folder, so
that after a change to one scene only that one (name it with ``--again``) is rendered anew.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from PySide6.QtGui import QGuiApplication

from sample import programme
from sample.picture import develop, shrink
from sample.synthesis import RATE_HZ

TARGET = Path(__file__).resolve().parent.parent / "resources" / "sample"
RENDERED = (450, 800)
SOUND_BLOCK = 1_024


def main() -> int:
    names = [scene[0] for scene in programme.SCENES]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="keeps finished scenes (1 GB)")
    parser.add_argument("--again", choices=names, action="append", default=[])
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication(sys.argv[:1])
    arguments.work.mkdir(parents=True, exist_ok=True)
    scenes = [rendered_scene(index, arguments.work, arguments.again) for index in range(len(names))]
    TARGET.mkdir(parents=True, exist_ok=True)
    write_truth(TARGET / "sample.json")
    unfinished = TARGET / "unfinished.mp4"
    write_video(unfinished, scenes, programme.sound_track())
    unfinished.replace(TARGET / "sample.mp4")
    application.quit()
    return 0


def rendered_scene(index: int, work: Path, again: list[str]) -> np.ndarray:
    """All pictures of a scene, uint8 (count, height, width, 3), from the folder or rendered."""
    name, frames, duration_s = programme.SCENES[index]
    path = work / f"{name}.npy"
    if path.exists() and name not in again:
        return np.load(path, mmap_mode="r")
    count = round(duration_s * programme.PICTURE_RATE_HZ)
    shape = (programme.HEIGHT_PX, programme.WIDTH_PX)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.lib.format.write_array_header_2_0(
            file, {"descr": "|u1", "fortran_order": False, "shape": (count, *shape, 3)}
        )
        generator = np.random.default_rng(index)
        for number, picture in enumerate(frames(RENDERED, programme.PICTURE_RATE_HZ, count)):
            file.write(develop(shrink(picture, shape), generator).tobytes())
            print(f"\r{name}: {number + 1} of {count} pictures", end="", file=sys.stderr)
    print(file=sys.stderr)
    unfinished.replace(path)
    return np.load(path, mmap_mode="r")


def write_truth(path: Path) -> None:
    """The events as JSON, in the form that ``detect --format json`` prints."""
    events = [
        {
            "task": event.task,
            "label": event.label,
            "onset_s": round(event.onset_s, 3),
            "offset_s": round(event.offset_s, 3),
        }
        for event in programme.EVENTS
    ]
    path.write_text(json.dumps({"events": events}, indent=2) + "\n", encoding="utf-8", newline="\n")


def write_video(path: Path, scenes: list[np.ndarray], sound: np.ndarray) -> None:
    """H.264 and AAC in MP4, index first, so that it starts to play while it is still read."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=programme.PICTURE_RATE_HZ)
        video.width, video.height = programme.WIDTH_PX, programme.HEIGHT_PX
        video.pix_fmt = "yuv420p"
        video.options = {"crf": "26", "preset": "slow", "g": "50", "tune": "film"}
        audio = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        audio.bit_rate = 96_000
        container.metadata["title"] = "AVScope sample"
        container.metadata["copyright"] = "CC0 1.0: rendered by scripts/make_sample.py"
        written = number = 0
        for scene in scenes:
            for picture in scene:
                until = programme.samples_before(number + 1)
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, programme.PICTURE_RATE_HZ)
                container.mux(video.encode(frame))
                written = _write_sound(container, audio, sound, written, until)
                number += 1
        _write_sound(container, audio, sound, written, len(sound), flush=True)
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _write_sound(
    container: OutputContainer,
    stream: av.AudioStream,
    sound: np.ndarray,
    written: int,
    until: int,
    *,
    flush: bool = False,
) -> int:
    """Encode whole blocks of sound up to ``until``; returns how much is written by now."""
    while written + SOUND_BLOCK <= until or (flush and written < until):
        block = sound[written : min(written + SOUND_BLOCK, until)]
        frame = av.AudioFrame.from_ndarray(block[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, written
        frame.time_base = Fraction(1, RATE_HZ)
        container.mux(stream.encode(frame))
        written += len(block)
    return written


if __name__ == "__main__":
    sys.exit(main())
