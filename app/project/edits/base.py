"""What every edit is, and what they share."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from app.project.changes import Change, added, altered
from app.project.errors import EditError
from app.project.reader import Reader
from app.project.values import LONGEST_NOTE, Label, Segment, is_span
from core_model.timeline import Task
from training.annotations.model import LONGEST_LABEL, Origin, State, one_line

# From this many segments on, an edit is worked off in the background, after a backup.
BULK_COUNT = 100
_LONGEST_IN_NAME = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edit would change, and its name for the undo menu ("Trim end of dog bark")."""

    name: str
    changes: list[Change]


class Edit(ABC):
    """A frozen description of something done by a person or asked for by one."""

    __slots__ = ()

    @property
    def is_bulk(self) -> bool:
        """Whether it may touch many rows, so that a backup is made first."""
        return False

    @property
    def backup_reason(self) -> str:
        """The word for a backup made before it: small letters and dashes; "" for no backup."""
        return "bulk-edit"

    @abstractmethod
    def plan(self, reader: Reader, author: str) -> Plan:
        """What would change, with ``author`` doing it; an empty list for nothing.

        Raises EditError where it makes no sense.
        """

    def plans(self, reader: Reader, author: str) -> Iterator[Plan]:
        """The plans to carry out one after the other, each made when the last one is done."""
        yield self.plan(reader, author)


@dataclass(frozen=True, slots=True)
class Together(Edit):
    """Several edits as one step, for instance a move that also changes the label."""

    name: str
    edits: tuple[Edit, ...]

    @property
    def is_bulk(self) -> bool:
        return len(self.edits) >= BULK_COUNT or any(edit.is_bulk for edit in self.edits)

    @property
    def backup_reason(self) -> str:
        """That of the first bulk edit among them."""
        reasons = (edit.backup_reason for edit in self.edits if edit.is_bulk)
        return next(reasons, "bulk-edit")

    def plan(self, reader: Reader, author: str) -> Plan:
        raise EditError("edits done together are planned one by one")

    def plans(self, reader: Reader, author: str) -> Iterator[Plan]:
        for edit in self.edits:
            for plan in edit.plans(reader, author):
                yield Plan(self.name, plan.changes)


def by_hand(old: Segment, author: str, **values: Any) -> Segment:
    """The segment after a person's hand gave it other ``values``.

    What a model found becomes "edited" and the author's, and counts as accepted unless a
    decision was there already. Raises EditError for times that no event can have.
    """
    new = replace(old, **values)
    if new == old:
        return old
    if not is_span(new.onset_us, new.offset_us):
        raise EditError("an event must end after it starts, within a thousand hours")
    return taken_over(new, author)


def taken_over(segment: Segment, author: str) -> Segment:
    """What a model found as the author's own; anybody else's as it is."""
    if segment.origin is not Origin.MODEL:
        return segment
    state = State.ACCEPTED if segment.state is State.UNDECIDED else segment.state
    return replace(segment, origin=Origin.EDITED, state=state, annotator=author)


def handled(old: Segment, author: str, **values: Any) -> list[Change]:
    """:func:`by_hand` as a change; empty where nothing differs."""
    return altered(old, by_hand(old, author, **values))


class Namer:
    """Names for undo steps, from the labels of the segments that they touch."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __call__(self, segments: Iterable[Segment]) -> str:
        """ "dog bark" for one segment, "3 × dog bark" for several of a label, else "3 segments"."""
        chosen = list(segments)
        labels = {segment.label_id for segment in chosen}
        if len(labels) != 1:
            return f"{len(chosen)} segments"
        name = shortened(self._reader.label(labels.pop()).name)
        return name if len(chosen) == 1 else f"{len(chosen)} × {name}"


class LabelFinder:
    """Finds labels by kind and name and plans those that are not there yet."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known = {(label.kind, label.name): label for label in reader.labels()}
        self._new: list[int] = []

    @property
    def new(self) -> list[Label]:
        """The labels planned, in the order in which they were."""
        by_id = {label.id: label for label in self._known.values()}
        return [by_id[label_id] for label_id in self._new]

    def __call__(self, kind: Task, name: str) -> Label:
        """The label. Raises EditError for a name that no label can have."""
        label = self._known.get((kind, name))
        if label is None:
            position = sum(1 for known, _name in self._known if known is kind)
            label = Label(
                self._reader.new_id("labels"), kind, checked_label_name(name), position=position
            )
            self.add(label)
        return label

    def add(self, label: Label) -> None:
        """Plan a label of which more is known than its name."""
        self._known[label.kind, label.name] = label
        self._new.append(label.id)

    def set_parent(self, label: Label, parent: Label) -> None:
        """Hang a new label below another, unless that would close a circle."""
        parents = {known.id: known.parent_id for known in self._known.values()}
        above: int | None = parent.id
        while above is not None and above != label.id:
            # Taken out: labels that come with a file may hang in a circle already.
            above = parents.pop(above, label.id)
        if above is None:
            self._known[label.kind, label.name] = replace(label, parent_id=parent.id)

    def has(self, kind: Task, name: str) -> bool:
        return (kind, name) in self._known

    def changes(self) -> list[Change]:
        """The new labels as changes."""
        return [added(label) for label in self.new]


def checked_label_name(name: str) -> str:
    """The name without blanks around it. Raises EditError where nothing usable is left."""
    stripped = name.strip()
    if not stripped:
        raise EditError("a label needs a name")
    if len(stripped) > LONGEST_LABEL or stripped != one_line(stripped):
        raise EditError("a label's name is one line of at most 2,000 characters")
    return stripped


def checked_text(text: str, what: str) -> str:
    """Text that may have several lines. Raises EditError for what cannot be stored."""
    if len(text) > LONGEST_NOTE:
        raise EditError(f"{what} is longer than {LONGEST_NOTE:,} characters")
    # Halves of surrogate pairs are no text, and a zero would end it for other programs.
    if any(character == "\0" or unicodedata.category(character) == "Cs" for character in text):
        raise EditError(f"{what} holds characters that are no text")
    return text


def shortened(text: str) -> str:
    """The text as a name in a menu: cut with an ellipsis where it is long."""
    return text if len(text) <= _LONGEST_IN_NAME else text[: _LONGEST_IN_NAME - 1] + "…"
