"""Sound is read in the background, drawn where it belongs, kept, and given up at once."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.timeline import sound_picture
from app.timeline.sound_picture import SoundPicture, SoundStatus
from app.timeline.sound_settings import SpectrogramSettings
from core_model.media.probe import probe
from tests.media_factory import BEEP_HZ, BEEP_S, Audio, write_media

S = 1_000_000
COLUMN_US = 10_000
RATE_HZ = 16_000
# Two and a half segments at the default hop.
LENGTH_S = 26.0


@pytest.fixture
def picture() -> Iterator[SoundPicture]:
    sound = SoundPicture()
    yield sound
    sound.shutdown()


@pytest.fixture
def beeps(tmp_path: Path) -> Path:
    audio = Audio(pieces=((0.0, LENGTH_S),), codec="pcm_s16le", rate_hz=RATE_HZ)
    return write_media(tmp_path / "beeps.wav", audio=audio)


def write_wav(path: Path, sound: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    """``sound`` (n, channels) in [-1, 1] as 16 bit PCM with the dither of a careful recorder."""
    chance = np.random.default_rng(0)
    dithered = sound * 32_767 + chance.uniform(-0.5, 0.5, sound.shape)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.rint(dithered).astype("<i2").tobytes())
    return path


def sine(frequency_hz: float, rate_hz: int = RATE_HZ, length_s: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_hz * np.arange(round(length_s * rate_hz)) / rate_hz)


def read(sound: SoundPicture, path: Path, qtbot: QtBot) -> None:
    info = probe(path)
    assert info.audio is not None
    sound.open(path, info.audio)
    assert sound.status is SoundStatus.READING
    wait(sound, qtbot)


def wait(sound: SoundPicture, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: sound.status is not SoundStatus.READING)


def loudest_hz(sound: SoundPicture, time_us: int) -> float:
    """The frequency of the brightest of 400 rows."""
    codes, known = sound.level_rows(time_us, COLUMN_US, 1, 400)
    assert known.all()
    return sound.axis.frequency_at(1 - (int(np.argmax(codes[:, 0])) + 0.5) / 400)


def test_beeps_are_drawn_where_they_sound(picture: SoundPicture, beeps: Path, qtbot: QtBot) -> None:
    read(picture, beeps, qtbot)
    assert picture.status is SoundStatus.READY
    assert picture.share_built == 1.0
    columns = round(LENGTH_S * 100)
    envelope = picture.envelope(0, COLUMN_US, columns)
    sounding = (np.arange(columns) % 100) < BEEP_S * 100
    # Steps of the envelope and columns of the picture do not begin at the same samples.
    edge = (np.arange(columns) % 100 == BEEP_S * 100) | (np.arange(columns) % 100 == 99)
    assert np.all(envelope[sounding, 1] > 0.4)
    assert np.all(envelope[sounding, 0] < -0.4)
    assert np.all(np.abs(envelope[~sounding & ~edge]) < 0.05)
    assert loudest_hz(picture, 2_050_000) == pytest.approx(BEEP_HZ, rel=0.03)
    assert loudest_hz(picture, 24_050_000) == pytest.approx(BEEP_HZ, rel=0.03)
    loud, quiet = picture.level_db(2_050_000, BEEP_HZ), picture.level_db(2_500_000, BEEP_HZ)
    assert loud is not None
    assert quiet is not None
    assert loud == pytest.approx(-6, abs=2)
    assert quiet < -80
    assert not picture.level_rows(30 * S, COLUMN_US, 10, 50)[1].any()
    assert picture.level_db(30 * S, BEEP_HZ) is None


def test_a_chirp_is_a_straight_ridge_on_the_picture(
    picture: SoundPicture, tmp_path: Path, qtbot: QtBot
) -> None:
    slope = 6_000 / LENGTH_S
    moment_s = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ
    chirp = 0.5 * np.sin(2 * np.pi * (500 * moment_s + slope / 2 * moment_s**2))
    read(picture, write_wav(tmp_path / "chirp.wav", chirp[:, None]), qtbot)
    assert picture.plan is not None
    bin_hz, hop_s = picture.plan.bin_hz, picture.plan.hop_us / S
    for time_s in np.arange(0.5, LENGTH_S - 0.5, 0.37).tolist():
        expected_hz = 500 + slope * time_s
        row_hz = expected_hz * 0.01
        found_hz = loudest_hz(picture, round(time_s * S) - COLUMN_US // 2)
        assert abs(found_hz - expected_hz) <= bin_hz + slope * hop_s + row_hz


def test_a_quiet_tone_is_seen_after_auto_range(
    picture: SoundPicture, tmp_path: Path, qtbot: QtBot
) -> None:
    loud, quiet = 0.5 * sine(440, length_s=4), 10 ** (-70 / 20) * sine(2_000, length_s=4)
    sound = np.concatenate([loud, quiet])[:, None]
    read(picture, write_wav(tmp_path / "quiet.wav", sound), qtbot)
    low, high = picture.levels
    codes, _ = picture.level_rows(6 * S, COLUMN_US, 1, 200)
    tone = int(codes[:, 0].max())
    assert loudest_hz(picture, 6 * S) == pytest.approx(2_000, rel=0.03)
    assert (tone - low) / (high - low) > 0.15
    assert float(np.median(codes)) <= low + 0.02 * (high - low)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 48_000, 192_000])
def test_every_rate_shows_its_frequencies(
    picture: SoundPicture, tmp_path: Path, qtbot: QtBot, rate_hz: int
) -> None:
    picture.set_settings(SpectrogramSettings(axis="linear", highest_hz=0))
    tone_hz = 0.4 * rate_hz
    path = write_wav(tmp_path / "tone.wav", 0.3 * sine(tone_hz, rate_hz)[:, None], rate_hz)
    read(picture, path, qtbot)
    assert picture.axis.highest_hz == rate_hz / 2
    assert loudest_hz(picture, S // 2) == pytest.approx(tone_hz, rel=0.01)


def test_each_channel_is_seen_alone(picture: SoundPicture, tmp_path: Path, qtbot: QtBot) -> None:
    tones_hz = [500, 1_000, 1_500, 2_000, 3_000, 5_000]
    sound = np.stack([0.3 * sine(hz) for hz in tones_hz], axis=1)
    read(picture, write_wav(tmp_path / "six.wav", sound, RATE_HZ), qtbot)
    for number, tone_hz in enumerate(tones_hz):
        picture.set_settings(SpectrogramSettings(channel=number + 1))
        wait(picture, qtbot)
        assert loudest_hz(picture, S // 2) == pytest.approx(tone_hz, rel=0.03)


@pytest.mark.parametrize("samples", [1, 2, 100, 700])
def test_very_short_sound_is_there(
    picture: SoundPicture, tmp_path: Path, qtbot: QtBot, samples: int
) -> None:
    read(picture, write_wav(tmp_path / "click.wav", np.full((samples, 1), 0.5)), qtbot)
    assert picture.status is SoundStatus.READY
    assert picture.envelope(0, 20, 1)[0, 1] == pytest.approx(0.5, abs=0.01)
    assert picture.level_rows(0, 1_000, 1, 50)[1].all()


def test_a_late_sound_keeps_its_time(picture: SoundPicture, tmp_path: Path, qtbot: QtBot) -> None:
    audio = Audio(pieces=((2.0, 2.0),), codec="pcm_s16le", rate_hz=RATE_HZ)
    read(picture, write_media(tmp_path / "late.mkv", audio=audio), qtbot)
    envelope = picture.envelope(0, 100_000, 40)[:, 1]
    assert np.isnan(envelope[:20]).all()
    assert envelope[20] > 0.4


def test_it_does_not_matter_where_reading_began(tmp_path: Path, qtbot: QtBot, beeps: Path) -> None:
    pictures: list[tuple[np.ndarray, np.ndarray]] = []
    for folder, focus_us in (("a", (0, S)), ("b", (21 * S, 22 * S))):
        sound = SoundPicture()
        sound.shelf.folder = tmp_path / folder
        sound.look_at(*focus_us)
        order: list[int] = []
        sound.extended.connect(lambda first_us, _, order=order: order.append(first_us))
        read(sound, beeps, qtbot)
        assert order[0] == focus_us[0] // 10_240_000 * 10_240_000
        codes, _ = sound.level_rows(0, 7_000, 3_700, 120)
        pictures.append((codes.astype(int), sound.envelope(0, 7_000, 3_700)))
        sound.shutdown()
    assert np.abs(pictures[0][0] - pictures[1][0]).max() <= 1
    np.testing.assert_array_equal(pictures[0][1], pictures[1][1])


@pytest.mark.parametrize(("apart_ms", "least", "most"), [(60_000, 1, 1), (0, 1, 3)])
def test_what_is_new_is_told_seldom_and_the_end_at_once(
    beeps: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    apart_ms: int,
    least: int,
    most: int,
) -> None:
    monkeypatch.setattr(sound_picture, "NEWS_APART_MS", apart_ms)
    sound = SoundPicture()
    told: list[int] = []
    sound.extended.connect(lambda from_us, _: told.append(from_us))
    read(sound, beeps, qtbot)
    assert sound.share_built == 1.0
    assert least <= len(told) <= most
    assert len(set(told)) == len(told)
    # What was not told goes with the end: nothing comes after it.
    assert not any(timer.isActive() for timer in sound.findChildren(QTimer))
    sound.shutdown()


def test_a_second_opening_takes_it_from_disk(
    picture: SoundPicture, beeps: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    read(picture, beeps, qtbot)
    first = picture.level_rows(0, COLUMN_US, 2_600, 100)[0]
    extended: list[int] = []
    picture.extended.connect(lambda start_us, _: extended.append(start_us))
    copy = tmp_path / "same content.wav"
    copy.write_bytes(beeps.read_bytes())
    read(picture, copy, qtbot)
    np.testing.assert_array_equal(picture.level_rows(0, COLUMN_US, 2_600, 100)[0], first)
    assert not extended
    assert len(list(picture.shelf.folder.iterdir())) == 1


def test_a_damaged_picture_is_made_anew(picture: SoundPicture, beeps: Path, qtbot: QtBot) -> None:
    read(picture, beeps, qtbot)
    first = picture.level_rows(0, COLUMN_US, 2_600, 100)[0]
    picture.close()
    (path,) = picture.shelf.folder.iterdir()
    with path.open("r+b") as file:
        file.seek(2_000)
        file.write(bytes(200_000))
    read(picture, beeps, qtbot)
    qtbot.waitUntil(lambda: path not in picture.shelf.folder.iterdir())
    qtbot.waitUntil(lambda: len(list(picture.shelf.folder.iterdir())) == 1)

    # The new file is there before the window hears of it and stops drawing from the old one.
    def is_as_before() -> bool:
        rows = picture.level_rows(0, COLUMN_US, 2_600, 100)[0]
        return picture.status is SoundStatus.READY and np.array_equal(rows, first)

    qtbot.waitUntil(is_as_before)


def test_looks_change_without_reading_again(
    picture: SoundPicture, beeps: Path, qtbot: QtBot
) -> None:
    read(picture, beeps, qtbot)
    low_hz = picture.axis.frequency_at(0.5)
    picture.set_settings(replace(picture.settings, axis="linear", colours="grey"))
    assert picture.status is SoundStatus.READY
    assert picture.axis.frequency_at(0.5) > low_hz
    picture.set_settings(replace(picture.settings, auto_range=False, floor_db=-60, ceiling_db=-20))
    assert picture.status is SoundStatus.READY
    assert picture.levels == (100, 180)


def test_the_waveform_stays_while_the_spectrum_is_made_anew(
    picture: SoundPicture, beeps: Path, qtbot: QtBot
) -> None:
    read(picture, beeps, qtbot)
    before = picture.envelope(0, COLUMN_US, 500)
    picture.set_settings(replace(picture.settings, window_ms=64))
    assert picture.status is SoundStatus.READING
    np.testing.assert_array_equal(picture.envelope(0, COLUMN_US, 500), before)
    wait(picture, qtbot)
    assert loudest_hz(picture, 2_050_000) == pytest.approx(BEEP_HZ, rel=0.03)
    np.testing.assert_allclose(picture.envelope(0, COLUMN_US, 500), before, atol=1e-3)


def test_the_range_can_be_fitted_to_a_part(
    picture: SoundPicture, tmp_path: Path, qtbot: QtBot
) -> None:
    sound = np.concatenate([0.9 * sine(440, length_s=4), 0.001 * sine(440, length_s=4)])
    read(picture, write_wav(tmp_path / "steps.wav", sound[:, None]), qtbot)
    _, loud_db = picture.levels_between(0, 3 * S)
    _, quiet_db = picture.levels_between(5 * S, 7 * S)
    assert loud_db == pytest.approx(0, abs=6)
    assert quiet_db == pytest.approx(-60, abs=6)


def test_quiet_sound_is_magnified_by_whole_steps(
    picture: SoundPicture, beeps: Path, qtbot: QtBot
) -> None:
    read(picture, beeps, qtbot)
    assert picture.gain == 1  # Beeps of half the full scale: doubled they would just reach it.
    assert not picture.is_silence


def test_what_cannot_be_read_says_why(
    picture: SoundPicture, beeps: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    audio = probe(beeps).audio
    assert audio is not None
    path = tmp_path / "broken.wav"
    path.write_bytes(b"RIFF nothing of the kind")
    picture.open(path, audio)
    wait(picture, qtbot)
    assert picture.status is SoundStatus.FAILED
    assert picture.reason
    assert "\n" not in picture.reason
    picture.open(tmp_path / "gone.wav", audio)
    wait(picture, qtbot)
    assert picture.status is SoundStatus.FAILED


def test_the_newest_file_wins(
    picture: SoundPicture, beeps: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    audio = probe(beeps).audio
    assert audio is not None
    picture.open(beeps, audio)
    short = Audio(pieces=((0.0, 1.0),), codec="pcm_s16le", rate_hz=RATE_HZ)
    read(picture, write_media(tmp_path / "short.wav", audio=short), qtbot)
    assert picture.status is SoundStatus.READY
    qtbot.wait(150)  # Messages of the file before, if there were any left, would be in by now.
    assert not picture.level_rows(3 * S, COLUMN_US, 5, 50)[1].any()


def test_closing_stops_the_reading(picture: SoundPicture, beeps: Path) -> None:
    audio = probe(beeps).audio
    assert audio is not None
    picture.open(beeps, audio)
    picture.close(silent=True)
    assert picture.status is SoundStatus.SILENT
    picture.shutdown()
    assert not picture.level_rows(0, COLUMN_US, 5, 50)[1].any()
    assert np.isnan(picture.envelope(0, COLUMN_US, 5)).all()
