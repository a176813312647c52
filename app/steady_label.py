"""A line of text that keeps its size while its figures change."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLabel

from app.theme import tabular


class SteadyLabel(QLabel):
    """As large as the widest text that it may hold, so that others move nothing around it.

    A label of any other kind asks for the layout of all that it lies in with each text.
    """

    def __init__(self, widest: str, air_px: int = 0) -> None:
        super().__init__()
        self._widest, self._air_px = widest, air_px
        self.setFont(tabular(self.font()))
        self._fit()

    def set_widest(self, text: str) -> None:
        """Have room for this text from now on."""
        if text != self._widest:
            self._widest = text
            self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        text = self.text()
        # The style sheet's font counts.
        self.ensurePolished()
        self.setText(self._widest)
        size, least_px = self.sizeHint(), self.fontMetrics().horizontalAdvance(self._widest)
        self.setFixedSize(max(size.width(), least_px + self._air_px), size.height())
        self.setText(text)
