"""Labelling while playing: a key starts a label, the same key stops it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from app.messages import MessageBar
from app.player.player import Player
from app.project.edits import AddLabels, AddSegment, ChangeLabel
from app.project.values import Label
from app.timeline.gestures import SHORTEST_US
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import DIGITS, Annotation
from app.window.memory import WindowMemory
from core_model.timeline import Task

US_PER_MS = 1_000


class LiveLabels(QObject):
    """Any number of labels may be under way at once; each becomes a segment when it is stopped.

    A person presses a key some time after what they saw or heard. That delay passes in the
    person's time, so at half the speed it covers half as much of the media.
    """

    def __init__(
        self,
        annotation: Annotation,
        player: Player,
        view_state: ViewState,
        timeline: TimelineView,
        messages: MessageBar,
        memory: WindowMemory,
        actions: Mapping[str, QAction],
    ) -> None:
        super().__init__(annotation)
        self._annotation = annotation
        self._player = player
        self._view_state = view_state
        self._timeline = timeline
        self._messages = messages
        self._memory = memory
        self._actions = actions
        self._last_us = view_state.playhead_us
        view_state.playhead_changed.connect(self._on_playhead)
        view_state.media_range_changed.connect(self.finish)
        for digit in DIGITS:
            # A key that is held down is pressed once.
            actions[f"label_{digit}"].setAutoRepeat(False)
        annotation.changed.connect(self._name_actions)
        self._name_actions()

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        keys: dict[str, Callable[..., object]] = {
            f"label_{digit}": partial(self.toggle, digit) for digit in DIGITS
        }
        return keys

    def back_out(self) -> bool:
        """Forget the label that was started last; False where none is under way."""
        running = self._annotation.running
        if not running:
            return False
        self._annotation.set_running(running[:-1])
        self._messages.show_notice(f"{running[-1][1]}: not kept.")
        return True

    def finish(self) -> None:
        """Stop everything that is under way: the video or the project goes, or has just gone."""
        at_us = self._last_us
        for kind, name, start_us in self._annotation.running:
            self._add(kind, name, start_us, at_us)
        self._annotation.set_running(())

    def _on_playhead(self, time_us: int) -> None:
        self._last_us = time_us

    def toggle(self, digit: str) -> None:
        """Start or stop the label on a key."""
        label, at_us = self._annotation.label_on(digit), self._now_us()
        if self._annotation.video_id is None:
            self._messages.show_notice("Keys label what is in a project: make one first (Ctrl+N).")
        elif not self._annotation.is_writable:
            return
        elif label is not None:
            self._start_or_stop(label, at_us)
        else:
            self._ask_label(digit, at_us)

    def _ask_label(self, digit: str, at_us: int) -> None:
        """The first press of a key that has no label yet: which one, from that moment on."""
        kind, hand = self._annotation.current_kind, self._timeline.hand
        if hand is None:
            return

        def start(name: str) -> None:
            known = {label.name for label in self._annotation.labels(kind)}
            if name not in known and not self._annotation.perform(AddLabels(kind, (name,))):
                return
            label = next(each for each in self._annotation.labels(kind) if each.name == name)
            keyed = replace(label, key=digit)
            if self._annotation.perform(ChangeLabel(keyed)):
                self._start_or_stop(keyed, at_us)

        hand.labels.ask_label(kind, f"Label on the key {digit}", start)

    def _start_or_stop(self, label: Label, at_us: int) -> None:
        running = self._annotation.running
        own = next((each for each in running if each[:2] == (label.kind, label.name)), None)
        if own is None:
            self._annotation.set_running((*running, (label.kind, label.name, at_us)))
            self._annotation.set_current_label(label.kind, label.name)
            return
        self._annotation.set_running(tuple(each for each in running if each != own))
        if not self._add(*own, at_us):
            self._messages.show_notice(f"{label.name}: too short to be kept.")

    def _add(self, kind: Task, name: str, start_us: int, end_us: int) -> bool:
        video_id = self._annotation.video_id
        first_us, last_us = sorted((start_us, end_us))
        if video_id is None or last_us - first_us < SHORTEST_US:
            return False
        return self._annotation.perform(AddSegment(video_id, kind, name, first_us, last_us))

    def _now_us(self) -> int:
        """The media time that the person meant: where it plays, less their delay."""
        here_us = self._view_state.playhead_us
        if not self._player.is_playing:
            return here_us
        delay_us = self._memory.settings.reaction_ms * US_PER_MS * self._player.speed
        return max(here_us - round(delay_us), self._view_state.media_start_us)

    def _name_actions(self) -> None:
        """The menu says what each key starts."""
        for digit in DIGITS:
            label = self._annotation.label_on(digit)
            what = label.name if label is not None else "a Label"
            self._actions[f"label_{digit}"].setText(f"Start or Stop {what}".replace("&", "&&"))
