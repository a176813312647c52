"""The bundled sample: small, playable, and true to its own ground truth."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np

from core_model.bundle import Bundle
from core_model.bundle_description import starter_folder
from core_model.media import audio, probe, video
from core_model.timeline import Task, microseconds
from resources import resource_path

SAMPLE = resource_path("sample", "sample.mp4")
TRUTH = json.loads(resource_path("sample", "sample.json").read_text(encoding="utf-8"))["events"]
LARGEST_BYTES = 3_000_000


def test_streams() -> None:
    info = probe.probe(SAMPLE)
    assert info.video is not None
    assert info.audio is not None
    assert (info.video.codec, info.audio.codec) == ("h264", "aac")
    assert 40_000_000 <= info.duration_us <= 60_000_000
    assert SAMPLE.stat().st_size <= LARGEST_BYTES


def test_truth_is_within_the_video_and_covers_all_kinds() -> None:
    info = probe.probe(SAMPLE)
    assert {event["task"] for event in TRUTH} == set(Task)
    for event in TRUTH:
        assert info.start_us <= microseconds(event["onset_s"])
        assert event["onset_s"] < event["offset_s"]
        # The sound ends with a block of its codec, a little after the last picture.
        assert microseconds(event["offset_s"]) <= info.end_us + 50_000


def test_sound_is_louder_in_its_events_than_in_the_silence_before_the_knocks() -> None:
    chunks = list(audio.samples(SAMPLE, rate_hz=16_000))
    origin_s = chunks[0].pts_us / 1e6
    samples = np.concatenate([chunk.samples for chunk in chunks])

    def loudness(onset_s: float, offset_s: float) -> float:
        first, last = (round((at_s - origin_s) * 16_000) for at_s in (onset_s, offset_s))
        return float(np.sqrt(np.mean(samples[first:last] ** 2)))

    silence = loudness(7.7, 8.15)
    for event in TRUTH:
        if event["task"] == Task.SED:
            assert loudness(event["onset_s"], event["offset_s"]) > 3 * silence, event


def test_pictures_change_where_scenes_are_cut() -> None:
    cuts_s = sorted({event["onset_s"] for event in TRUTH if event["task"] == Task.TAL})
    shown = {
        frame.pts_us: frame.image.astype(np.int16)
        for frame in video.frames(SAMPLE, size_px=(64, 36))
    }
    changes = {
        after: float(np.abs(shown[after] - shown[before]).mean())
        for before, after in pairwise(sorted(shown))
    }
    strongest = sorted(changes, key=lambda pts_us: changes[pts_us])[-4:]
    for cut_s in cuts_s:
        assert min(abs(microseconds(cut_s) - pts_us) for pts_us in strongest) <= 40_000


def test_bundled_model_knows_the_labels() -> None:
    bundle = Bundle(starter_folder())
    for event in TRUTH:
        assert event["label"] in bundle.description.tasks[Task(event["task"])].labels
