"""Scroll bars and splitter handles of the timeline: slim and quiet."""

from __future__ import annotations

from string import Template

from app.theme import Theme
from app.timeline.time_pane import GUTTER_PX

_STYLE = Template("""
QScrollBar { background: $panel; border: none; margin: 0; }
QScrollBar:horizontal { height: ${thickness}px; }
QScrollBar:vertical { width: ${thickness}px; }
QScrollBar::handle { background: $handle; border-radius: 4px; margin: 2px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:hover { background: $hover; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }
QSplitter::handle { background: $panel; image: none; }
QSplitter::handle:hover { background: $hover; }
""")


def bar_style(theme: Theme) -> str:
    """Style sheet for scroll bars and splitters below the widget that it is set on."""
    return _STYLE.substitute(
        panel=theme.panel, handle=theme.line, hover=theme.text_secondary, thickness=GUTTER_PX
    )
