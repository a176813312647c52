"""Sixteen balls on a table: rolling friction, elastic impacts, cushions, pockets and a cue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

HALF_LENGTH_M, HALF_WIDTH_M = 1.27, 0.635
RADIUS_M = 0.036
POCKETS = np.array(
    [
        (x * (HALF_LENGTH_M + shift), y * (HALF_WIDTH_M + shift))
        for x, shift in ((-1, 0.02), (0, 0.03), (1, 0.02))
        for y in (-1, 1)
    ]
)
STEP_S = 1 / 1_500
_FRICTION_M_S2 = 0.28
_BALL_BOUNCE, _CUSHION_BOUNCE = 0.95, 0.72
_CAUGHT_M = 0.062


@dataclass(frozen=True)
class Shot:
    """The cue meets the cue ball at ``time_s``; the direction points at ``target``."""

    time_s: float
    speed_m_s: float
    target: tuple[float, float]
    aim_s: float = 1.4


@dataclass(frozen=True)
class Cue:
    tip: np.ndarray
    butt: np.ndarray


@dataclass(frozen=True)
class State:
    """What can be seen at one instant."""

    numbers: list[int]
    positions: np.ndarray
    rotations: np.ndarray
    cue: Cue | None


@dataclass(frozen=True)
class Click:
    """An impact that can be heard: ``strength`` is the speed of approach in m/s."""

    time_s: float
    strength: float
    kind: str


SHOTS = (
    Shot(1.5, 5.2, (0.62, 0.012)),
    Shot(7.2, 2.4, (0.2, -0.3), aim_s=1.5),
)


@dataclass
class Game:
    """The same game every time it is played."""

    clicks: list[Click] = field(default_factory=list)

    def __post_init__(self) -> None:
        rack = [
            (0.62 + row * RADIUS_M * 1.74, (place - row / 2) * RADIUS_M * 2.01)
            for row in range(5)
            for place in range(row + 1)
        ]
        self._numbers = [0, 1, 11, 5, 2, 8, 10, 9, 7, 14, 4, 6, 15, 13, 3, 12]
        self._places = np.array([(-0.66, -0.05), *rack])
        self._speeds = np.zeros((16, 2))
        self._on_table = np.ones(16, bool)
        generator = np.random.default_rng(5)
        turns, _ = np.linalg.qr(generator.standard_normal((16, 3, 3)))
        self._rotations = turns
        self._time_s = 0.0

    def states(self, rate_hz: int, count: int) -> Iterator[State]:
        """The table at each of ``count`` pictures."""
        for index in range(count):
            while self._time_s < index / rate_hz:
                self._step()
            yield self._state()

    def _state(self) -> State:
        shown = np.flatnonzero(self._on_table)
        heights = np.full((len(shown), 1), RADIUS_M)
        return State(
            [self._numbers[ball] for ball in shown],
            np.hstack([self._places[shown], heights]),
            self._rotations[shown],
            self._cue(),
        )

    def _cue(self) -> Cue | None:
        """Swings before each shot, follows through, and is taken away."""
        for shot in SHOTS:
            since_s = self._time_s - shot.time_s
            if -shot.aim_s <= since_s <= 0.5:
                direction = self._direction(shot)
                if since_s < 0:
                    near = min(1.0, -since_s / 0.12)
                    gap = 0.01 + 0.05 * near * (1.0 - np.cos(since_s * 7.0))
                else:
                    gap = -0.10 * min(1.0, since_s / 0.08) + 1.2 * max(0.0, since_s - 0.2) ** 2
                    direction = self._last_direction
                ball = self._places[0] if since_s < 0 else self._struck_at
                tip = np.append(ball - direction * (RADIUS_M + gap), RADIUS_M * 1.1)
                back = np.append(-direction, 0.13)
                return Cue(tip, tip + 1.45 * back / np.linalg.norm(back))
        return None

    def _direction(self, shot: Shot) -> np.ndarray:
        away = np.array(shot.target) - self._places[0]
        return away / np.linalg.norm(away)

    def _step(self) -> None:
        for shot in SHOTS:
            if self._time_s < shot.time_s <= self._time_s + STEP_S:
                self._last_direction = self._direction(shot)
                self._struck_at = self._places[0].copy()
                self._speeds[0] = self._last_direction * shot.speed_m_s
                self.clicks.append(Click(shot.time_s, shot.speed_m_s, "cue"))
        self._roll()
        self._collide()
        self._bounce()
        self._time_s += STEP_S

    def _roll(self) -> None:
        self._places += self._speeds * STEP_S
        rates = np.linalg.norm(self._speeds, axis=1)
        for ball in np.flatnonzero(rates > 1e-4):
            turn = _rotation(self._speeds[ball] / rates[ball], rates[ball] * STEP_S / RADIUS_M)
            self._rotations[ball] = turn @ self._rotations[ball]
        slower = np.maximum(rates - _FRICTION_M_S2 * STEP_S, 0.0)
        self._speeds *= (slower / np.maximum(rates, 1e-9))[:, None]

    def _collide(self) -> None:
        gaps = self._places[:, None] - self._places[None]
        distances = np.linalg.norm(gaps, axis=2) + np.eye(16) * 9
        both = self._on_table[:, None] & self._on_table[None]
        for first, second in zip(*np.nonzero(both & (distances < 2 * RADIUS_M)), strict=True):
            if first > second:
                continue
            normal = gaps[first, second] / distances[first, second]
            approach = float((self._speeds[second] - self._speeds[first]) @ normal)
            if approach <= 0:
                continue
            push = 0.5 * (1 + _BALL_BOUNCE) * approach * normal
            self._speeds[first] += push
            self._speeds[second] -= push
            self.clicks.append(Click(self._time_s, approach, "ball"))

    def _bounce(self) -> None:
        to_pockets = np.linalg.norm(self._places[:, None] - POCKETS[None], axis=2).min(axis=1)
        for ball in np.flatnonzero(self._on_table & (to_pockets < _CAUGHT_M)):
            if ball != 0:
                self._on_table[ball] = False
                self.clicks.append(Click(self._time_s, 1.0, "pocket"))
            self._speeds[ball] = 0.0
        limits = np.array([HALF_LENGTH_M, HALF_WIDTH_M]) - RADIUS_M
        outside = (np.abs(self._places) > limits) & (self._places * self._speeds > 0)
        outside &= (self._on_table & (to_pockets > _CAUGHT_M * 1.5))[:, None]
        for ball, axis in zip(*np.nonzero(outside), strict=True):
            speed_m_s = abs(float(self._speeds[ball, axis]))
            self.clicks.append(Click(self._time_s, speed_m_s, "cushion"))
            self._speeds[ball, axis] *= -_CUSHION_BOUNCE


def _rotation(direction: np.ndarray, angle: float) -> np.ndarray:
    """Rolling without slipping along a direction of the plane: Rodrigues' formula."""
    x, y = -direction[1], direction[0]
    skew = np.array([[0.0, 0.0, y], [0.0, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew
