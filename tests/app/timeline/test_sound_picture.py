"""Sound is read in the background, drawn where it belongs, and given up at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.timeline.sound_picture import SoundPicture, SoundStatus
from tests.media_factory import BEEP_HZ, BEEP_S, Audio, write_media

S = 1_000_000


@pytest.fixture
def picture() -> Iterator[SoundPicture]:
    sound = SoundPicture()
    yield sound
    sound.shutdown()


@pytest.fixture
def beeps(tmp_path: Path) -> Path:
    audio = Audio(pieces=((0.0, 4.0),), codec="pcm_s16le", rate_hz=16_000)
    return write_media(tmp_path / "beeps.wav", audio=audio)


def read(sound: SoundPicture, path: Path, qtbot: QtBot) -> None:
    sound.open(path, 4 * S)
    assert sound.status is SoundStatus.READING
    qtbot.waitUntil(lambda: sound.status is not SoundStatus.READING)


def test_beeps_are_drawn_where_they_sound(picture: SoundPicture, beeps: Path, qtbot: QtBot) -> None:
    read(picture, beeps, qtbot)
    assert picture.status is SoundStatus.READY
    assert abs(picture.built_end_us - 4 * S) <= 20_000
    column_us = 10_000
    envelope = picture.envelope(0, column_us, 400)
    sounding = (np.arange(400) % 100) < BEEP_S * 100
    assert np.all(envelope[sounding, 1] > 0.4)
    assert np.all(envelope[sounding, 0] < -0.4)
    assert np.all(np.abs(envelope[~sounding]) < 0.05)
    codes = picture.codes(0, column_us, 400)
    middle = codes[205]
    heard_hz = picture.settings.frequency_at((int(np.argmax(middle)) + 0.5) / len(middle))
    assert heard_hz == pytest.approx(BEEP_HZ, rel=0.06)
    assert codes[250].max() < middle.max() - 60
    assert np.isnan(picture.codes(5 * S, column_us, 10)).all()


def test_a_late_sound_keeps_its_time(picture: SoundPicture, tmp_path: Path, qtbot: QtBot) -> None:
    audio = Audio(pieces=((2.0, 2.0),), codec="pcm_s16le", rate_hz=16_000)
    read(picture, write_media(tmp_path / "late.mkv", audio=audio), qtbot)
    envelope = picture.envelope(0, 100_000, 40)[:, 1]
    assert np.isnan(envelope[:20]).all()
    assert envelope[20] > 0.4


def test_quiet_sound_is_magnified_by_whole_steps(
    picture: SoundPicture, beeps: Path, qtbot: QtBot
) -> None:
    read(picture, beeps, qtbot)
    assert picture.gain == 1  # Beeps of half the full scale: doubled they would just reach it.
    assert not picture.is_silence


def test_what_cannot_be_read_says_why(picture: SoundPicture, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(b"RIFF nothing of the kind")
    read(picture, path, qtbot)
    assert picture.status is SoundStatus.FAILED
    assert picture.reason
    assert "\n" not in picture.reason


def test_the_newest_file_wins(picture: SoundPicture, tmp_path: Path, qtbot: QtBot) -> None:
    long = Audio(pieces=((0.0, 60.0),), codec="pcm_s16le", rate_hz=16_000)
    short = Audio(pieces=((0.0, 1.0),), codec="pcm_s16le", rate_hz=16_000)
    picture.open(write_media(tmp_path / "long.wav", audio=long), 60 * S)
    read(picture, write_media(tmp_path / "short.wav", audio=short), qtbot)
    assert picture.status is SoundStatus.READY
    assert picture.built_end_us < 2 * S
    qtbot.wait(150)  # Messages of the file before, if there were any left, would be in by now.
    assert picture.built_end_us < 2 * S


def test_closing_stops_the_reading(picture: SoundPicture, tmp_path: Path, qtbot: QtBot) -> None:
    audio = Audio(pieces=((0.0, 60.0),), codec="pcm_s16le", rate_hz=16_000)
    picture.open(write_media(tmp_path / "long.wav", audio=audio), 60 * S)
    picture.close(silent=True)
    assert picture.status is SoundStatus.SILENT
    picture.shutdown()
    assert np.isnan(picture.codes(0, 10_000, 5)).all()
