import itertools
import random
import wave
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from core_model.media import audio as audio_module
from core_model.media.audio import AudioChunk, decoded_span_us, samples, samples_from
from core_model.media.errors import MediaError
from core_model.media.mixing import PIECE_SAMPLES
from tests.core_model.media.kinds import AUDIO_KINDS, BOTH_KINDS, Kind
from tests.media_factory import BEEP_S, Audio, Video, beeps, write_media

RATE_HZ = 16_000
LOSSY = {"aac": 0.05, "libmp3lame": 0.05, "libopus": 0.06}


def _joined(chunks: list[AudioChunk]) -> np.ndarray:
    """All samples, after a check that the chunks follow each other without gap or overlap."""
    count = 0
    for chunk in chunks:
        assert chunk.samples.dtype == np.float32
        assert chunk.pts_us == pytest.approx(chunks[0].pts_us + count * 1e6 / RATE_HZ, abs=1)
        count += len(chunk.samples)
    return np.concatenate([chunk.samples for chunk in chunks])


def _expected(pts_us: int, count: int, pieces: tuple[tuple[float, float], ...]) -> np.ndarray:
    """What a file with sound only in ``pieces`` has from ``pts_us`` on."""
    time_s = pts_us / 1e6 + np.arange(count) / RATE_HZ
    heard = np.zeros(count, bool)
    for start_s, duration_s in pieces:
        heard |= (time_s >= start_s) & (time_s < start_s + duration_s)
    tone = 0.5 * np.sin(2 * np.pi * 1000 * time_s) * (time_s % 1.0 < BEEP_S)
    return tone * heard


def _level(sound: np.ndarray) -> np.ndarray:
    """RMS per 10 ms."""
    whole = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    return np.sqrt((whole**2).mean(axis=1))


def _assert_beeps_lie_right(
    sound: np.ndarray, pts_us: int, pieces: tuple[tuple[float, float], ...], tolerance: float
) -> None:
    expected = _expected(pts_us, len(sound), pieces)
    # Codecs smear an onset over a frame, so single 10 ms blocks may differ.
    difference = np.abs(_level(sound) - _level(expected))
    assert np.mean(difference) < tolerance / 2
    assert np.mean(difference > 3 * tolerance) < 0.06
    # The phase of the tone tells a shift of a few samples (a period has 16).
    tone = np.abs(expected) > 0
    correlation = float(np.dot(sound[tone], expected[tone]))
    scale = np.linalg.norm(sound[tone]) * np.linalg.norm(expected[tone])
    assert correlation / scale > 0.95


@pytest.mark.parametrize("name", [*AUDIO_KINDS, *BOTH_KINDS])
def test_sound_lies_at_its_times(kind: Kind, name: str) -> None:
    written = BOTH_KINDS[name][1] if name in BOTH_KINDS else AUDIO_KINDS[name]
    chunks = list(samples(kind(name)))
    sound = _joined(chunks)
    first_s, last_s = written.pieces[0][0], sum(written.pieces[-1])
    assert chunks[0].pts_us == pytest.approx(first_s * 1e6, abs=30_000)
    end_us = chunks[0].pts_us + len(sound) * 1e6 / RATE_HZ
    assert end_us == pytest.approx(last_s * 1e6, abs=30_000)
    tolerance = LOSSY.get(written.codec, 0.01)
    # MP3 counts its encoder's delay as time before the first sample.
    delay_us = chunks[0].pts_us if written.codec == "libmp3lame" else 0
    pts_us = chunks[0].pts_us - delay_us
    _assert_beeps_lie_right(sound, pts_us, tuple(written.pieces), tolerance)


@pytest.mark.parametrize("name", ["sound_with_gap.mkv", "sound_with_gap.mp4"])
def test_gaps_are_silence(kind: Kind, name: str) -> None:
    sound = _joined(list(samples(kind(name))))
    assert np.abs(sound[round(1.1 * RATE_HZ) : round(2.4 * RATE_HZ)]).max() == 0
    assert np.abs(sound[round(3.0 * RATE_HZ) : round(3.1 * RATE_HZ)]).max() > 0.3


@pytest.mark.parametrize("name", [*AUDIO_KINDS, *BOTH_KINDS])
def test_seeks_give_the_same_sound(kind: Kind, name: str) -> None:
    chunks = list(samples(kind(name)))
    whole, begin_us = _joined(chunks), chunks[0].pts_us
    end_us = begin_us + round(len(whole) * 1e6 / RATE_HZ)
    chance = random.Random(name)
    for start_us in [chance.randint(begin_us, end_us - 50_000) for _ in range(5)]:
        part = list(samples(kind(name), start_us))
        assert part[0].pts_us == start_us
        sound = _joined(part)
        skipped = (start_us - begin_us) * RATE_HZ / 1e6
        # Matroska's time stamps are whole milliseconds: 16 samples.
        assert len(sound) == pytest.approx(len(whole) - skipped, abs=18)
        count = min(len(sound), len(whole) - round(skipped))
        levels = _level(sound[:count]), _level(whole[round(skipped) :][:count])
        assert np.abs(levels[0] - levels[1]).mean() < 0.01


def test_before_the_sound_there_is_nothing_to_wait_for(kind: Kind) -> None:
    first = next(samples(kind("sound_comes_late.mp4"), 0))
    assert first.pts_us == pytest.approx(1_500_000, abs=30_000)
    assert next(samples(kind("sound.wav"), -2_000_000)).pts_us == 0
    assert list(samples(kind("sound.wav"), 5_000_000)) == []


def test_in_a_gap_silence_begins_at_once(kind: Kind) -> None:
    first = next(samples(kind("sound_with_gap.mp4"), 1_700_000))
    assert first.pts_us == 1_700_000
    assert np.abs(first.samples).max() == 0


def test_overlaps_are_cut(tmp_path: Path) -> None:
    # The second piece begins 0.3 s before the first one ends.
    audio = Audio(((0.0, 1.5), (1.2, 1.0)), codec="pcm_s16le")
    path = write_media(tmp_path / "overlap.mkv", audio=audio)
    chunks = list(samples(path))
    sound = _joined(chunks)
    assert len(sound) == pytest.approx(2.2 * RATE_HZ, abs=40)
    _assert_beeps_lie_right(sound, 0, ((0.0, 2.2),), 0.01)


def test_a_time_stamp_far_beyond_the_end_is_not_believed(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio_module, "_latest_us", lambda container: 2_000_000)
    sound = _joined(list(samples(kind("sound_with_gap.mkv"))))
    assert len(sound) == pytest.approx(2.0 * RATE_HZ, abs=0.05 * RATE_HZ)


def test_two_channels_and_another_rate(tmp_path: Path) -> None:
    path = write_media(tmp_path / "stereo.wav", audio=Audio(codec="pcm_s16le", channels=2))
    chunks = list(samples(path, rate_hz=48_000, channels=2))
    sound = np.concatenate([chunk.samples for chunk in chunks])
    assert sound.shape == (96_000, 2)
    np.testing.assert_array_equal(sound[:, 0], sound[:, 1])
    assert np.abs(sound[:, 0] - beeps(2.0, 48_000)[0]).mean() < 0.005


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_f32le"])
def test_mixing_down_keeps_the_level(tmp_path: Path, codec: str) -> None:
    path = write_media(tmp_path / "loud.mkv", audio=Audio(codec=codec, channels=6))
    sound = _joined(list(samples(path)))
    assert np.abs(sound).max() <= 0.55
    assert np.abs(sound).max() > 0.2


def test_long_sound_comes_in_bounded_chunks(tmp_path: Path) -> None:
    path = write_media(
        tmp_path / "long.wav", audio=Audio(((0.0, 30.0),), codec="pcm_s16le", rate_hz=8000)
    )
    lengths = [len(chunk.samples) for chunk in samples(path)]
    assert sum(lengths) == 30 * RATE_HZ
    assert max(lengths) <= 65_536


@pytest.mark.parametrize("origin_us", [0, 1_000_000, 2_718_281, -500_000])
def test_chunks_of_one_size_from_an_exact_origin(kind: Kind, origin_us: int) -> None:
    pieces = BOTH_KINDS["sound_with_gap.mp4"][1].pieces
    chunks = list(samples_from(kind("sound_with_gap.mp4"), origin_us, RATE_HZ, 4000))
    assert {len(chunk) for chunk in chunks} == {4000}
    assert len(chunks) == -(-(3_500_000 - origin_us) * RATE_HZ // 1_000_000 // 4000)
    sound = np.concatenate(chunks)
    _assert_beeps_lie_right(sound, origin_us, tuple(pieces), 0.05)


def test_silence_comes_before_late_sound(kind: Kind) -> None:
    chunks = list(
        itertools.islice(samples_from(kind("sound_comes_late.mp4"), 0, RATE_HZ, 1600), 14)
    )
    assert all(np.abs(chunk).max() == 0 for chunk in chunks)


def test_span_is_counted_from_decoded_sound(kind: Kind) -> None:
    assert decoded_span_us(kind("sound.wav")) == (0, 2_000_000)
    first_us, end_us = decoded_span_us(kind("both.ts"))
    assert first_us == pytest.approx(4_000_000, abs=30_000)
    assert end_us == pytest.approx(6_000_000, abs=30_000)


def test_no_sound_is_said(tmp_path: Path) -> None:
    path = write_media(tmp_path / "silent.mp4", Video())
    for reading in (samples(path), samples_from(path, 0)):
        with pytest.raises(MediaError) as caught:
            next(reading)
        assert str(caught.value) == "silent.mp4: audio: the file has no audio stream"


def _write_wav(path: Path, sound: np.ndarray, rate_hz: int) -> Path:
    """``sound`` (n, channels) in [-1, 1] as 16 bit PCM."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.rint(sound * 32_767).astype("<i2").tobytes())
    return path


def test_one_channel_of_many_is_heard_alone(tmp_path: Path) -> None:
    levels = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    path = _write_wav(tmp_path / "steps.wav", np.tile(levels, (4_000, 1)), 48_000)
    for channel, level in enumerate(levels.tolist()):
        sound = _joined(list(samples(path, channel=channel)))
        assert np.median(sound) == pytest.approx(level, abs=1e-3)


def test_long_pages_of_ogg_leave_sound_in_its_place(tmp_path: Path) -> None:
    """FFmpeg guesses when a page begins that it has gone to, for FLAC wrong by up to all of it."""
    kind = Audio(((0.0, 8.0),), "flac", 48_000)
    path = write_media(tmp_path / "a.ogg", None, kind, options={"page_duration": "3000000"})
    read_through = list(samples(path))
    whole, first_us = _joined(read_through), read_through[0].pts_us
    for start_us in range(200_000, 8_000_000, 430_000):
        found = list(samples(path, start_us))
        assert found[0].pts_us == start_us
        place = round((start_us - first_us) * RATE_HZ / 1e6)
        np.testing.assert_allclose(_level(_joined(found)), _level(whole[place:]), atol=0.02)


def test_sound_of_the_lowest_sample_rate_takes_little_room(tmp_path: Path) -> None:
    """All at once 16,384 samples of a second each would be gigabytes at the rate of a card."""
    path = _write_wav(tmp_path / "slow.wav", np.full((40_000, 1), 0.5), 1)
    with closing(samples(path, rate_hz=48_000, channels=2)) as chunks:
        first = next(chunks)
    assert len(first.samples) == PIECE_SAMPLES
    # Of one channel each of two gets half of the power.
    assert np.median(first.samples) == pytest.approx(0.5**1.5, abs=1e-3)


def test_a_sample_rate_that_would_take_a_filter_of_gigabytes_is_refused(tmp_path: Path) -> None:
    path = _write_wav(tmp_path / "fast.wav", np.zeros((100, 1)), 2_000_000_011)
    with pytest.raises(MediaError, match="sample rate of 2000000011 Hz"):
        next(samples(path, rate_hz=48_000))


def test_gaps_late_in_a_file_that_does_not_state_its_length_stay(tmp_path: Path) -> None:
    path = tmp_path / "live.mka"
    with av.open(str(path), "w", options={"live": "1"}) as container:
        stream = container.add_stream("flac", rate=8_000, layout="mono")
        for start_s in (0, 500, 700):
            loud = np.full((1, 4_096), 16_000, np.int16)
            frame = av.AudioFrame.from_ndarray(loud, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8_000, 8_000 * start_s
            frame.time_base = Fraction(1, 8_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    heard_s: set[float] = set()
    for chunk in samples(path, 100_000_000, rate_hz=8_000):
        places = np.flatnonzero(np.abs(chunk.samples) > 0.25)
        heard_s |= set((chunk.pts_us / 1e6 + places / 8_000).round().tolist())
    assert heard_s == {500.0, 501.0, 700.0, 701.0}
    assert decoded_span_us(path)[1] == pytest.approx(700_512_000, abs=100_000)
