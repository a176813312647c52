"""The guide's page of keys, from the table of actions."""

from __future__ import annotations

from pathlib import Path

from app.actions import ACTIONS, MENUS, keys_text
from app.window.keys_help import MOUSE_ROWS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
FILE = GUIDE / "keys.md"
HEAD = """# Keys

Every key that the program knows. **F1** shows the same list in the window, where it can be
searched, and **Help > Customise Keys…** gives actions other keys. This page is made by
`python -m scripts.guide.keys` from the table of actions.
"""


def keys_page() -> str:
    """The page as Markdown: a table for each menu, and one for the mouse."""
    parts = [HEAD]
    for menu in MENUS:
        rows = [
            (keys_text(spec) or " or ".join(spec.timeline_keys), spec.tooltip)
            for spec in ACTIONS
            if spec.menu == menu and (spec.keys or spec.timeline_keys)
        ]
        if rows:
            parts.append(_table(menu, "key", rows))
    parts.append(_table("The mouse", "hand", [(hand, what) for what, hand, _where in MOUSE_ROWS]))
    return "\n".join(parts)


def write_keys() -> None:
    """Write the page."""
    FILE.write_text(keys_page(), encoding="utf-8")


def _table(title: str, head: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"## {title}\n", f"| {head} | does |", "|---|---|"]
    lines += [f"| {_plain(key)} | {what} |" for key, what in rows]
    return "\n".join([*lines, ""])


def _plain(text: str) -> str:
    """Signs that Markdown would take for its own are keys here."""
    return "".join(f"\\{sign}" if sign in r"\|[]{}*_`" else sign for sign in text)


if __name__ == "__main__":
    write_keys()
