"""Which keys do what: the table's keys, and what a person made of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from app.action_spec import ActionSpec
from app.actions import ACTIONS
from resources import resource_path

# What lists and forms need for themselves: such keys work in the timeline and picture only.
_LOCAL = frozenset(
    QKeySequence(key).toString()
    for key in ("Tab", "Shift+Tab", "Up", "Down", "Return", "Enter", "Delete", "Backspace")
)
_SPECS = {spec.id: spec for spec in ACTIONS}
PRESETS = {
    "avscope": "AVScope",
    "elan": "ELAN-like",
    "via": "VIA-like",
    "editor": "Video editor (J/K/L)",
}


class KeyTakenError(ValueError):
    """A key belongs to something else, whose name the text tells."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Keys that work everywhere, and those that work in the timeline and picture only."""

    keys: tuple[str, ...]
    timeline_keys: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.keys, *self.timeline_keys)


class Keymap(QObject):
    """``changed``: some action has other keys now. ``label_owner`` names the label that a key
    starts and stops, "" for none.
    """

    changed = Signal()

    def __init__(self, stored: object = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._own: dict[str, Binding] = {}
        self.label_owner: Callable[[str], str] = _nobody
        self._take(_readable(stored))

    def binding(self, spec: ActionSpec) -> Binding:
        """The keys of an action."""
        return self._own.get(spec.id) or Binding(spec.keys, spec.timeline_keys)

    def text(self, spec: ActionSpec) -> str:
        """The keys as this system writes them, such as "Left or ,"."""
        native = QKeySequence.SequenceFormat.NativeText
        return " or ".join(QKeySequence(key).toString(native) for key in self.binding(spec).all)

    def tooltip(self, spec: ActionSpec) -> str:
        """What the action does, with its keys."""
        text = self.text(spec)
        return f"{spec.tooltip} ({text})" if text else spec.tooltip

    def owner(self, key: str) -> ActionSpec | None:
        """The action that a key triggers, or None."""
        wanted = normal(key)
        return next(
            (s for s in ACTIONS if wanted in map(normal, self.binding(s).all)),
            None,
        )

    def is_changed(self, spec: ActionSpec) -> bool:
        """Whether the keys are others than those of the table."""
        return spec.id in self._own

    def assign(self, action_id: str, key: str) -> None:
        """Give an action one more key. KeyTakenError where the key belongs to something else."""
        spec, wanted = _SPECS[action_id], normal(key)
        if not wanted:
            raise KeyTakenError("That is no key.")
        if spec.is_fixed:
            raise KeyTakenError(
                f"{spec.text}: its key is fixed; labels get keys in the label editor."
            )
        owner = self.owner(wanted)
        if owner is spec:
            return
        if owner is not None:
            raise KeyTakenError(f"{shown(wanted)} belongs to “{owner.text.rstrip('…')}”.")
        label = self.label_owner(wanted)
        if label:
            raise KeyTakenError(f"{shown(wanted)} belongs to the label “{label}”.")
        old = self.binding(spec)
        self._set(action_id, _sorted((*old.all, wanted)))

    def remove(self, action_id: str, key: str) -> None:
        """Take a key from an action."""
        old, wanted = self.binding(_SPECS[action_id]), normal(key)
        self._set(action_id, _sorted(tuple(k for k in old.all if normal(k) != wanted)))

    def reset(self, action_id: str) -> None:
        """Give an action the table's keys. KeyTakenError where another has got one of them."""
        spec = _SPECS[action_id]
        for key in (*spec.keys, *spec.timeline_keys):
            owner = self.owner(key)
            if owner is not None and owner is not spec:
                raise KeyTakenError(f"{shown(key)} belongs to “{owner.text.rstrip('…')}” now.")
        if self._own.pop(action_id, None) is not None:
            self.changed.emit()

    def use_preset(self, name: str) -> None:
        """Take over a whole set of keys, one of PRESETS."""
        self._own = {}
        self._take(preset(name))
        self.changed.emit()

    def stored(self) -> dict[str, list[str]]:
        """What differs from the table, as JSON for the settings."""
        return {action_id: list(binding.all) for action_id, binding in self._own.items()}

    def _set(self, action_id: str, binding: Binding) -> None:
        spec = _SPECS[action_id]
        if binding == _sorted((*spec.keys, *spec.timeline_keys)):
            self._own.pop(action_id, None)
        else:
            self._own[action_id] = binding
        self.changed.emit()

    def _take(self, own: Mapping[str, tuple[str, ...]]) -> None:
        """Own keys go before those of the table; a key that two would have goes to the first."""
        taken: set[str] = {
            normal(key)
            for spec in ACTIONS
            if spec.is_fixed
            for key in (*spec.keys, *spec.timeline_keys)
        }
        self._own = {}
        for action_id, keys in own.items():
            spec = _SPECS.get(action_id)
            if spec is None or spec.is_fixed:
                continue
            free = tuple(k for k in dict.fromkeys(map(normal, keys)) if k and k not in taken)
            taken.update(free)
            self._own[action_id] = _sorted(free)
        for spec in ACTIONS:
            if spec.id in self._own or spec.is_fixed:
                continue
            keys = (*spec.keys, *spec.timeline_keys)
            left = tuple(key for key in keys if normal(key) not in taken)
            if left != keys:
                self._own[spec.id] = _sorted(left)


def normal(key: str) -> str:
    """A key as Qt writes it, so that it can be compared; "" for none."""
    return QKeySequence(key).toString()


def shown(key: str) -> str:
    """A key as this system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def preset(name: str) -> dict[str, tuple[str, ...]]:
    """The keys of a preset by action. Raises KeyError for a name that is not in PRESETS."""
    if name not in PRESETS:
        raise KeyError(name)
    if name == "avscope":
        return {}
    content = json.loads(resource_path("keys", f"{name}.json").read_text(encoding="utf-8"))
    return {action_id: tuple(keys) for action_id, keys in content.items()}


def _sorted(keys: tuple[str, ...]) -> Binding:
    """Keys by where they work."""
    keys = tuple(map(normal, keys))
    is_local = [key in _LOCAL for key in keys]
    pairs = list(zip(keys, is_local, strict=True))
    return Binding(
        tuple(key for key, local in pairs if not local),
        tuple(key for key, local in pairs if local),
    )


def _readable(stored: Any) -> dict[str, tuple[str, ...]]:
    """What of the settings makes sense: people edit such files."""
    if not isinstance(stored, dict):
        return {}
    return {
        str(action_id): tuple(key for key in keys if isinstance(key, str))
        for action_id, keys in stored.items()
        if isinstance(keys, list)
    }


def _nobody(_key: str) -> str:
    return ""
