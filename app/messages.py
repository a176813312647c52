"""Messages inside the window: what happened, with the reason, and never in the way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.icons import icon
from app.theme import Theme

NOTICE_MS = 6_000
MARGIN_PX = 12
WIDEST_PX = 720


# A button's text and what it does.
Offer = tuple[str, Callable[[], object]]


class MessageBar(QFrame):
    """Shows one message at a time, the newest, at the top of a part of ``host``.

    An error stays until it is closed, a notice goes by itself. The bar lies over the content,
    so that nothing jumps.
    """

    closed = Signal()

    def __init__(self, host: QWidget, theme: Theme) -> None:
        super().__init__(host)
        self._host = host
        self.setObjectName("messageBar")
        self.setAccessibleName("Message")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._copy = QToolButton()
        self._copy.setText("Copy")
        self._copy.setToolTip("Copy the message")
        self._copy.clicked.connect(self._copy_text)
        self._close = QToolButton()
        self._close.setToolTip("Close the message")
        self._close.setAccessibleName("Close the message")
        self._close.clicked.connect(self.dismiss)
        layout = self._layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(8)
        layout.addWidget(self._text, 1)
        self._offers: list[QPushButton] = []
        layout.addWidget(self._copy)
        layout.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(NOTICE_MS)
        self._timer.timeout.connect(self.dismiss)
        self.set_theme(theme)
        self._area = host
        host.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """The message on show; empty when there is none."""
        return "" if self.isHidden() else self._text.text()

    def set_area(self, area: QWidget) -> None:
        """Show messages at the top of ``area``, a widget somewhere inside the host."""
        self._area.removeEventFilter(self)
        self._area = area
        area.installEventFilter(self)
        self._place()

    def show_error(self, text: str) -> None:
        """Say what went wrong, until somebody closes it."""
        self._timer.stop()
        self._show("error", text)

    def show_notice(self, text: str) -> None:
        """Say what happened, for some seconds."""
        self._show("notice", text)
        self._timer.start()

    def show_offers(self, text: str, offers: tuple[Offer, ...], *, is_error: bool = False) -> None:
        """Say something that can be dealt with at once: a button for each way to do so."""
        self._timer.stop()
        self._show("error" if is_error else "notice", text, offers)

    def dismiss(self) -> None:
        self._timer.stop()
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def set_theme(self, theme: Theme) -> None:
        self._close.setIcon(icon("cross", theme.text_secondary, theme.line))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _show(self, kind: str, text: str, offers: tuple[Offer, ...] = ()) -> None:
        self._set_offers(offers)
        self.setProperty("kind", kind)
        # A dynamic property changes the style only after the widget is polished anew.
        self.style().unpolish(self)
        self.style().polish(self)
        self._text.setText(text)
        self._copy.setVisible(kind == "error")
        self.show()
        self.raise_()
        self._place()

    def _set_offers(self, offers: tuple[Offer, ...]) -> None:
        for button in self._offers:
            self._layout.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._offers = [QPushButton(name) for name, _ in offers]
        for button, (_, act) in zip(self._offers, offers, strict=True):
            # The message goes first: what is done may well show the next one.
            button.clicked.connect(self.dismiss)
            button.clicked.connect(act)
            self._layout.insertWidget(self._layout.indexOf(self._copy), button)

    def _place(self) -> None:
        corner = self._area.mapTo(self._host, QPoint(0, 0))
        width = min(WIDEST_PX, self._area.width() - 2 * MARGIN_PX)
        height = self._layout.totalHeightForWidth(width)
        left = corner.x() + (self._area.width() - width) // 2
        self.setGeometry(left, corner.y() + MARGIN_PX, width, height)

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(self._text.text())
