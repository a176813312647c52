"""Colours, font and style sheet of the window: the one place where they are decided.

Contrast is at least 7:1 for ``text`` and 4.5:1 for ``text_secondary``, ``accent`` and ``danger``
on both ``ground`` and ``panel`` (WCAG 2.2, success criteria 1.4.3 and 1.4.6).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from resources import resource_path

FONT_SIZE_PX = 13


@dataclass(frozen=True, slots=True)
class Theme:
    """Tokens as "#RRGGBB" strings, each accepted by ``QColor``."""

    name: str
    ground: str
    panel: str
    raised: str
    line: str
    text: str
    text_secondary: str
    accent: str
    on_accent: str
    danger: str

    @property
    def is_dark(self) -> bool:
        return QColor(self.ground).lightness() < 128


DARK = Theme(
    name="dark",
    ground="#16181D",
    panel="#1E2128",
    raised="#2A2F39",
    line="#2C313A",
    text="#E6E8EB",
    text_secondary="#9AA3AF",
    accent="#7AA2F7",
    on_accent="#10131A",
    danger="#F7768E",
)

LIGHT = Theme(
    name="light",
    ground="#F3F4F6",
    panel="#FFFFFF",
    raised="#E6E9EE",
    line="#D3D8DF",
    text="#1A1D23",
    text_secondary="#555E6B",
    accent="#2B5BC7",
    on_accent="#FFFFFF",
    danger="#B4233F",
)


def theme_for(choice: str) -> Theme:
    """The theme for a choice of the View menu: "dark", "light" or "system".

    Raises ValueError for any other word.
    """
    if choice == "dark":
        return DARK
    if choice == "light":
        return LIGHT
    if choice != "system":
        raise ValueError(f'theme must be "system", "dark" or "light", not {choice!r}')
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Give the whole program this theme, at once."""
    sheet = style_sheet(theme)
    # Styling every widget anew takes a good part of the start.
    if app.styleSheet() != sheet:
        app.setPalette(_palette(theme))
        app.setStyleSheet(sheet)


def style_sheet(theme: Theme) -> str:
    """The style sheet of ``resources/style`` with the tokens of the theme put in."""
    source = resource_path("style", "window.qss").read_text(encoding="utf-8")
    tick = resource_path("style", f"tick_{theme.name}.svg").as_posix()
    return Template(source).substitute(asdict(theme), font_size=f"{FONT_SIZE_PX}px", tick=tick)


def theme_shown() -> Theme:
    """The theme that the program has now."""
    ground = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if ground.lightness() < 128 else LIGHT


def tabular(font: QFont) -> QFont:
    """The same font with figures of equal width, for times and scores."""
    copy = QFont(font)
    copy.setFeature(QFont.Tag("tnum"), 1)
    return copy


def _palette(theme: Theme) -> QPalette:
    roles = QPalette.ColorRole
    colours = {
        roles.Window: theme.ground,
        roles.WindowText: theme.text,
        roles.Base: theme.panel,
        roles.AlternateBase: theme.ground,
        roles.Text: theme.text,
        roles.PlaceholderText: theme.text_secondary,
        roles.Button: theme.panel,
        roles.ButtonText: theme.text,
        roles.ToolTipBase: theme.raised,
        roles.ToolTipText: theme.text,
        roles.Highlight: theme.accent,
        roles.HighlightedText: theme.on_accent,
        roles.Link: theme.accent,
        roles.BrightText: theme.danger,
        roles.Mid: theme.line,
        roles.Dark: theme.line,
        roles.Light: theme.raised,
    }
    palette = QPalette()
    for role, colour in colours.items():
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.text_secondary))
    return palette
