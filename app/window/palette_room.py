"""What the palette offers: every action, and every label to draw with or to start and stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.actions import ACTIONS
from app.keymap import Keymap
from app.kind_style import KIND_SIGNS, KIND_STYLES
from app.window.annotation import Annotation
from app.window.palette import Palette, PaletteEntry


class PaletteRoom(QObject):
    """Makes the palette; other rooms add what they have with ``palette.add_source``."""

    def __init__(
        self,
        annotation: Annotation,
        keymap: Keymap,
        actions: Mapping[str, QAction],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._annotation = annotation
        self._keymap = keymap
        self._actions = actions
        self.palette = Palette(window)
        self.palette.add_source(self._action_entries)
        self.palette.add_source(self._label_entries)

    def offer_prompts(self, look_for: Callable[[str], None]) -> None:
        """Let what is typed be looked for in the video."""

        def offer(text: str) -> PaletteEntry:
            return PaletteEntry(f"Look for “{text}”", "Model", partial(look_for, text))

        self.palette.set_typed(offer)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {"palette": self.palette.open}

    def _action_entries(self) -> Iterator[PaletteEntry]:
        for spec in ACTIONS:
            if spec.is_fixed and self._annotation.label_on(spec.keys[0]) is None:
                continue
            action = self._actions[spec.id]
            keys = self._keymap.text(spec).split(" or ")[0]
            # A switch says what it would become.
            verb = (" (off)" if action.isChecked() else " (on)") if spec.checkable else ""
            verb = "" if spec.choice else verb
            yield PaletteEntry(
                action.text().rstrip("…").replace("&&", "&") + verb,
                f"{keys}   {spec.menu}" if keys else spec.menu,
                action.trigger,
                spec.tooltip,
                action.isEnabled() and spec.id != "palette",
            )

    def _label_entries(self) -> Iterator[PaletteEntry]:
        annotation = self._annotation
        for label in annotation.labels():
            sign = f"{KIND_SIGNS[label.kind]} {KIND_STYLES[label.kind].name}"
            draw = partial(annotation.set_current_label, label.kind, label.name)
            yield PaletteEntry(f"Draw with {label.name}", sign, draw, label.prompt)
            if annotation.selection:
                selected = annotation.selected_by_kind()
                run = partial(annotation.relabel_selected, label.name)
                is_fit = [label.kind] == list(selected)
                yield PaletteEntry(f"Relabel as {label.name}", sign, run, "", is_fit)
