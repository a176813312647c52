"""Which videos wait for detection, as one value that a project remembers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """Ids of videos in the order in which they come, the one at work among them.

    ``failed`` says in one line why a video could not be done. ``finished`` counts those done since
    the queue was last empty.
    """

    order: tuple[int, ...] = ()
    failed: Mapping[int, str] = field(default_factory=dict)
    finished: int = 0
    is_paused: bool = False

    def with_added(self, ids: Iterable[int]) -> Waiting:
        """With these at the end, unless they wait already; what failed gets another chance."""
        new = tuple(dict.fromkeys(each for each in ids if each not in self.order))
        failed = {each: reason for each, reason in self.failed.items() if each not in new}
        finished = self.finished if self.order else 0
        return replace(self, order=self.order + new, failed=failed, finished=finished)

    def with_first(self, ids: Collection[int]) -> Waiting:
        """With these in front of all others, in the order that they have."""
        first = tuple(each for each in self.order if each in ids)
        return replace(self, order=first + tuple(e for e in self.order if e not in ids))

    def with_moved(self, ids: Collection[int], before: int | None) -> Waiting:
        """With these, in the order that they have, where another stands; None for the end."""
        place = self.order.index(before) if before in self.order else len(self.order)
        moved = tuple(each for each in self.order if each in ids)
        above = tuple(each for each in self.order[:place] if each not in ids)
        below = tuple(each for each in self.order[place:] if each not in ids)
        return replace(self, order=above + moved + below)

    def without(self, ids: Collection[int]) -> Waiting:
        """Without these, which nobody wants any more."""
        return replace(
            self,
            order=tuple(each for each in self.order if each not in ids),
            failed={each: reason for each, reason in self.failed.items() if each not in ids},
        )

    def with_finished(self, video_id: int) -> Waiting:
        """After one is done."""
        return replace(self.without({video_id}), finished=self.finished + 1)

    def with_failed(self, video_id: int, reason: str) -> Waiting:
        """After one could not be done."""
        failed = {**self.failed, video_id: reason[:LONGEST_REASON]}
        order = tuple(each for each in self.order if each != video_id)
        return replace(self, order=order, failed=failed, finished=self.finished + 1)

    def next(self, open_id: int | None) -> int | None:
        """Which one comes now: the open video if it waits, else the first."""
        if open_id in self.order:
            return open_id
        return self.order[0] if self.order else None

    @property
    def total(self) -> int:
        """How many there were since the queue was last empty."""
        return self.finished + len(self.order)

    def to_json(self) -> dict[str, Any]:
        """As JSON types; :meth:`from_json` gives an equal value back."""
        return {
            "order": list(self.order),
            "failed": {str(each): reason for each, reason in self.failed.items()},
            "finished": self.finished,
            "paused": self.is_paused,
        }

    @classmethod
    def from_json(cls, raw: object, known: Collection[int]) -> Waiting:
        """What a project remembers; videos that it does not have, and nonsense, are left out."""
        if not isinstance(raw, dict):
            return cls()
        order, failed, finished = raw.get("order"), raw.get("failed"), raw.get("finished")
        ids = {str(each): each for each in known}
        return cls(
            order=tuple(
                dict.fromkeys(
                    each
                    for each in (order if isinstance(order, list) else ())
                    if isinstance(each, int) and not isinstance(each, bool) and each in known
                )
            ),
            failed={
                ids[each]: reason[:LONGEST_REASON]
                for each, reason in (failed.items() if isinstance(failed, dict) else ())
                if each in ids and isinstance(reason, str)
            },
            finished=finished if type(finished) is int and 0 <= finished < 1_000_000 else 0,
            is_paused=raw.get("paused") is True,
        )
