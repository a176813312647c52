"""What the window shows of prompts and thresholds."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.panels.threshold_panel import ThresholdPanel
from app.session import Session
from app.theme import Theme
from app.window.annotation import Annotation
from app.window.review import ReviewRoom


class PromptRoom(QObject):
    """Makes the panels and joins them. Call :meth:`shutdown` at the end."""

    def __init__(
        self, annotation: Annotation, session: Session, review: ReviewRoom, theme: Theme
    ) -> None:
        super().__init__(annotation)
        self.thresholds = ThresholdPanel(session, annotation, theme)
        review.add_panel(self.thresholds, "Thresholds")

    def set_theme(self, theme: Theme) -> None:
        self.thresholds.set_theme(theme)

    def shutdown(self) -> None:
        """Nothing is waited for any more."""
        self.thresholds.shutdown()
