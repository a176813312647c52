"""Edits of the label sets: one set of names per kind."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.project.changes import Change, altered, removed
from app.project.edits.base import (
    Edit,
    LabelFinder,
    Plan,
    checked_label_name,
    checked_text,
    shortened,
)
from app.project.errors import EditError
from app.project.reader import Reader
from app.project.values import Label
from core_model.timeline import Task


@dataclass(frozen=True, slots=True)
class AddLabels(Edit):
    """Add names to the set of a kind; those that are there already are left as they are."""

    kind: Task
    names: tuple[str, ...]

    def plan(self, reader: Reader, author: str) -> Plan:
        labels = LabelFinder(reader)
        for name in self.names:
            labels(self.kind, name.strip())
        new = labels.new
        what = f"label {shortened(new[0].name)}" if len(new) == 1 else f"{len(new)} labels"
        return Plan(f"Add {what}", labels.changes())


@dataclass(frozen=True, slots=True)
class ChangeLabel(Edit):
    """Give a label another name, prompt, colour, pattern, key or parent.

    ``label`` is the whole new value; its id says which one is meant, and its kind must stay.
    """

    label: Label

    def plan(self, reader: Reader, author: str) -> Plan:
        old = reader.label(self.label.id)
        new = replace(self.label, name=checked_label_name(self.label.name))
        checked_text(new.prompt, "the prompt")
        self._demand_fit(old, new, reader.labels())
        return Plan(self._name(old, new), altered(old, new))

    @staticmethod
    def _demand_fit(old: Label, new: Label, labels: list[Label]) -> None:
        if new.kind is not old.kind:
            raise EditError("a label keeps its kind; change the kind of its segments instead")
        for other in labels:
            if other.id == new.id:
                continue
            if (other.kind, other.name) == (new.kind, new.name):
                raise EditError(f"there is a label {new.name!r} of this kind already")
            if new.key and other.key == new.key:
                raise EditError(f"the key {new.key} belongs to {other.name!r}")
        parents = {label.id: label.parent_id for label in labels} | {new.id: new.parent_id}
        above = new.parent_id
        while above is not None:
            if above not in parents:
                raise EditError(f"there is no label {above}")
            if above == new.id:
                raise EditError(f"{new.name!r} cannot be its own parent")
            above = parents.pop(above)

    @staticmethod
    def _name(old: Label, new: Label) -> str:
        if new.name != old.name:
            return f"Rename label {shortened(old.name)} to {shortened(new.name)}"
        for field in ("prompt", "colour", "pattern", "key"):
            if getattr(new, field) != getattr(old, field):
                return f"Change {field} of label {shortened(old.name)}"
        return f"Change label {shortened(old.name)}"


@dataclass(frozen=True, slots=True)
class OrderLabels(Edit):
    """Put the labels of a kind in another order; those not named follow as they were."""

    kind: Task
    label_ids: tuple[int, ...]

    def plan(self, reader: Reader, author: str) -> Plan:
        place = {label_id: index for index, label_id in enumerate(self.label_ids)}
        labels = [label for label in reader.labels() if label.kind is self.kind]
        ordered = sorted(labels, key=lambda label: place.get(label.id, len(place)))
        changes = [
            change
            for position, label in enumerate(ordered)
            for change in altered(label, replace(label, position=position))
        ]
        return Plan("Reorder labels", changes)


@dataclass(frozen=True, slots=True)
class DeleteLabel(Edit):
    """Remove a label. What carries it moves to the label ``into_id``, which must be given where
    anything does: no segment goes with its label. That decides on no segment: what nobody had
    decided on is undecided still, and everything stays whose it was.
    """

    label_id: int
    into_id: int | None = None

    @property
    def is_bulk(self) -> bool:
        return self.into_id is not None

    def plan(self, reader: Reader, author: str) -> Plan:
        old = reader.label(self.label_id)
        into = reader.label(self.into_id) if self.into_id is not None else None
        changes: list[Change] = []
        segments = reader.segments_with_label(old.id)
        if into is not None:
            if into.id == old.id:
                raise EditError("a label cannot be merged into itself")
            for segment in segments:
                changes += altered(segment, replace(segment, label_id=into.id))
        elif segments:
            raise EditError(
                f"{len(segments)} segments carry {old.name!r}: give them another label first"
            )
        for label in reader.labels():
            if label.parent_id == old.id:
                changes += altered(label, replace(label, parent_id=old.parent_id))
        target = f" into {shortened(into.name)}" if into is not None else ""
        verb = "Merge" if into is not None else "Delete"
        name = f"{verb} label {shortened(old.name)}{target}"
        return Plan(name, [*changes, removed(old)])
