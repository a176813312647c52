"""Untrimmed scenes with exact onsets and offsets, composed from clips of many recordings.

A scene is a row of shots (a film, a slowly panned still, or nothing much) and, over a noise
floor, sounds at chosen times. Where a sound and a picture of one thing run together, that is an
audio-visual event. Scenes are encoded as the program encodes a video, and only their embeddings
are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core_model.encoders.base import SAMPLE_RATE_HZ
from core_model.encoders.starter.visual import FRAME_SIDE_PX, GREY_SIDE_PX
from core_model.timeline import Task
from training.starter.corpus import Clip
from training.starter.picture_augment import Light, Views, look
from training.starter.picture_bank import IDLE_LABEL, PictureBank, PictureDraw
from training.starter.scene_labels import AUDIO_VISUAL, meets
from training.starter.sound_mixing import SoundBank, SoundScenes, levels_db

SCENE_SNIPPETS = 128
SCENE_CELLS = SCENE_SNIPPETS + 3
CELL_S = 0.25
SCENE_SAMPLES = SCENE_CELLS * SAMPLE_RATE_HZ // 4
# Pauses of less than a snippet's second are no pauses to the encoder, nor to who annotates.
QUIET_GAP_S = 1.0
SHORTEST_EVENT_S = 0.12
SHORTEST_MEETING_S = 0.5
AUDIBLE_BELOW_PEAK_DB = 30.0


@dataclass(frozen=True, slots=True)
class Event:
    """A labelled stretch of a scene, in seconds from its start."""

    task: Task
    label: str
    onset_s: float
    offset_s: float


@dataclass(frozen=True)
class Scene:
    """What encoders see of a scene, and what is to be found in it."""

    colour: np.ndarray
    grey: np.ndarray
    samples: np.ndarray
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Shot:
    """One stretch of picture; ``film`` is its index where it is a film, else -1."""

    label: str
    first_cell: int
    last_cell: int
    film: int


class SceneComposer:
    """Draws scenes from the clips that ``keep`` lets through (one split, or half of one)."""

    def __init__(
        self,
        sounds: SoundBank,
        film_sounds: SoundBank,
        pictures: PictureBank,
        sound_labels: tuple[str, ...],
        keep: Callable[[Clip], bool],
        seed: int,
    ) -> None:
        self.random = np.random.default_rng(seed)
        self.torch_random = torch.Generator().manual_seed(seed)
        self.pictures, self.film_sounds = pictures, film_sounds
        self.empties = PictureDraw(pictures, seed)
        self.sounds = SoundScenes(sounds, sound_labels, seed, keep=keep, length=SCENE_SAMPLES)
        self.stills = _by_label(pictures.labels, pictures.still_labels, pictures.stills, keep)
        self.films = _by_label(pictures.labels, pictures.film_labels, pictures.films, keep)
        self.actions = sorted((set(self.stills) | set(self.films)) - {IDLE_LABEL})
        self.meeting_actions = [
            a for a in self.actions if any(a in shown for _, shown in AUDIO_VISUAL.values())
        ]

    def scene(self, *, eventless: bool = False) -> Scene:
        """One scene of 131 cells: pictures, sound and the events of all three tasks.

        An ``eventless`` one shows idle pictures over background noise.
        """
        colour = np.empty((SCENE_CELLS, FRAME_SIDE_PX, FRAME_SIDE_PX, 3), np.uint8)
        grey = np.empty((4 * SCENE_CELLS, GREY_SIDE_PX, GREY_SIDE_PX), np.uint8)
        shots = []
        for shot in self._cut(idle_share=1.0 if eventless else None):
            place = slice(shot.first_cell, shot.last_cell)
            strips = slice(4 * shot.first_cell, 4 * shot.last_cell)
            film = self._draw_shot(shot.label, colour[place], grey[strips])
            shots.append(replace(shot, film=film))
        samples, heard = self._soundtrack(shots, eventless=eventless)
        seen = _joined(
            [
                Event(Task.TAL, s.label, s.first_cell * CELL_S, s.last_cell * CELL_S)
                for s in shots
                if s.label != IDLE_LABEL
            ]
        )
        return Scene(colour, grey, samples, (*seen, *heard, *meetings(seen, heard)))

    def sound_scene(self, *, eventless: bool = False) -> tuple[np.ndarray, tuple[Event, ...]]:
        """The sound of a scene whose pictures are never drawn, and its sound events."""
        shots = list(self._cut(idle_share=1.0 if eventless else None))
        samples, heard = self._soundtrack(shots, eventless=eventless)
        return samples, tuple(heard)

    def _cut(self, *, idle_share: float | None) -> Iterator[Shot]:
        """Shots one after the other, not drawn yet."""
        draw, cell = self.random, 0
        meeting = draw.random() < 0.6
        if idle_share is None:
            idle_share = float(draw.choice([0.15, 0.4, 0.8]))
        while cell < SCENE_CELLS:
            length = min(int(draw.uniform(6, 40)), SCENE_CELLS - cell)
            label = IDLE_LABEL
            if draw.random() >= idle_share:
                names = self.meeting_actions if meeting and draw.random() < 0.6 else self.actions
                label = names[draw.integers(len(names))]
            yield Shot(label, cell, cell + length, film=-1)
            cell += length

    def _draw_shot(self, label: str, colour: np.ndarray, grey: np.ndarray) -> int:
        """Fill one shot; the film's index, or -1."""
        draw = self.random
        films, stills = self.films.get(label, []), self.stills.get(label, [])
        light = Light.draw(1, self.torch_random)
        if (
            films
            and (not stills or draw.random() < 0.6)
            and not (label == IDLE_LABEL and draw.random() < 0.5)
        ):
            film = int(films[draw.integers(len(films))])
            self._play_film(film, light, colour, grey)
            return film
        if label == IDLE_LABEL:
            self._pan(self._nothing(), light, colour, grey)
        else:
            still = stills[draw.integers(len(stills))]
            self._pan(self.pictures.pixels[still], light, colour, grey)
        return -1

    def _nothing(self) -> np.ndarray:
        """A picture without an action: made from chance, or a corner of a photograph enlarged."""
        draw = self.random
        if draw.random() < 0.3:
            return self.empties.empty(1)[0]
        names = [label for label in self.actions if self.stills.get(label)]
        stills = self.stills[names[draw.integers(len(names))]]
        photograph = self.pictures.pixels[stills[draw.integers(len(stills))]]
        side = int(draw.integers(20, 36))
        top, left = (0 if draw.random() < 0.7 else 128 - side), int(draw.choice([0, 128 - side]))
        corner = torch.from_numpy(photograph[top : top + side, left : left + side].copy())
        corner = corner.permute(2, 0, 1)[None].float()
        larger = functional.interpolate(corner, size=128, mode="bilinear", align_corners=False)
        return larger[0].permute(1, 2, 0).numpy().astype(np.uint8)

    def _play_film(self, film: int, light: Light, colour: np.ndarray, grey: np.ndarray) -> None:
        """The film from a chance cell on, from its start again where it ends."""
        first, last = self.pictures.bounds[film]
        cells = first + (self.random.integers(last - first) + np.arange(len(colour))) % (
            last - first
        )
        views = Views.draw(1, self.torch_random, least_area=0.7)
        theta = views.theta.expand(len(cells), -1, -1)
        frames = torch.from_numpy(self.pictures.colour[cells]).permute(0, 3, 1, 2).float() / 255
        colour[:] = _bytes(
            light.lasting(len(cells))
            .on_colour(look(frames, theta, FRAME_SIDE_PX))
            .permute(0, 2, 3, 1)
        )
        strips = self.pictures.grey.reshape(-1, 4, GREY_SIDE_PX, GREY_SIDE_PX)[cells]
        moving = look(torch.from_numpy(strips).float() / 255, theta, GREY_SIDE_PX)
        grey[:] = _bytes(light.on_grey(moving)).reshape(-1, GREY_SIDE_PX, GREY_SIDE_PX)

    def _pan(self, picture: np.ndarray, light: Light, colour: np.ndarray, grey: np.ndarray) -> None:
        """A still under a camera that stands, pans or zooms."""
        start = Views.draw(1, self.torch_random, least_area=0.6).theta
        speed = torch.randn(1, 2, 3, generator=self.torch_random) * 0.03
        if self.random.random() < 0.4:
            speed *= 0
        time_s = torch.arange(4 * len(colour))[:, None, None] / 16 - len(colour) / 8
        shake = torch.randn(4 * len(colour), 2, 1, generator=self.torch_random)
        shake = functional.pad(shake, (2, 0)) * (0.004 if self.random.random() < 0.4 else 0)
        theta = start + speed * time_s.clamp(-6, 6) + shake
        still = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
        frames = look(still.expand(len(colour), -1, -1, -1), theta[::4], FRAME_SIDE_PX)
        colour[:] = _bytes(light.lasting(len(frames)).on_colour(frames).permute(0, 2, 3, 1))
        small = functional.avg_pool2d(still.mean(dim=1, keepdim=True), 2)
        moving = look(small.expand(len(grey), -1, -1, -1), theta, GREY_SIDE_PX)
        grey[:] = _bytes(light.on_grey(moving.transpose(0, 1))[0])

    def _soundtrack(self, shots: list[Shot], *, eventless: bool) -> tuple[np.ndarray, list[Event]]:
        draw = self.random
        noise_db = draw.uniform(-80, -28)
        loud_db = max(noise_db + draw.uniform(6, 30), draw.uniform(-45, -12))
        mixture = self.sounds.noise(noise_db)
        placed: list[tuple[str, np.ndarray]] = []
        if not eventless and draw.random() > 0.12:
            for _ in range(draw.poisson(4.5)):
                wanted_s = float(draw.choice([0.0, 0.0, draw.uniform(2, 15)]))
                label, wave = self.sounds.sound(wanted_s)
                placed.append((label, self._at(wave, int(draw.integers(SCENE_SAMPLES)))))
        for shot in shots if not eventless else ():
            placed.extend(self._sound_of(shot))
        heard: list[Event] = []
        for label, track in placed:
            track = _levelled(track, loud_db + draw.uniform(-8, 8))
            mixture = mixture + track
            heard += active_events(label, track, noise_db)
        return np.clip(mixture, -1, 1).astype(np.float32), _joined(heard)

    def _sound_of(self, shot: Shot) -> list[tuple[str, np.ndarray]]:
        """The sound that belongs to a shot, mostly; otherwise the picture stays without it."""
        draw = self.random
        start = shot.first_cell * SCENE_SAMPLES // SCENE_CELLS
        length = (shot.last_cell - shot.first_cell) * SCENE_SAMPLES // SCENE_CELLS
        if shot.label == "band marching" and shot.film >= 0:
            wave = self.film_sounds.waveform(shot.film)
            if len(wave) and draw.random() < 0.75:
                return [("music", self._at(np.resize(wave, length), start))]
            return []
        fitting = [
            s for sounds, shown in AUDIO_VISUAL.values() if shot.label in shown for s in sounds
        ]
        if not fitting or draw.random() < 0.3 or fitting[0] not in self.sounds.pool:
            return []
        late = int(draw.uniform(-0.2, 0.4) * length)
        label, wave = self.sounds.sound(
            length / SAMPLE_RATE_HZ * draw.uniform(0.5, 1.0), fitting[0]
        )
        return [(label, self._at(wave, start + late))]

    @staticmethod
    def _at(wave: np.ndarray, start: int) -> np.ndarray:
        track = np.zeros(SCENE_SAMPLES, np.float32)
        first, last = max(0, start), min(SCENE_SAMPLES, start + len(wave))
        if last > first:
            track[first:last] = wave[first - start : last - start]
        return track


def active_events(label: str, track: np.ndarray, noise_db: float) -> list[Event]:
    """Where a sound can be heard: loud enough beside its own peak and above the noise."""
    levels = levels_db(track)
    floor = max(levels.max() - AUDIBLE_BELOW_PEAK_DB, noise_db - 4.0, -80.0)
    active = np.flatnonzero(levels > floor)
    if not len(active):
        return []
    breaks = np.flatnonzero(np.diff(active) > QUIET_GAP_S * 16) + 1
    events = []
    for run in np.split(active, breaks):
        onset_s, offset_s = run[0] / 16, (run[-1] + 1) / 16
        if offset_s - onset_s >= SHORTEST_EVENT_S:
            events.append(Event(Task.SED, label, float(onset_s), float(offset_s)))
    return events


def meetings(seen: list[Event], heard: list[Event]) -> list[Event]:
    """The audio-visual events: overlaps of a picture and a sound of one thing."""
    found = []
    for shown in seen:
        for sound in heard:
            label = meets(sound.label, shown.label)
            onset_s = max(shown.onset_s, sound.onset_s)
            offset_s = min(shown.offset_s, sound.offset_s)
            if label and offset_s - onset_s >= SHORTEST_MEETING_S:
                found.append(Event(Task.AVEL, label, onset_s, offset_s))
    return _joined(found)


def _joined(events: list[Event]) -> list[Event]:
    """Events of one label that touch or overlap become one."""
    joined: list[Event] = []
    for event in sorted(events, key=lambda e: (e.label, e.onset_s)):
        last = joined[-1] if joined else None
        if last and last.label == event.label and event.onset_s <= last.offset_s + 0.3:
            joined[-1] = Event(
                last.task, last.label, last.onset_s, max(last.offset_s, event.offset_s)
            )
        else:
            joined.append(event)
    return joined


def _levelled(track: np.ndarray, level_db: float) -> np.ndarray:
    """The track with its loudest sixteenth of a second at a level in dBFS."""
    return track * np.float32(10 ** ((level_db - levels_db(track).max()) / 20))


def _bytes(values: Tensor) -> np.ndarray:
    return (values * 255).clamp(0, 255).to(torch.uint8).numpy()


def _by_label(
    labels: tuple[str, ...],
    indices: np.ndarray,
    clips: tuple[Clip, ...],
    keep: Callable[[Clip], bool],
) -> dict[str, list[int]]:
    kept: dict[str, list[int]] = {}
    for index, (label, clip) in enumerate(zip(indices, clips, strict=True)):
        if keep(clip):
            kept.setdefault(labels[label], []).append(index)
    return kept


def open_film_sounds(cache: Path, films: tuple[Clip, ...]) -> SoundBank:
    """The films' own sound; no samples where a film has none."""
    return SoundBank(
        np.load(cache / "film_samples.npy", mmap_mode="r"),
        np.load(cache / "film_sound_bounds.npy"),
        films,
    )
