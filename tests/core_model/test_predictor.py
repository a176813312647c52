"""Media files in, events out: the same ones whatever way, within the streams, and interruptible."""

import dataclasses
import threading
from fractions import Fraction

import numpy as np
import pytest
import torch

from core_model import library
from core_model import predictor as predictor_module
from core_model.bundle import Bundle
from core_model.bundle_description import BundleError
from core_model.cache import EncodingCache
from core_model.detection.feeds import block_sizes
from core_model.media import video
from core_model.media.errors import MediaError
from core_model.media.probe import probe
from core_model.predictor import Predictor
from core_model.timeline import Task
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import (
    LABELS,
    TinyAudioEncoder,
    TinyVisualEncoder,
    make_tiny_bundle,
    tiny_kinds,
)

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__)
LONG_S, SHORT_S = 40, 5
CPU = torch.device("cpu")


def pictures(seconds, rate_hz=10, first=0, **more):
    ticks = regular_ticks(round(seconds * rate_hz), first=first)
    return Video(ticks=ticks, time_base=Fraction(1, rate_hz), **more)


def sound(seconds, start_s=0.0, **more):
    return Audio(pieces=((start_s, seconds),), rate_hz=16_000, **more)


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def bundle(bundle_folder):
    return Bundle(bundle_folder)


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """Files by name."""
    folder = tmp_path_factory.mktemp("media")
    return {
        "long": write_media(folder / "long.mp4", pictures(LONG_S), sound(LONG_S)),
        "short": write_media(folder / "short.mp4", pictures(SHORT_S), sound(SHORT_S)),
        "silent": write_media(folder / "silent.mp4", pictures(SHORT_S)),
        "sound": write_media(folder / "sound.mka", None, sound(SHORT_S, codec="flac")),
        "blink": write_media(folder / "blink.mp4", pictures(0.4), sound(0.4)),
        "late": write_media(
            folder / "late.mkv",
            pictures(SHORT_S, first=70),
            sound(SHORT_S, start_s=7.0, codec="flac"),
        ),
        "outlasting": write_media(folder / "outlasting.mp4", pictures(4), sound(8)),
    }


def last_of(updates):
    *_, last = updates
    return last


def test_the_last_update_is_done_and_the_others_lead_to_it(bundle, media):
    updates = list(Predictor(bundle).detect(media["long"]))
    assert [update.done for update in updates] == [False] * (len(updates) - 1) + [True]
    assert len(updates) == len(list(block_sizes(4 * LONG_S - 3)))
    analysed = [update.analysed_us for update in updates]
    assert analysed == sorted(analysed) and analysed[0] < 3_000_000
    assert updates[0].detections
    last = updates[-1]
    assert last.analysed_us == last.end_us == probe(media["long"]).end_us
    assert not last.from_cache and last.times_real_time > 0


def test_events_are_sorted_named_and_within_the_file(bundle, media):
    last = last_of(Predictor(bundle).detect(media["late"]))
    assert (last.start_us, last.end_us) == (7_000_000, 12_000_000)
    assert {event.task for event in last.detections} == set(Task)
    onsets = [event.onset_us for event in last.detections]
    assert onsets == sorted(onsets)
    for event in last.detections:
        assert last.start_us <= event.onset_us < event.offset_us <= last.end_us
        assert event.label in LABELS[event.task]
        assert 0.02 <= event.score <= 1


def test_times_move_with_the_time_stamps_of_the_file(bundle, media, tmp_path):
    early = write_media(tmp_path / "early.mkv", pictures(SHORT_S), sound(SHORT_S, codec="flac"))
    late = last_of(Predictor(bundle).detect(media["late"])).detections
    moved = [
        dataclasses.replace(
            event, onset_us=event.onset_us + 7_000_000, offset_us=event.offset_us + 7_000_000
        )
        for event in last_of(Predictor(bundle).detect(early)).detections
    ]
    # The stated length of the last frame may differ by a millisecond between the two files.
    assert [(e.task, e.label, e.onset_us) for e in late] == [
        (e.task, e.label, e.onset_us) for e in moved
    ]


def test_cached_and_fresh_results_are_equal(bundle, media, tmp_path, monkeypatch):
    cache = EncodingCache(tmp_path)
    fresh = last_of(Predictor(bundle, cache=cache).detect(media["long"]))
    assert fresh.detections == last_of(Predictor(bundle).detect(media["long"])).detections

    def never(*_):
        raise AssertionError("encoded again")

    monkeypatch.setattr(TinyVisualEncoder, "embed", never)
    monkeypatch.setattr(TinyAudioEncoder, "embed", never)
    cached = list(Predictor(bundle, cache=cache).detect(media["long"]))
    assert all(update.from_cache for update in cached) and not fresh.from_cache
    assert cached[-1].done and cached[-1].end_us == fresh.end_us
    assert cached[-1].detections == fresh.detections


def test_a_copy_of_a_file_is_known_and_another_bundle_is_not(
    bundle, media, tmp_path, bundle_folder
):
    cache = EncodingCache(tmp_path / "cache")
    last_of(Predictor(bundle, cache=cache).detect(media["short"]))
    copy = tmp_path / "copy of it.mp4"
    copy.write_bytes(media["short"].read_bytes())
    assert last_of(Predictor(bundle, cache=cache).detect(copy)).from_cache
    other = Bundle(make_tiny_bundle(tmp_path / "other", seed=1))
    assert not last_of(Predictor(other, cache=cache).detect(copy)).from_cache


def test_a_folder_that_takes_no_cache_changes_nothing(bundle, media, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("", encoding="utf-8")
    cache = EncodingCache(blocked / "cache")
    for _ in range(2):
        last = last_of(Predictor(bundle, cache=cache).detect(media["short"]))
        assert last.done and not last.from_cache and last.detections


def test_a_file_whose_content_cannot_be_named_is_encoded(bundle, media, tmp_path, monkeypatch):
    def fail(path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(library, "content_hash", fail)
    cache = EncodingCache(tmp_path / "cache")
    assert last_of(Predictor(bundle, cache=cache).detect(media["short"])).done
    assert not cache.folder.exists()


@pytest.mark.parametrize(
    ("name", "tasks"),
    [
        ("silent", {Task.TAL}),
        ("sound", {Task.SED}),
        ("blink", set(Task)),
    ],
)
def test_missing_streams_and_short_files(bundle, media, tmp_path, name, tasks):
    cache = EncodingCache(tmp_path)
    fresh = last_of(Predictor(bundle, cache=cache).detect(media[name]))
    assert {event.task for event in fresh.detections} == tasks
    cached = last_of(Predictor(bundle, cache=cache).detect(media[name]))
    assert cached.from_cache and cached.detections == fresh.detections


def test_a_task_whose_stream_is_missing_finds_nothing(bundle, media):
    (update,) = Predictor(bundle).detect(media["sound"], tasks=[Task.TAL])
    assert update.done and update.detections == ()


def test_visual_events_end_with_the_picture(bundle, media):
    info = probe(media["outlasting"])
    last = last_of(Predictor(bundle).detect(media["outlasting"]))
    ends = {task: max(e.offset_us for e in last.detections if e.task == task) for task in Task}
    assert ends[Task.TAL] <= info.video.end_us and ends[Task.AVEL] <= info.video.end_us
    assert info.video.end_us < ends[Task.SED] <= info.audio.end_us == last.end_us


def test_a_file_that_ends_before_its_header_says_ends_there(bundle, media, tmp_path):
    info = probe(media["short"])
    streams = [
        dataclasses.replace(stream, end_us=stream.end_us + 60_000_000)
        for stream in (info.video, info.audio)
    ]
    stated = dataclasses.replace(
        info, end_us=info.end_us + 60_000_000, video=streams[0], audio=streams[1]
    )
    cache = EncodingCache(tmp_path)
    updates = list(Predictor(bundle, cache=cache).detect(stated))
    assert updates[-1].done
    assert updates[-1].end_us == pytest.approx(info.end_us, abs=250_000)
    assert max(e.offset_us for e in updates[-1].detections) <= updates[-1].end_us
    again = last_of(Predictor(bundle, cache=cache).detect(stated))
    assert again.from_cache and again.detections == updates[-1].detections
    beyond, across = (30_000_000, 40_000_000), (info.end_us - 100_000, 20_000_000)
    found = last_of(Predictor(bundle, cache=cache).detect(stated, span_us=beyond))
    assert found.done and found.detections == () and found.end_us == found.start_us
    found = last_of(Predictor(bundle, cache=cache).detect(stated, span_us=across))
    assert found.done and found.detections and found.end_us == updates[-1].end_us


def test_a_threshold_leaves_what_is_above_it(bundle, media):
    predictor = Predictor(bundle)
    everything = last_of(predictor.detect(media["short"])).detections
    chosen = last_of(predictor.detect(media["short"], threshold=0.3)).detections
    assert 0 < len(chosen) < len(everything)
    assert list(chosen) == [event for event in everything if event.score >= 0.3]


def test_labels_of_ones_own_are_looked_for_instead(bundle, media):
    updates = Predictor(bundle).detect(
        media["short"], tasks=[Task.SED], labels=["kettle whistle", "Siren", "siren "]
    )
    found = last_of(updates).detections
    assert {(event.task, event.label) for event in found} == {
        (Task.SED, "kettle whistle"),
        (Task.SED, "Siren"),
    }
    own = last_of(Predictor(bundle).detect(media["short"], tasks=[Task.SED])).detections
    sirens = [dataclasses.replace(e, label="siren") for e in found if e.label == "Siren"]
    assert sirens == [event for event in own if event.label == "siren"]


def test_unknown_tasks_and_empty_labels_are_refused(bundle_folder, tmp_path, media):
    description = Bundle(bundle_folder).description
    sed_only = Bundle(make_tiny_bundle(tmp_path, tasks={Task.SED: description.tasks[Task.SED]}))
    with pytest.raises(BundleError, match="no task tal"):
        next(Predictor(sed_only).detect(media["short"], tasks=[Task.TAL]))
    with pytest.raises(BundleError, match="none to look for"):
        next(Predictor(sed_only).detect(media["short"], labels=[" "]))


def test_encoders_of_another_width_than_the_head_are_named(tmp_path, media):
    folder, wide = make_tiny_bundle(tmp_path / "a"), make_tiny_bundle(tmp_path / "b", wide=True)
    (folder / "audio.safetensors").write_bytes((wide / "audio.safetensors").read_bytes())
    with pytest.raises(BundleError, match=r"head\.safetensors: takes embeddings of 10, .* 384"):
        last_of(Predictor(Bundle(folder)).detect(media["sound"]))


def test_a_head_with_boxes_per_class_keeps_to_its_labels(tmp_path, media):
    bundle = Bundle(make_tiny_bundle(tmp_path, class_aware=True))
    found = last_of(Predictor(bundle).detect(media["short"])).detections
    assert {event.task for event in found} == set(Task)
    with pytest.raises(BundleError, match="only its own labels"):
        next(Predictor(bundle).detect(media["short"], labels=["kettle"]))


def test_what_cannot_be_read_is_a_media_error(bundle, tmp_path):
    path = tmp_path / "text.mp4"
    path.write_text("no video", encoding="utf-8")
    with pytest.raises(MediaError):
        next(Predictor(bundle).detect(path))


def test_an_error_while_decoding_reaches_the_caller(bundle, media, monkeypatch):
    def fail(path, *_):
        yield np.zeros((8, 16, 3), np.uint8)
        raise MediaError(path, "video", "broken")

    monkeypatch.setattr(video, "frames_at_rate", fail)
    with pytest.raises(MediaError, match="broken"):
        list(Predictor(bundle).detect(media["short"]))


def test_cancelling_between_updates_ends_without_done(bundle, media, tmp_path):
    cache = EncodingCache(tmp_path)
    cancelled = threading.Event()
    updates = Predictor(bundle, cache=cache).detect(media["long"], cancelled=cancelled.is_set)
    assert not next(updates).done
    cancelled.set()
    assert list(updates) == []
    assert not last_of(Predictor(bundle, cache=cache).detect(media["long"])).from_cache


def test_closing_the_updates_stops_everything(bundle, media):
    updates = Predictor(bundle).detect(media["long"])
    next(updates)
    updates.close()
    assert list(updates) == []


def test_a_predictor_leaves_cores_to_the_decoders(bundle, monkeypatch):
    monkeypatch.setattr(predictor_module.os, "cpu_count", lambda: 2)
    Predictor(bundle, "cpu")
    assert torch.get_num_threads() == 1


def test_a_stretch_is_looked_at_alone_and_the_same_from_the_cache(bundle, media, tmp_path):
    span_us = (12_100_000, 20_900_000)
    cache = EncodingCache(tmp_path)
    afresh = last_of(Predictor(bundle, cache=cache).detect(media["long"], span_us=span_us))
    assert (afresh.start_us, afresh.end_us) == (12_000_000, span_us[1])
    assert not list(cache.folder.glob("*"))
    for _ in Predictor(bundle, cache=cache).encode(media["long"]):
        pass
    cached = last_of(Predictor(bundle, cache=cache).detect(media["long"], span_us=span_us))
    assert cached.from_cache and not afresh.from_cache
    assert len(cached.detections) == len(afresh.detections) > 5
    for ours, theirs in zip(cached.detections, afresh.detections, strict=True):
        assert (ours.label, ours.onset_us, ours.offset_us) == pytest.approx(
            (theirs.label, theirs.onset_us, theirs.offset_us), abs=2_000
        )
        assert ours.score == pytest.approx(theirs.score, abs=1e-3)
    assert min(found.onset_us for found in cached.detections) >= 12_000_000
    assert max(found.offset_us for found in cached.detections) <= span_us[1]


@pytest.mark.parametrize("span_us", [(4_900_000, 60_000_000), (-5, 1), (0, 5_000_000)])
def test_the_ends_of_a_stretch_may_be_anywhere(bundle, media, span_us):
    update = last_of(Predictor(bundle).detect(media["short"], span_us=span_us))
    assert update.done and update.detections
    assert update.analysed_us == update.end_us <= 5_100_000


@pytest.mark.parametrize("span_us", [(60_000_000, 70_000_000), (2, 2), (3, 1), (-9, 0)])
def test_a_stretch_without_anything_is_one_clear_line(bundle, media, span_us):
    with pytest.raises(MediaError, match=r"short\.mp4: file: nothing of it lies in that"):
        last_of(Predictor(bundle).detect(media["short"], span_us=span_us))
