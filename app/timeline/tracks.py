"""Which tracks the timeline shows, in which order and how high: what a person decided."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from core_model.timeline import Task

HEIGHTS = ("low", "fit", "tall")


@dataclass(frozen=True, slots=True)
class Track:
    """One track. ``folded`` shows all of it in one row; ``locked`` takes no changes by hand;
    while any is ``solo`` the others are not shown.
    """

    hidden: bool = False
    solo: bool = False
    folded: bool = False
    locked: bool = False
    height: str = "fit"


@dataclass(frozen=True, slots=True, order=True)
class TrackKey:
    """A kind, or one label of a kind by its id."""

    kind: Task
    label_id: int | None = None

    def __str__(self) -> str:
        return str(self.kind) if self.label_id is None else f"{self.kind}:{self.label_id}"


PLAIN = Track()
# Of the number of a label.
_MOST_DIGITS = 18


class Tracks(QObject):
    """``changed``: tracks are shown otherwise now; ``apart_changed``: kinds are shown with a
    track for each label, or no longer, or labels are hidden (the rows must be made anew).
    """

    changed = Signal()
    apart_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tracks: dict[TrackKey, Track] = {}
        self._order: tuple[Task, ...] = tuple(Task)
        self._labels: dict[Task, tuple[int, ...]] = {}
        self._apart: frozenset[Task] = frozenset()
        self._people: frozenset[str] = frozenset()

    @property
    def apart(self) -> frozenset[Task]:
        """The kinds of which each label has a track of its own."""
        return self._apart

    @property
    def kinds(self) -> tuple[Task, ...]:
        """All kinds from top to bottom, shown or not."""
        return self._order

    @property
    def hidden_labels(self) -> frozenset[int]:
        """Labels that are not shown, since they are hidden or others of their kind are solo."""
        hidden = {
            key.label_id
            for key, track in self._tracks.items()
            if key.label_id is not None and track.hidden
        }
        return frozenset(hidden)

    @property
    def solo_labels(self) -> frozenset[int]:
        """Labels beside which no others are shown."""
        return frozenset(
            key.label_id
            for key, track in self._tracks.items()
            if key.label_id is not None and track.solo
        )

    @property
    def hidden_people(self) -> frozenset[str]:
        """Annotators whose work is not shown."""
        return self._people

    def of(self, key: TrackKey) -> Track:
        return self._tracks.get(key, PLAIN)

    def is_shown(self, kind: Task) -> bool:
        """Whether anything of a kind is shown."""
        solos = {key.kind for key, track in self._tracks.items() if track.solo}
        own = self.of(TrackKey(kind))
        return not own.hidden and (not solos or kind in solos)

    def is_locked(self, kind: Task, label_id: int | None) -> bool:
        """Whether a label's segments take no changes by hand."""
        return self.of(TrackKey(kind)).locked or self.of(TrackKey(kind, label_id)).locked

    @property
    def has_locks(self) -> bool:
        return any(track.locked for track in self._tracks.values())

    def label_order(self, kind: Task) -> tuple[int, ...]:
        """Labels that were put in an order, by id; the others follow."""
        return self._labels.get(kind, ())

    def set(self, key: TrackKey, **values: Any) -> None:
        """Change some of a track, by the names that Track has."""
        old = self.of(key)
        new = replace(old, **values)
        if new == old:
            return
        if new.solo and not old.solo:
            self._end_other_solos(key.label_id is None)
        self._tracks[key] = new
        if new == PLAIN:
            del self._tracks[key]
        self._tell(rows_change=(old.hidden, old.solo) != (new.hidden, new.solo))

    def toggle(self, key: TrackKey, name: str) -> None:
        """Turn hidden, solo, folded or locked round."""
        self.set(key, **{name: not getattr(self.of(key), name)})

    def set_apart(self, kind: Task, on: bool) -> None:
        """Show a track for each label of a kind, or one for all of them."""
        apart = self._apart | {kind} if on else self._apart - {kind}
        if apart != self._apart:
            self._apart = apart
            self._tell(rows_change=True)

    def show_person(self, name: str, on: bool) -> None:
        """Show the work of an annotator, or do not."""
        people = self._people - {name} if on else self._people | {name}
        if people != self._people:
            self._people = people
            self._tell(rows_change=True)

    def show_all(self) -> None:
        """Hide nothing and nobody any more, and let no track stand alone."""
        self._people = frozenset()
        shown = {k: replace(t, hidden=False, solo=False) for k, t in self._tracks.items()}
        self._tracks = {k: t for k, t in shown.items() if t != PLAIN}
        self._tell(rows_change=True)

    def move_kind(self, kind: Task, place: int) -> None:
        """Put a kind's tracks at a place, counted from the top."""
        others = [each for each in self._order if each is not kind]
        order = (*others[:place], kind, *others[place:])
        if order != self._order:
            self._order = order
            self._tell()

    def order_labels(self, kind: Task, label_ids: tuple[int, ...]) -> None:
        """Put the tracks of a kind's labels in this order."""
        if self._labels.get(kind, ()) != label_ids:
            self._labels[kind] = label_ids
            self._tell()

    def stored(self) -> dict[str, Any]:
        """Everything as JSON, for :meth:`restore`."""
        return {
            "order": [str(kind) for kind in self._order],
            "people": sorted(self._people),
            "apart": sorted(str(kind) for kind in self._apart),
            "labels": {str(kind): list(ids) for kind, ids in self._labels.items()},
            "tracks": {str(key): asdict(track) for key, track in self._tracks.items()},
        }

    def restore(self, value: Any) -> None:
        """Show what :meth:`stored` gave; what makes no sense in it is left out."""
        found = value if isinstance(value, dict) else {}
        order = [kind for kind in map(_kind, _list(found.get("order"))) if kind is not None]
        order = list(dict.fromkeys([*order, *Task]))
        self._order = tuple(order)
        self._apart = frozenset(k for k in map(_kind, _list(found.get("apart"))) if k is not None)
        self._people = frozenset(n for n in _list(found.get("people")) if isinstance(n, str))
        self._labels = {
            kind: tuple(i for i in _list(ids) if isinstance(i, int))
            for name, ids in _dict(found.get("labels")).items()
            if (kind := _kind(name)) is not None
        }
        self._tracks = {
            key: track
            for name, values in _dict(found.get("tracks")).items()
            if (key := _key(name)) is not None and (track := _track(values)) != PLAIN
        }
        self._tell(rows_change=True)

    def _end_other_solos(self, of_kinds: bool) -> None:
        """Kinds stand alone, or labels do: both at once would leave open what is shown."""
        for key, track in list(self._tracks.items()):
            if track.solo and (key.label_id is None) is not of_kinds:
                left = replace(track, solo=False)
                self._tracks[key] = left
                if left == PLAIN:
                    del self._tracks[key]

    def _tell(self, rows_change: bool = False) -> None:
        if rows_change:
            self.apart_changed.emit()
        self.changed.emit()


def _key(name: object) -> TrackKey | None:
    kind_name, _, number = str(name).partition(":")
    kind = _kind(kind_name)
    if kind is None or not (number == "" or (number.isdecimal() and len(number) <= _MOST_DIGITS)):
        return None
    return TrackKey(kind, int(number) if number else None)


def _kind(name: object) -> Task | None:
    return Task(name) if isinstance(name, str) and name in set(Task) else None


def _track(value: object) -> Track:
    known = {field.name for field in fields(Track)}
    values = {name: each for name, each in _dict(value).items() if name in known}
    height = values.pop("height", "fit")
    flags = {name: each for name, each in values.items() if isinstance(each, bool)}
    return Track(**flags, height=height if height in HEIGHTS else "fit")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}
