"""How far the writing of a clip is, over the lower edge of the picture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.player.time_code import time_left
from app.theme import tabular

STEPS = 1_000
MARGIN_PX = 12
WIDEST_PX = 560
WIDEST_TEXT = "100 % · 00:00 left"


class ExportBar(QFrame):
    """Lies over ``host``, above ``margin_bottom_px`` of it, so that nothing jumps."""

    cancel_asked = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self.setObjectName("messageBar")
        self.setAccessibleName("Saving")
        self._title = QLabel()
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        self._progress.setAccessibleName("Progress of saving")
        self._left = QLabel()
        self._left.setObjectName("secondary")
        self._left.setFont(tabular(self._left.font()))
        # The bar and the button stay where they are while the words change.
        self._left.setMinimumWidth(self._left.fontMetrics().horizontalAdvance(WIDEST_TEXT))
        self._cancel = QPushButton("Cancel")
        self._cancel.setObjectName("small")
        self._cancel.setToolTip("Stop saving (Esc); nothing is left behind")
        self._cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._cancel.clicked.connect(self.cancel_asked)
        layout = self._layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(12)
        layout.addWidget(self._title)
        layout.addWidget(self._progress, 1)
        layout.addWidget(self._left)
        layout.addWidget(self._cancel)
        host.installEventFilter(self)
        self.hide()

    def begin(self, title: str) -> None:
        """Show that ``title`` is being saved."""
        self._title.setText(title)
        self._left.setText("Reading…")
        self._progress.setRange(0, STEPS)
        self._progress.setValue(0)
        self.show()
        self.raise_()
        self._settle()

    def set_progress(self, part_done: float, seconds_left: float | None) -> None:
        """``part_done`` in [0, 1]."""
        self._progress.setValue(round(part_done * STEPS))
        left = "" if seconds_left is None else f" · {time_left(seconds_left)} left"
        self._left.setText(f"{part_done * 100:.0f} %{left}")

    def end(self) -> None:
        self.hide()

    @property
    def text(self) -> str:
        """What is said about the work under way; empty when there is none."""
        return "" if self.isHidden() else f"{self._title.text()} {self._left.text()}"

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._settle()
        return super().eventFilter(watched, event)

    def _settle(self) -> None:
        width = min(WIDEST_PX, self._host.width() - 2 * MARGIN_PX)
        height = self._layout.sizeHint().height()
        room = self._title.fontMetrics().horizontalAdvance("M") * 14
        self._title.setMaximumWidth(max(room, width - 360))
        left = (self._host.width() - width) // 2
        self.setGeometry(left, self._host.height() - height - MARGIN_PX, width, height)
