"""Shot changes: cuts, and pictures that come up from black.

After the content detection of PySceneDetect (https://www.scenedetect.com/docs/latest/api/
detectors.html): neighbouring pictures, made small, are compared by hue, saturation and
brightness. As in its adaptive detector a difference counts only where it stands out from those
around it, so that pans and shaking do not; as in its threshold detector black is told by the mean
brightness. Dissolves are not found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core_model.media.errors import MediaError
from core_model.media.probe import probe
from core_model.media.video import frames

Picture = npt.NDArray[np.float32]

SIZE_PX = (48, 27)
# Mean difference of hue, saturation and brightness, each in 0 .. 255.
LEAST_DIFFERENCE = 10.0
# A cut differs this many times as much as the pictures around it do on average, and at most,
# where the two sides of a flash nearby are not counted.
STANDS_OUT = 2.5
STANDS_ABOVE = 1.6
NEIGHBOURS = 4
FLASH_SIDES = 2
# Brightness that is laid out as before (correlation) is the same view under another light.
SAME_VIEW = 0.8
LEAST_CONTRAST = 2.0
# What looks as before this soon after a change was a flash, a glitch or a passer-by.
FLASH_US = 250_000
# A picture that resembles one before the change by this share of the change has come back.
COMES_BACK = 0.5
# Mean brightness below which a picture is black.
BLACK = 12.0
_FRAMES_PER_REPORT = 64


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the video has been looked at, in [0, 1]."""

    part_done: float


@dataclass(frozen=True, slots=True)
class _Seen:
    pts_us: int
    picture: Picture
    difference: float
    """From the picture before."""
    is_black: bool


class _CancelledError(Exception):
    """The shots are not wanted any more."""


class ShotDetector:
    """Takes pictures in order and gives the times at which a new shot begins."""

    def __init__(self) -> None:
        # Judged ones, the one to be judged next, those that come after it.
        self._before: deque[_Seen] = deque()
        self._after: deque[_Seen] = deque()

    def push(self, pts_us: int, rgb: npt.NDArray[np.uint8]) -> list[int]:
        """The next picture, uint8 (H, W, 3) of any one size; shots that have become certain."""
        picture = to_hsv(rgb)
        last = self._after[-1] if self._after else None
        difference = 0.0 if last is None else difference_of(last.picture, picture)
        is_black = float(picture[..., 2].mean()) < BLACK
        self._after.append(_Seen(pts_us, picture, difference, is_black))
        found: list[int] = []
        while self._can_judge_first():
            found += self._judge_first()
        return found

    def finish(self) -> list[int]:
        """Shots among the last pictures."""
        found: list[int] = []
        while self._after:
            found += self._judge_first()
        return found

    def _can_judge_first(self) -> bool:
        seen_us = self._after[-1].pts_us - self._after[0].pts_us
        return len(self._after) > NEIGHBOURS + 1 and seen_us >= FLASH_US

    def _judge_first(self) -> list[int]:
        first = self._after[0]
        is_new = self._comes_up(first) or self._is_cut(first)
        self._before.append(self._after.popleft())
        while len(self._before) > NEIGHBOURS and first.pts_us - self._before[0].pts_us > FLASH_US:
            self._before.popleft()
        return [first.pts_us] if is_new else []

    def _comes_up(self, seen: _Seen) -> bool:
        """Whether black ends here, but for a blink of it."""
        if not self._before or seen.is_black or not self._before[-1].is_black:
            return False
        return all(before.is_black for before in self._before) or not self._has_come_back(seen)

    def _is_cut(self, seen: _Seen) -> bool:
        if not self._before or seen.difference < LEAST_DIFFERENCE:
            return False
        around = [other.difference for other in list(self._before)[-NEIGHBOURS:]]
        around += [self._after[n].difference for n in range(1, len(self._after)) if n <= NEIGHBOURS]
        around = sorted(around, reverse=True)[FLASH_SIDES:] or [0.0]
        usual, largest = float(np.mean(around)), around[0]
        stands_out = seen.difference >= max(STANDS_OUT * usual, STANDS_ABOVE * largest)
        if not stands_out or is_same_view(self._before[-1].picture, seen.picture):
            return False
        return not self._has_come_back(seen)

    def _has_come_back(self, seen: _Seen) -> bool:
        """Whether a picture from here on looks like one before: no new shot then."""
        limit = COMES_BACK * max(seen.difference, LEAST_DIFFERENCE)
        earlier = [other for other in self._before if seen.pts_us - other.pts_us <= FLASH_US]
        later = [other for other in self._after if other.pts_us - seen.pts_us <= FLASH_US]
        return any(
            difference_of(before.picture, after.picture) < limit
            for before in reversed(earlier)
            for after in later
        )


def shot_changes(path: Path, *, cancelled: Callable[[], bool]) -> Iterator[int | Progress]:
    """When each shot but the first begins, in microseconds, ascending, with reports between.

    Decodes the whole video, one picture at a time; ``cancelled`` is asked at every picture, and
    while the file is looked at, and ends the search early. Raises MediaError when there is no
    video.
    """

    def go_on() -> None:
        if cancelled():
            raise _CancelledError

    try:
        video = probe(path, go_on).video
    except _CancelledError:
        return
    if video is None:
        raise MediaError(path, "video", "there is none")
    length_us = max(1, video.end_us - video.start_us)
    detector = ShotDetector()
    with closing(frames(path, size_px=SIZE_PX)) as pictures:
        for number, frame in enumerate(pictures):
            if cancelled():
                return
            yield from detector.push(frame.pts_us, frame.image)
            if number % _FRAMES_PER_REPORT == 0:
                yield Progress(min(1.0, max(0.0, (frame.pts_us - video.start_us) / length_us)))
    yield from detector.finish()


def to_hsv(rgb: npt.NDArray[np.uint8]) -> Picture:
    """float32 (H, W, 3): hue, saturation and brightness of uint8 (H, W, 3), each in [0, 255]."""
    colour = rgb.astype(np.float32)
    red, green, blue = colour[..., 0], colour[..., 1], colour[..., 2]
    value = np.maximum(np.maximum(red, green), blue)
    spread = value - np.minimum(np.minimum(red, green), blue)
    safe = np.maximum(spread, 1e-6)
    hue = np.where(
        value == red,
        ((green - blue) / safe) % 6,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    picture = np.empty_like(colour)
    picture[..., 0] = np.where(spread > 0, hue * np.float32(255 / 6), 0)
    picture[..., 1] = 255 * spread / np.maximum(value, 1e-6)
    picture[..., 2] = value
    return picture


def difference_of(first: Picture, second: Picture) -> float:
    """Mean difference of two pictures from :func:`to_hsv`, in [0, 255].

    Hue goes round, and counts as far as both are coloured; saturation counts as far as there is
    light: both are noise where there is none.
    """
    apart = np.abs(first - second)
    hue = np.minimum(apart[..., 0], 255 - apart[..., 0]) * 2
    light = np.minimum(first[..., 2], second[..., 2]) / 255
    coloured = np.minimum(first[..., 1], second[..., 1]) / 255
    return float(np.mean(hue * coloured * light + apart[..., 1] * light + apart[..., 2]) / 3)


def is_same_view(first: Picture, second: Picture) -> bool:
    """Whether light and dark lie in the same places, as when only the exposure has changed."""
    before = first[..., 2] - first[..., 2].mean()
    after = second[..., 2] - second[..., 2].mean()
    contrasts = float(before.std()), float(after.std())
    if min(contrasts) < LEAST_CONTRAST:
        return False
    return float(np.mean(before * after)) / (contrasts[0] * contrasts[1]) > SAME_VIEW
