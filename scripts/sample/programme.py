"""What happens when: the cuts of the sample, its sounds, and the truth about both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample import sounds
from sample.pool_game import Game
from sample.scenes import bedroom, billiards, racing, sailing, street
from sample.speech import say
from sample.synthesis import RATE_HZ, add, band, fade, level, noise

PICTURE_RATE_HZ = 25
WIDTH_PX, HEIGHT_PX = 640, 360
SCENES = (
    ("bedroom", bedroom.frames, 10.0),
    ("billiards", billiards.frames, 11.0),
    ("sailing", sailing.frames, 9.0),
    ("racing", racing.frames, 10.0),
    ("street", street.frames, 10.0),
)
DURATION_S = sum(scene[2] for scene in SCENES)
BEDROOM_S, BILLIARDS_S, SAILING_S, RACING_S, STREET_S = (
    sum(scene[2] for scene in SCENES[:index]) for index in range(len(SCENES))
)
TUNE = (
    (0.0, 60, 0.9), (0.0, 48, 0.7), (0.45, 64, 0.7), (0.9, 67, 0.8), (1.35, 72, 0.9),
    (1.8, 57, 0.8), (1.8, 45, 0.7), (2.25, 64, 0.7), (2.7, 69, 0.8), (3.15, 72, 0.9),
    (3.6, 65, 0.8), (3.6, 53, 0.6), (3.8, 69, 0.7), (4.0, 72, 0.8),
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One true event, in seconds of the finished sample."""

    task: str
    label: str
    onset_s: float
    offset_s: float


EVENTS = (
    Event("sed", "clock tick", 0.0, 4.0),
    Event("sed", "clock alarm", 4.0, 7.2),
    Event("sed", "door wood knock", 8.2, 9.4),
    Event("tal", "billiards", BILLIARDS_S, SAILING_S),
    Event("sed", "music", BILLIARDS_S, BILLIARDS_S + 5.2),
    Event("sed", "speech", BILLIARDS_S + 5.87, BILLIARDS_S + 10.95),
    Event("tal", "sailboat racing", SAILING_S, RACING_S),
    Event("sed", "sea waves", SAILING_S, RACING_S),
    Event("tal", "nascar racing", RACING_S, STREET_S),
    Event("sed", "engine", RACING_S, STREET_S),
    Event("avel", "motor racing", RACING_S, STREET_S),
    Event("sed", "rain", STREET_S, DURATION_S),
    Event("sed", "siren", STREET_S + 1.9, STREET_S + 6.9),
    Event("sed", "church bells", STREET_S + 7.0, DURATION_S),
)


def sound_track() -> np.ndarray:
    """The whole sound, float32 mono at ``RATE_HZ``, peaks below 0.9."""
    track = 0.0007 * band(noise(DURATION_S, 100), 40, 4_000)
    _bedroom(track)
    _billiards(track)
    _sailing(track)
    add(track, fade(sounds.racing_engine(SCENES[3][2]), 0.02, 0.05), RACING_S, 0.75)
    _street(track)
    return (
        level(track, 0.89).astype(np.float32)
        if np.abs(track).max() > 0.89
        else track.astype(np.float32)
    )


def _bedroom(track: np.ndarray) -> None:
    add(track, sounds.clock_tick(4.0), BEDROOM_S, 0.50)
    add(track, sounds.alarm_bell(3.0), BEDROOM_S + 4.0, 0.65)
    add(track, sounds.door_knock(5, 17), BEDROOM_S + 8.2, 0.95)


def _billiards(track: np.ndarray) -> None:
    duration_s = SCENES[1][2]
    game = Game()
    for _ in game.states(PICTURE_RATE_HZ, round(duration_s * PICTURE_RATE_HZ)):
        pass
    add(track, sounds.billiard_clicks(game.clicks, duration_s), BILLIARDS_S, 0.30)
    add(track, fade(sounds.piano(TUNE, 5.6), 0.002, 0.5), BILLIARDS_S, 0.45)
    first = say("Nice break! You can take the yellow one.", "rms", decay_s=0.5, share=0.2, seed=14)
    second = say("No, I will try the blue ball first.", "slt", decay_s=0.5, share=0.2, seed=15)
    add(track, first, BILLIARDS_S + 5.7, 0.7)
    add(track, second, BILLIARDS_S + 8.6, 0.65)


def _sailing(track: np.ndarray) -> None:
    duration_s = SCENES[2][2]
    add(track, fade(sounds.sea_waves(duration_s), 0.05, 0.1), SAILING_S, 0.55)
    add(track, fade(sounds.wind(duration_s), 0.05, 0.1), SAILING_S, 0.10)


def _street(track: np.ndarray) -> None:
    duration_s = SCENES[4][2]
    add(track, fade(sounds.rain(duration_s), 0.05, 0.3), STREET_S, 0.40)
    add(track, sounds.siren(5.0), STREET_S + 1.9, 0.5)
    add(track, fade(sounds.church_bells(3.0), 0.001, 0.2), STREET_S + 7.0, 0.85)


def samples_before(picture: int) -> int:
    """Samples of sound that lie before a picture."""
    return picture * RATE_HZ // PICTURE_RATE_HZ
