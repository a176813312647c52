"""What may be chosen, and what is computed for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.timeline.sound_settings import SpectrogramSettings, plan_for
from core_model.media.probe import AudioInfo

S = 1_000_000
DEFAULTS = SpectrogramSettings()


def sound(rate_hz: int, channels: int = 1, length_s: int = 60) -> AudioInfo:
    return AudioInfo("pcm_s16le", rate_hz, channels, 0, length_s * S)


def test_what_is_stored_comes_back() -> None:
    chosen = replace(DEFAULTS, window_ms=64, axis="log", channel=2, inverted=True, highest_hz=0)
    assert SpectrogramSettings.from_stored(chosen.stored()) == chosen


@given(
    st.dictionaries(
        st.sampled_from([*DEFAULTS.stored(), "other"]),
        st.one_of(st.integers(-(10**6), 10**6), st.text(max_size=5), st.booleans(), st.none()),
    )
)
def test_nonsense_in_a_file_does_no_harm(values: dict[str, object]) -> None:
    settings = SpectrogramSettings.from_stored(values)
    low_hz, high_hz = settings.range_hz(8_000)
    assert 0 <= low_hz < high_hz <= 4_000
    assert settings.floor_db < settings.ceiling_db


@pytest.mark.parametrize(
    "changes",
    [
        {"axis": "bark"},
        {"window_ms": 33},
        {"lowest_hz": 8_000},
        {"floor_db": -20, "ceiling_db": -30},
        {"colours": "jet"},
        {"inverted": 1},
    ],
)
def test_nonsense_in_the_program_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"spectrogram|range"):
        replace(DEFAULTS, **changes)


@pytest.mark.parametrize(
    ("native_hz", "highest_hz", "expected_hz"),
    [
        (48_000, 8_000, 16_000),
        (48_000, 0, 48_000),
        (48_000, 12_000, 48_000),
        (8_000, 8_000, 8_000),
        (8_000, 0, 8_000),
        (192_000, 0, 192_000),
        (11_025, 8_000, 11_025),
    ],
)
def test_the_rate_is_as_high_as_the_frequencies_ask(
    native_hz: int, highest_hz: int, expected_hz: int
) -> None:
    settings = replace(DEFAULTS, highest_hz=highest_hz)
    plan = plan_for(settings, sound(native_hz))
    assert plan.rate_hz == expected_hz
    assert plan.window_samples == pytest.approx(0.032 * expected_hz, rel=0.04)
    assert plan.hop_samples == pytest.approx(0.010 * expected_hz, abs=0.5)


def test_only_what_changes_the_picture_changes_the_plan() -> None:
    plan = plan_for(DEFAULTS, sound(44_100, 2))
    for changes in ({"axis": "log"}, {"highest_hz": 4_000}, {"colours": "grey"}, {"floor_db": -60}):
        assert plan_for(replace(DEFAULTS, **changes), sound(44_100, 2)) == plan
    for changes in ({"window_ms": 16}, {"hop_ms": 5}, {"window": "hamming"}, {"channel": 1}):
        assert plan_for(replace(DEFAULTS, **changes), sound(44_100, 2)) != plan


@pytest.mark.parametrize(
    ("channel", "channels", "expected"), [(1, 1, None), (3, 2, None), (2, 2, 1)]
)
def test_a_channel_that_is_not_there_means_all(
    channel: int, channels: int, expected: int | None
) -> None:
    plan = plan_for(replace(DEFAULTS, channel=channel), sound(16_000, channels))
    assert plan.channel == expected


def test_a_picture_of_hours_keeps_a_bearable_size() -> None:
    finest = replace(DEFAULTS, window_ms=128, hop_ms=1, highest_hz=0)
    audio = sound(192_000, 1, 4 * 3_600)
    plan = plan_for(finest, audio)
    frames = audio.end_us / plan.hop_us
    assert frames * plan.bins < 1.6e9
    assert plan_for(finest, sound(192_000, 1, 5)).hop_samples == 192


@given(st.integers(4_000, 400_000), st.sampled_from([1, 2, 5, 10, 20, 50]))
def test_a_frame_has_a_power_of_four_of_steps(rate_hz: int, hop_ms: int) -> None:
    plan = plan_for(replace(DEFAULTS, hop_ms=hop_ms, highest_hz=0), sound(rate_hz))
    assert plan.envelope_steps in (1, 4, 16, 64, 256)
    assert plan.hop_samples >= plan.envelope_steps
