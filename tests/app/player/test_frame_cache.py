"""The run of decoded frames around the playhead."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.player.frame_cache import MINIMUM_FRAMES, SHORT_FRAMES, FrameCache
from core_model.media.video import VideoFrame

STEP_US = 40_000


def frame(pts_us: int, side_px: int = 4) -> VideoFrame:
    return VideoFrame(pts_us, np.zeros((side_px, side_px, 4), np.uint8))


def filled(start_us: int, count: int, limit_bytes: int = 10**6) -> FrameCache:
    cache = FrameCache(limit_bytes)
    cache.begin(start_us)
    for place in range(count):
        cache.append(frame(place * STEP_US))
    return cache


def shown_us(cache: FrameCache, time_us: int) -> int | None:
    found = cache.shown_at(time_us)
    return None if found is None else found.pts_us


@given(st.integers(0, 8 * STEP_US - 1))
def test_the_frame_shown_is_the_last_that_has_begun(time_us: int) -> None:
    cache = filled(0, 9)
    assert shown_us(cache, time_us) == time_us // STEP_US * STEP_US


def test_the_last_frame_of_the_run_is_certain_only_when_nothing_follows() -> None:
    cache = filled(0, 3)
    assert shown_us(cache, 2 * STEP_US + 1) is None
    assert cache.newest_before(2 * STEP_US + 1) is not None
    cache.finish()
    assert shown_us(cache, 10**9) == 2 * STEP_US


def test_the_first_frame_is_certain_for_the_time_that_was_asked_for() -> None:
    cache = FrameCache(10**6)
    cache.begin(STEP_US + 5)
    cache.append(frame(STEP_US))
    assert shown_us(cache, STEP_US + 5) == STEP_US
    assert shown_us(cache, STEP_US - 1) is None


def test_before_the_first_frame_of_the_stream_that_frame_is_shown() -> None:
    cache = FrameCache(10**6)
    cache.begin(-500)
    cache.append(frame(0))
    assert shown_us(cache, -400) == 0
    assert cache.is_first(0)


def test_neighbours() -> None:
    cache = filled(0, 4)
    after, before = cache.after(STEP_US), cache.before(STEP_US)
    assert after is not None and after.pts_us == 2 * STEP_US
    assert before is not None and before.pts_us == 0
    assert cache.before(0) is None
    assert cache.after(3 * STEP_US) is None
    assert cache.after(STEP_US + 1) is None


def test_frames_skipped_are_counted() -> None:
    cache = filled(0, 9)
    assert cache.count_between(0, STEP_US) == 0
    assert cache.count_between(STEP_US, 5 * STEP_US) == 3


def test_the_run_stays_within_its_limit_and_keeps_the_frame_on_screen() -> None:
    bytes_each = frame(0).image.nbytes
    cache = FrameCache(20 * bytes_each)
    cache.begin(0)
    appended = 0
    for playhead_us in range(0, 200 * STEP_US, STEP_US):
        cache.set_playhead(playhead_us)
        while cache.wants_more():
            cache.append(frame(appended * STEP_US))
            appended += 1
        assert shown_us(cache, playhead_us) == playhead_us
    assert cache.shown_at(150 * STEP_US) is None, "far behind the playhead nothing is kept"
    assert cache.before(199 * STEP_US) is not None, "close behind it something is"
    assert appended - 199 <= 20


def test_very_large_frames_still_get_a_few_places() -> None:
    cache = FrameCache(limit_bytes=1)
    cache.begin(0)
    appended = 0
    while cache.wants_more():
        cache.append(frame(appended * STEP_US, 64))
        appended += 1
    assert 2 <= appended <= MINIMUM_FRAMES


def test_nothing_more_is_wanted_after_the_end() -> None:
    cache = filled(0, 2)
    assert cache.wants_more()
    cache.finish()
    assert not cache.wants_more()


def test_frames_behind_are_wanted_until_the_beginning_is_reached() -> None:
    bytes_each = frame(0).image.nbytes
    cache = FrameCache(20 * bytes_each)
    cache.begin(50 * STEP_US)
    for number in range(50, 60):
        cache.append(frame(number * STEP_US))
    cache.set_playhead(50 * STEP_US)
    missing = cache.wanted_behind()
    assert missing == (50 * STEP_US, 40 * STEP_US, 10, STEP_US)
    earlier = [frame(number * STEP_US) for number in range(40, 50)]
    assert not cache.prepend(earlier, reaches_first=False)
    assert cache.wanted_behind() is None
    assert cache.before_first(40 * STEP_US) is not None
    assert shown_us(cache, 41 * STEP_US + 1) == 41 * STEP_US
    cache.prepend([], reaches_first=True)
    assert cache.before_first(40 * STEP_US) is None
    assert cache.is_first(40 * STEP_US)


def test_room_for_frames_behind_is_made_far_ahead() -> None:
    bytes_each = frame(0).image.nbytes
    cache = FrameCache(20 * bytes_each)
    cache.begin(30 * STEP_US)
    for number in range(30, 50):
        cache.append(frame(number * STEP_US))
    cache.finish()
    cache.set_playhead(30 * STEP_US)
    assert cache.prepend([frame(n * STEP_US) for n in range(20, 30)], reaches_first=False)
    assert cache.last_pts_us() == 39 * STEP_US
    assert not cache.is_last(39 * STEP_US), "more follows, though not at hand"
    assert cache.shown_at(39 * STEP_US) is None, "the frame after it may have begun"
    assert not cache.wants_more()


def test_it_runs_short_before_it_wants_no_more() -> None:
    cache = FrameCache(10**6)
    cache.begin(0)
    assert cache.runs_short() and cache.wants_more()
    for number in range(SHORT_FRAMES):
        cache.append(frame(number * STEP_US))
    assert not cache.runs_short()
    assert cache.wants_more()
    cache.set_playhead(5 * STEP_US)
    assert cache.runs_short()
    cache.finish()
    assert not cache.runs_short()


def test_room_that_is_reserved_is_not_filled() -> None:
    frame_bytes = frame(0).nbytes
    cache = FrameCache(40 * frame_bytes)
    cache.reserve(20 * frame_bytes)
    cache.begin(0)
    for number in range(60):
        cache.append(frame(number * STEP_US))
        cache.set_playhead(number * STEP_US)
    assert cache.shown_at(39 * STEP_US) is None
    assert cache.shown_at(41 * STEP_US) is not None
