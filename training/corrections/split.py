"""Which events are learned from and which are held back to measure with.

Whole videos are held back, so that what is measured was recorded apart from what was learned.
With one video only, its last part is held back; with very few events, nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core_model.timeline import Task
from training.corrections.data import TrainingSegment, TrainingVideo
from training.corrections.events import SplitBy

HELD_OUT_SHARE = 0.25
MOST_HELD_OUT = 0.4
# With fewer events nothing can be held back without losing what is to be learned.
LEAST_EVENTS = 4
# Beyond any media: a stretch without a known end.
ENDLESS_US = 2**62

_Key = tuple[Task, str]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a video from ``start_us`` to ``end_us``."""

    video: TrainingVideo
    start_us: int
    end_us: int

    @property
    def segments(self) -> tuple[TrainingSegment, ...]:
        """The segments whose middle lies in the stretch."""
        return tuple(
            each
            for each in self.video.segments
            if self.start_us <= (each.onset_us + each.offset_us) // 2 < self.end_us
        )

    @property
    def events(self) -> tuple[TrainingSegment, ...]:
        """Those that are events."""
        return tuple(each for each in self.segments if each.decision.is_event)


@dataclass(frozen=True, slots=True)
class Split:
    """The two sides."""

    by: SplitBy
    train: tuple[Stretch, ...]
    held_out: tuple[Stretch, ...]


def split(videos: Sequence[TrainingVideo], seed: int) -> Split:
    """Hold back about a quarter of the events; the same for the same seed."""
    whole = [whole_stretch(video) for video in videos]
    with_events = [stretch for stretch in whole if stretch.events]
    if sum(len(stretch.events) for stretch in with_events) < LEAST_EVENTS:
        return Split(SplitBy.NOTHING, tuple(whole), ())
    if len(with_events) == 1:
        return _within(whole, with_events[0])
    held_out = _held_out_videos(with_events, random.Random(seed))
    if not held_out:
        return Split(SplitBy.NOTHING, tuple(whole), ())
    train = tuple(stretch for stretch in whole if stretch not in held_out)
    return Split(SplitBy.VIDEO, train, tuple(held_out))


def whole_stretch(video: TrainingVideo) -> Stretch:
    """All of a video."""
    return Stretch(video, -ENDLESS_US, ENDLESS_US)


def _labels(stretch: Stretch) -> Counter[_Key]:
    return Counter((each.kind, each.label) for each in stretch.events)


def _held_out_videos(stretches: list[Stretch], chance: random.Random) -> list[Stretch]:
    """Rare labels choose first; every label keeps a video to learn from."""
    order = chance.sample(stretches, len(stretches))
    counts = {id(stretch): _labels(stretch) for stretch in order}
    total: Counter[_Key] = sum(counts.values(), Counter())
    in_videos: Counter[_Key] = Counter(key for count in counts.values() for key in count)
    left, left_videos = total.copy(), in_videos.copy()
    held_out: list[Stretch] = []
    held: Counter[_Key] = Counter()
    for key in sorted(in_videos, key=lambda each: (in_videos[each], str(each))):
        for stretch in order:
            if held[key] >= HELD_OUT_SHARE * total[key]:
                break
            count = counts[id(stretch)]
            if stretch in held_out or not count[key]:
                continue
            if any(left_videos[each] < 2 for each in count):
                continue
            fits = (sum(held.values()) + sum(count.values())) <= MOST_HELD_OUT * sum(total.values())
            if fits or not held_out:
                held_out.append(stretch)
                held += count
                left -= count
                left_videos -= Counter(dict.fromkeys(count, 1))
    return held_out


def _within(whole: list[Stretch], only: Stretch) -> Split:
    """The only video with events, cut where no event is cut if there is such a place."""
    events = sorted(only.events, key=lambda each: (each.onset_us, each.offset_us))
    best_cost, cut_us = float("inf"), ENDLESS_US
    for place in range(1, len(events)):
        earlier_us = max(each.offset_us for each in events[:place])
        later_us = events[place].onset_us
        at_us = (min(earlier_us, events[place].offset_us) + later_us) // 2
        crossing = sum(each.onset_us < at_us < each.offset_us for each in events)
        before = {(each.kind, each.label) for each in events[:place]}
        unknown = sum((each.kind, each.label) not in before for each in events[place:])
        cost = abs((len(events) - place) / len(events) - HELD_OUT_SHARE)
        cost += (crossing + unknown) / len(events)
        if cost < best_cost:
            best_cost, cut_us = cost, at_us
    train = Stretch(only.video, only.start_us, cut_us)
    held_out = Stretch(only.video, cut_us, only.end_us)
    if not train.events or not held_out.events:
        return Split(SplitBy.NOTHING, tuple(whole), ())
    rest = tuple(stretch for stretch in whole if stretch is not only)
    return Split(SplitBy.STRETCH, (train, *rest), (held_out,))
