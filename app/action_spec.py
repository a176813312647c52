"""What the table of actions is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action. ``keys`` are in Qt's portable text; the first one is shown in the menu.

    Actions of one ``section`` of a menu stand together between lines. Actions of one
    ``choice`` exclude each other. With ``needs_media`` one is grey while no file is open.
    ``timeline_keys`` work while the keys go to the timeline or the picture; elsewhere they keep
    the meaning that they have in lists and forms. The keys of a fixed action cannot be changed.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    tooltip: str
    menu: str
    section: int = 0
    checkable: bool = False
    choice: str = ""
    needs_media: bool = False
    timeline_keys: tuple[str, ...] = ()
    is_fixed: bool = False
