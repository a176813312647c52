"""Labels on boxes: measured, shortened and laid out once, then only placed."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText, QTransform

KEPT_TEXTS = 4_096
# Between a label and its score.
SCORE_GAP_PX = 6


@dataclass
class LabelWriter:
    """Draws texts in one font, and knows their widths and shortened forms."""

    font: QFont
    _widths: dict[str, float] = field(default_factory=dict)
    _shortened: dict[tuple[str, int], str] = field(default_factory=dict)
    _laid_out: dict[str, QStaticText | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.metrics = QFontMetricsF(self.font)
        self.ascent_px = self.metrics.ascent()
        self.height_px = self.metrics.height()

    def baseline_px(self, box_px: int) -> float:
        """Distance of the baseline from the top of a box, so that capitals stand in its middle."""
        return (box_px + self.metrics.capHeight()) / 2

    def width_px(self, text: str) -> float:
        width_px = self._widths.get(text)
        if width_px is None:
            if len(self._widths) > KEPT_TEXTS:
                self._widths.clear()
            width_px = self._widths[text] = self.metrics.horizontalAdvance(text)
        return width_px

    def shortened(self, text: str, room_px: float) -> str:
        """The text with an ellipsis where it does not fit; empty where only that would fit."""
        if self.width_px(text) <= room_px:
            return text
        key = (text, int(room_px))
        short = self._shortened.get(key)
        if short is None:
            if len(self._shortened) > KEPT_TEXTS:
                self._shortened.clear()
            short = self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room_px))
            short = self._shortened[key] = "" if short == "…" else short
        return short

    def fitted(self, label: str, score: str, room_px: int) -> tuple[str, float | None]:
        """What of a label there is room for, and how far from its left edge the score stands; None
        where there is no room for it, or none to write.
        """
        score_px = self.width_px(label) + SCORE_GAP_PX
        if score and score_px + self.width_px(score) <= room_px:
            return label, score_px
        return self.shortened(label, room_px), None

    def write(self, painter: QPainter, left_px: float, baseline_px: float, text: str) -> None:
        """Draw a text, in a painter that has the font.

        Laying a text out takes longer than drawing it twice, so that one which comes again is laid
        out then: while zooming, few do.
        """
        if not text:
            return
        laid_out = self._laid_out.get(text)
        if laid_out is not None:
            painter.drawStaticText(QPointF(left_px, baseline_px - self.ascent_px), laid_out)
            return
        painter.drawText(QPointF(left_px, baseline_px), text)
        if len(self._laid_out) > KEPT_TEXTS:
            self._laid_out.clear()
        self._laid_out[text] = self._layout(text) if text in self._laid_out else None

    def _layout(self, text: str) -> QStaticText:
        laid_out = QStaticText(text)
        laid_out.setTextFormat(Qt.TextFormat.PlainText)
        laid_out.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        laid_out.prepare(QTransform(), self.font)
        return laid_out
