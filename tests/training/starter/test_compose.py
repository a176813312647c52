"""Where sounds can be heard, and where picture and sound meet."""

import numpy as np

from core_model.timeline import Task
from training.starter.compose import SCENE_SAMPLES, Event, active_events, meetings
from training.starter.sound_mixing import coloured_noise, levels_db, snippet_targets


def _bursts(*spans_s: tuple[float, float], level: float = 0.1) -> np.ndarray:
    track = np.zeros(SCENE_SAMPLES, np.float32)
    for onset_s, offset_s in spans_s:
        first, last = round(onset_s * 16_000), round(offset_s * 16_000)
        track[first:last] = level * np.sin(np.arange(last - first) * 0.3)
    return track


def test_events_lie_where_the_sound_is() -> None:
    events = active_events("dog", _bursts((2.0, 3.0), (5.0, 5.5)), noise_db=-80.0)
    assert [(e.onset_s, e.offset_s) for e in events] == [(2.0, 3.0), (5.0, 5.5)]
    assert {e.label for e in events} == {"dog"}


def test_short_pauses_do_not_part_an_event() -> None:
    events = active_events("dog", _bursts((2.0, 3.0), (3.25, 4.0)), noise_db=-80.0)
    assert [(e.onset_s, e.offset_s) for e in events] == [(2.0, 4.0)]


def test_what_the_noise_covers_is_no_event() -> None:
    assert active_events("dog", _bursts((2.0, 3.0), level=0.001), noise_db=-40.0) == []


def test_a_meeting_needs_the_fitting_sound_and_time() -> None:
    seen = [Event(Task.TAL, "clapping", 2.0, 6.0)]
    heard = [Event(Task.SED, "clapping", 4.0, 8.0), Event(Task.SED, "rain", 0.0, 9.0)]
    assert meetings(seen, heard) == [Event(Task.AVEL, "applauding", 4.0, 6.0)]
    assert meetings(seen, [Event(Task.SED, "clapping", 5.8, 8.0)]) == []


def test_snippet_targets_share_between_audible_sounds() -> None:
    time = np.arange(64_000)
    loud = np.sin(time * 0.3).astype(np.float32) * 0.1
    late = loud * (time >= 32_000)
    targets = snippet_targets([(0, loud), (1, late)], -90.0, 3)
    assert targets.shape == (13, 4)
    np.testing.assert_allclose(targets.sum(1), 1)
    np.testing.assert_allclose(targets[0], [1, 0, 0, 0])
    np.testing.assert_allclose(targets[-1], [0.5, 0.5, 0, 0])
    quiet = snippet_targets([(0, loud * 1e-5)], -40.0, 3)
    np.testing.assert_allclose(quiet[:, -1], 1)


def test_noise_falls_as_told() -> None:
    noise = coloured_noise(2**16, 1.0, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(noise)) ** 2
    low, high = power[1024:2048].mean(), power[8192:16384].mean()
    assert abs(10 * np.log10(low / high) - 18) < 1.5
    assert abs(levels_db(noise).mean()) < 1.5
