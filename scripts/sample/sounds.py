"""The sounds of the sample, each from its physics: what is struck, blown, spun or stirred."""

from __future__ import annotations

import numpy as np

from sample.pool_game import Click
from sample.synthesis import (
    RATE_HZ,
    add,
    band,
    fade,
    harmonics,
    level,
    modes,
    noise,
    room,
    times,
)


def clock_tick(duration_s: float) -> np.ndarray:
    """The escapement, three beats a second: a click and its echo in the case, in turns."""
    track = np.zeros(round(duration_s * RATE_HZ))
    for step in range(int(duration_s * 3)):
        high = 1.0 if step % 2 == 0 else 0.90
        frequencies = [620 * high, 1_450 * high, 2_480 * high, 3_900 * high, 5_600 * high]
        decays = [0.012, 0.010, 0.007, 0.004, 0.003]
        click = modes(0.08, frequencies, [0.35, 0.7, 1.0, 0.7, 0.4], decays, step)
        fall = modes(0.08, frequencies, [0.2, 0.3, 0.35, 0.2, 0.1], decays, step + 90)
        add(track, click, step / 3 + 0.02)
        add(track, fall, step / 3 + 0.055)
    return level(room(track, 0.22, 0.10, 1)[: len(track)], 1.0)


def alarm_bell(duration_s: float) -> np.ndarray:
    """A hammer between two bells, 22 strokes a second."""
    track = np.zeros(round((duration_s + 0.5) * RATE_HZ))
    generator = np.random.default_rng(2)
    at_s, stroke = 0.0, 0
    while at_s < duration_s:
        tuned = 1.0 if stroke % 2 == 0 else 1.083
        frequencies = [f * tuned for f in (1_180, 2_310, 2_745, 3_960, 5_240, 6_870)]
        ring = modes(
            0.5,
            frequencies,
            [0.35, 1.0, 0.6, 0.9, 0.5, 0.35],
            [0.30, 0.20, 0.16, 0.12, 0.08, 0.05],
            stroke,
        )
        ring[:90] += noise(90 / RATE_HZ, stroke) * 1.2
        add(track, ring, at_s, generator.uniform(0.75, 1.0))
        at_s += 1 / 22 * generator.uniform(0.93, 1.07)
        stroke += 1
    return level(room(fade(track, 0.001, 0.35), 0.4, 0.18, 3), 1.0)


def door_knock(knocks: int, seed: int) -> np.ndarray:
    """Knuckles on a panel of wood: low modes of the panel, a dull click, the room."""
    track = np.zeros(round((0.24 * knocks + 0.8) * RATE_HZ))
    generator = np.random.default_rng(seed)
    for knock in range(knocks):
        drift = generator.uniform(0.97, 1.03)
        frequencies = [f * drift for f in (118, 187, 264, 402, 575, 840, 1_260, 1_850)]
        strengths = [0.9, 1.0, 0.9, 0.75, 0.55, 0.42, 0.30, 0.16]
        decays = [0.055, 0.048, 0.04, 0.03, 0.022, 0.016, 0.011, 0.007]
        hit = modes(0.3, frequencies, strengths, decays, seed + knock)
        hit[:400] += (
            0.9
            * band(noise(400 / RATE_HZ, seed + knock), 300, 4_500)
            * np.exp(-np.arange(400) / 90)
        )
        add(
            track,
            hit,
            0.02 + 0.235 * knock + generator.uniform(-0.012, 0.012),
            generator.uniform(0.8, 1.0),
        )
    return level(room(track, 0.45, 0.22, seed), 1.0)


def billiard_clicks(clicks: list[Click], duration_s: float) -> np.ndarray:
    """Phenolic balls: hard, high and short; cushions thud, pockets rattle."""
    track = np.zeros(round(duration_s * RATE_HZ))
    shapes = {
        "ball": ([2_900, 4_350, 6_800, 9_300], [0.6, 1.0, 0.8, 0.5], [0.006, 0.005, 0.003, 0.002]),
        "cue": ([780, 1_450, 2_600, 3_900], [1.0, 0.8, 0.5, 0.3], [0.012, 0.009, 0.006, 0.004]),
        "cushion": ([95, 160, 310], [1.0, 0.7, 0.3], [0.05, 0.04, 0.02]),
        "pocket": ([140, 320, 610, 1_150], [1.0, 0.8, 0.5, 0.4], [0.07, 0.05, 0.03, 0.02]),
    }
    for number, click in enumerate(clicks):
        if click.strength < 0.03 or click.time_s >= duration_s:
            continue
        frequencies, strengths, decays = shapes[click.kind]
        gain = min(1.0, (click.strength / 4.0) ** 0.8) * (0.5 if click.kind == "cushion" else 1.0)
        add(track, modes(0.3, frequencies, strengths, decays, number), click.time_s, gain)
    return level(room(track, 0.7, 0.30, 4)[: len(track)], 1.0)


def sea_waves(duration_s: float) -> np.ndarray:
    """Breakers: bands of noise that swell, hiss as they run out, and never repeat."""
    t = times(duration_s)
    total = 0.16 * band(noise(duration_s, 5), 200, 3_000, 1)
    for number, (start_s, long_s) in enumerate(((-1.0, 4.2), (2.2, 4.6), (5.6, 4.0), (8.4, 4.4))):
        place = np.clip((t - start_s) / long_s, 0, 1)
        swell = np.sin(np.pi * place**0.55) ** 2
        hiss = np.sin(np.pi * place**1.4) ** 2
        total += 0.9 * swell * band(noise(duration_s, 20 + number), 130, 2_200)
        total += 0.75 * hiss * band(noise(duration_s, 40 + number), 1_000, 9_000)
    return level(total, 1.0)


def wind(duration_s: float) -> np.ndarray:
    """Gusts: noise through a band that opens and closes slowly."""
    t = times(duration_s)
    gusts = 0.5 + 0.3 * np.sin(0.9 * t + 1.0) + 0.2 * np.sin(2.3 * t)
    return level(gusts * band(noise(duration_s, 6), 80, 420, 1), 1.0)


def racing_engine(duration_s: float) -> np.ndarray:
    """Engines at speed with gear changes, heard from beside the track; others pass by."""
    t = times(duration_s)
    gears = np.array([0.0, 1.6, 3.1, 4.9, 6.4, 8.0, 9.9, 12.0])
    active = np.clip(np.searchsorted(gears, t, side="right") - 1, 0, len(gears) - 2)
    within = (t - gears[active]) / np.diff(gears)[active]
    total = _engine(29 + 32 * within**0.7, 7)
    for number, (pass_s, speed) in enumerate(((2.0, 1.0), (4.6, 1.12), (6.9, 0.94), (9.0, 1.05))):
        gap = (t - pass_s) * 46.0
        distance = np.hypot(gap, 9.0)
        heard = 41.0 * speed * (1 - 46.0 / 343.0 * gap / distance)
        total += 0.5 * _engine(heard, 30 + number) * (9.0 / distance) ** 1.2
    rush = band(noise(duration_s, 8), 120, 1_500) * 0.03
    return level(total + rush, 1.0)


def _engine(firing_hz: np.ndarray, seed: int) -> np.ndarray:
    """Exhaust pulses with half orders, uneven from stroke to stroke, through a pipe; then rasp."""
    generator = np.random.default_rng(seed)
    duration_s = len(firing_hz) / RATE_HZ
    flutter = 1.0 + 0.02 * band(noise(duration_s, seed), 4, 60)
    strengths = 1.0 / np.arange(1, 61) ** 0.8 * generator.uniform(0.5, 1.0, 60)
    tone = harmonics(firing_hz * flutter, strengths)
    tone += 0.7 * harmonics(firing_hz / 2 * flutter, strengths[:40])
    tone += 0.4 * harmonics(firing_hz / 4 * flutter, strengths[:40])
    pulses = np.maximum(np.tanh(tone), 0) ** 2
    rasp = band(noise(duration_s, seed + 1), 250, 4_000) * pulses
    return band(np.tanh(0.9 * tone), 35, 4_000, 1) + 0.5 * rasp


def rain(duration_s: float) -> np.ndarray:
    """A steady hiss and many single drops."""
    generator = np.random.default_rng(9)
    drops = np.zeros(round(duration_s * RATE_HZ))
    impacts = generator.integers(0, len(drops), round(1_500 * duration_s))
    drops[impacts] = generator.exponential(1.0, len(impacts)) * generator.choice(
        [-1, 1], len(impacts)
    )
    patter = band(drops, 900, 9_500) * 5
    return level(patter + 0.35 * band(noise(duration_s, 10), 500, 9_000, 1), 1.0)


def siren(duration_s: float) -> np.ndarray:
    """A wail that rises and falls, passing by: louder and higher, then lower and away."""
    t = times(duration_s)
    gap = (t - duration_s * 0.5) * 13.0
    distance = np.hypot(gap, 8.0)
    sweep = 0.5 - 0.5 * np.cos(2 * np.pi * t / 1.9)
    pitch = (640 + 760 * sweep) * (1 - 13.0 / 343.0 * gap / distance)
    tone = harmonics(pitch, [1.0, 0.42, 0.55, 0.22, 0.28, 0.12, 0.10])
    heard = fade(tone * (8.0 / distance) ** 0.6, 0.25, 0.4)
    return level(room(heard, 1.1, 0.30, 11, 0.03), 1.0)


def church_bells(duration_s: float) -> np.ndarray:
    """Two bells in turns: hum, prime, minor third, fifth, nominal and above, each with its beat."""
    track = np.zeros(round(duration_s * RATE_HZ))
    partials = [0.5, 1.0, 1.004, 1.19, 1.195, 1.5, 2.0, 2.008, 2.52, 2.66, 3.01, 4.02, 5.15, 6.4]
    strengths = [0.5, 0.7, 0.4, 0.8, 0.6, 0.4, 1.0, 0.8, 0.6, 0.5, 0.7, 0.5, 0.35, 0.2]
    decays = [5.0, 3.4, 3.4, 2.6, 2.6, 1.6, 1.7, 1.7, 1.1, 1.0, 0.9, 0.6, 0.4, 0.25]
    for number, at_s in enumerate(np.arange(0.0, duration_s - 0.2, 0.72)):
        pitch = 587.0 if number % 2 == 0 else 494.0
        ring = modes(5.0, [pitch * partial for partial in partials], strengths, decays, number)
        clapper = np.exp(-np.arange(900) / 200)
        ring[:900] += 1.2 * band(noise(900 / RATE_HZ, number), 1_200, 8_000) * clapper
        add(track, ring, float(at_s))
    return level(room(track, 1.4, 0.22, 12, 0.04)[: len(track)], 1.0)


def piano(notes: tuple[tuple[float, int, float], ...], duration_s: float) -> np.ndarray:
    """Stiff strings: (start in s, MIDI key, strength) each, with a felt hammer and a soundboard."""
    track = np.zeros(round(duration_s * RATE_HZ))
    for number, (at_s, key, strength) in enumerate(notes):
        base = 440.0 * 2 ** ((key - 69) / 12)
        stiffness = 0.0004 * 2 ** ((key - 60) / 14)
        orders = np.arange(1, min(24, int(9_000 / base)) + 1)
        frequencies = base * orders * np.sqrt(1 + stiffness * orders**2)
        loud = np.abs(np.sin(np.pi * orders / 7.6)) / orders**1.15
        decays = 2.6 * (262 / base) ** 0.5 / (1 + 0.22 * orders)
        note = np.zeros(round(3.0 * RATE_HZ))
        for detune in (0.9997, 1.0, 1.0004):
            note += modes(3.0, frequencies * detune, loud, decays, number)
        thump = band(noise(3.0, number), 90, 900) * np.exp(-times(3.0) / 0.018)
        add(track, fade(note + 0.25 * thump, 0.002, 0.3), at_s, strength)
    return level(room(track, 0.9, 0.22, 13)[: len(track)], 1.0)
