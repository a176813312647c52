"""Moving the keys from pane to pane."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


class PaneRing:
    """The panes of the window in the order in which a key visits them.

    Needed because in the timeline Tab goes from event to event and not out of it.
    """

    def __init__(self, *panes: QWidget) -> None:
        self._panes = panes

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {"next_pane": self.go_on}

    def go_on(self) -> None:
        """Give the keys to the next pane that is shown."""
        panes = [pane for pane in self._panes if pane.isVisible()]
        holders = [number for number, pane in enumerate(panes) if _has_keys(pane)]
        after = holders[0] + 1 if holders else 0
        for pane in panes[after:] + panes[:after]:
            target = _first_that_takes_keys(pane)
            if target is not None:
                target.setFocus(Qt.FocusReason.TabFocusReason)
                return


def _has_keys(pane: QWidget) -> bool:
    focused = QApplication.focusWidget()
    return focused is not None and (focused is pane or pane.isAncestorOf(focused))


def _first_that_takes_keys(pane: QWidget) -> QWidget | None:
    """The pane itself or the first widget in it, in the order of Tab."""
    if pane.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return pane
    widget: QWidget | None = pane.nextInFocusChain()
    while widget is not None and widget is not pane:
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled()
        if takes and widget.isVisible() and pane.isAncestorOf(widget):
            return widget
        widget = widget.nextInFocusChain()
    return None
