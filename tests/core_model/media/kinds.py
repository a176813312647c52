"""The kinds of files that the tests of media read, each written once per test run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.media_factory import Audio, Video, regular_ticks, write_media

_B_FRAMES = {"bf": "3", "g": "25"}
_OPEN_GOPS = {
    "bf": "3",
    "x264-params": "open-gop=1:keyint=20:min-keyint=20:scenecut=0",
}
VARIABLE_TICKS = (0, 1, 2, 5, 6, 10, 20, 21, 22, 23, 40, 41, 60, 90)


def _video(count: int = 50, first: int = 0, **more: object) -> Video:
    options = more.pop("options", _B_FRAMES)
    return Video(regular_ticks(count, 1, first), options=options, **more)


VIDEO_KINDS: dict[str, Video] = {
    "constant.mp4": _video(),
    "constant.mkv": _video(),
    "every_frame_a_key.avi": _video(codec="mjpeg", options={}, pixel_format="yuvj420p"),
    "flash.flv": _video(),
    "hevc.mp4": _video(
        codec="libx265", options={"x265-params": "keyint=12:bframes=3:log-level=none"}
    ),
    "long_groups.mp4": _video(300, options={"bf": "3", "g": "250", "b-pyramid": "normal"}),
    "mpeg2.ts": _video(codec="mpeg2video", options={"bf": "2", "g": "12"}),
    "mpeg2.mpg": _video(codec="mpeg2video", options={"bf": "2", "g": "12"}),
    "mpeg4.avi": _video(codec="mpeg4", options={"bf": "2", "g": "12"}),
    "open_groups.mkv": _video(100, options=_OPEN_GOPS),
    "open_groups.mp4": _video(100, options=_OPEN_GOPS),
    "ragged.mkv": Video(VARIABLE_TICKS, options=_B_FRAMES),
    "ragged.mp4": Video(VARIABLE_TICKS, options=_B_FRAMES),
    "starts_late.mkv": _video(first=125),
    "starts_late.mp4": _video(first=125),
    "starts_late.ts": _video(first=100),
    "without_times.h264": _video(),
    "vp8.webm": _video(
        codec="libvpx",
        options={"g": "12", "auto-alt-ref": "1", "lag-in-frames": "16", "cpu-used": "8"},
    ),
    "vp9.webm": _video(
        codec="libvpx-vp9",
        options={"g": "12", "auto-alt-ref": "1", "lag-in-frames": "16", "cpu-used": "8"},
    ),
}
"""Frames carry their numbers, counted from 0, in every one of them."""

VIDEO_SHIFT_US = {
    "flash.flv": 80_000,
    "mpeg2.mpg": 540_000,
    "mpeg2.ts": 40_000,
    "mpeg4.avi": 40_000,
}
"""What some containers add to all time stamps so that decoding times are not negative."""

AUDIO_KINDS: dict[str, Audio] = {
    "sound.flac": Audio(codec="flac"),
    "sound.m4a": Audio(channels=2),
    "sound.mp3": Audio(codec="libmp3lame"),
    "sound.ogg": Audio(codec="libopus", rate_hz=48_000),
    "sound.wav": Audio(codec="pcm_s16le"),
}

BOTH_KINDS: dict[str, tuple[Video, Audio]] = {
    "both.mp4": (_video(), Audio()),
    "both.mkv": (_video(), Audio(codec="libopus", rate_hz=48_000)),
    "both.ts": (_video(first=100), Audio(((4.0, 2.0),))),
    "sound_comes_late.mp4": (_video(75), Audio(((1.5, 1.0),))),
    "sound_ends_early.mkv": (_video(75), Audio(((0.0, 1.2),))),
    "sound_with_gap.mkv": (_video(100), Audio(((0.0, 1.0), (2.5, 1.0)))),
    "sound_with_gap.mp4": (_video(100), Audio(((0.0, 1.0), (2.5, 1.0)))),
}

MUXER_OPTIONS = {
    # Without it, MP4 rounds the beginning of a late stream to a millisecond.
    "sound_comes_late.mp4": {"movie_timescale": "44100"},
}

Kind = Callable[[str], Path]
"""From the name of a kind to its file."""


def write_kind(folder: Path, name: str) -> Path:
    """Write the file of that name."""
    video, audio = BOTH_KINDS.get(name) or (VIDEO_KINDS.get(name), AUDIO_KINDS.get(name))
    return write_media(folder / name, video, audio, options=MUXER_OPTIONS.get(name))


def written_times_us(name: str) -> list[int]:
    """When the frames of a video kind are to be shown."""
    shift_us = VIDEO_SHIFT_US.get(name, 0)
    return [time_us + shift_us for time_us in VIDEO_KINDS[name].times_us]
