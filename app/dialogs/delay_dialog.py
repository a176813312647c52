"""Measuring how late a person's keys are: a flash and a beep, a key answers, a dozen times."""

from __future__ import annotations

import random
import time
from statistics import median

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSpinBox, QWidget

from app.dialogs.form import Form, heading, note, plain_button, primary
from app.player.pacer import Pacer
from app.settings import LONGEST_REACTION_MS
from app.theme import Theme

SIZE_PX = (460, 420)
FLASHES = 12
FLASH_MS = 120
# So far apart at random: who can count along answers the rhythm, not the flash.
SHORTEST_WAIT_MS, LONGEST_WAIT_MS = 900, 2_000
# A key that comes sooner was not an answer.
SOONEST_MS = 80
# The square waits no longer for its beep: a card that was asleep takes a while to begin.
BEEP_WITHIN_MS = 700
TELL = (
    "Press Start, then press any letter or Space as soon as the square lights up and you hear the "
    "beep, twelve times. The middle of your delays is taken off what you label while playing."
)
NO_BEEP = "It flashes without a beep: {reason}."
FIRST = "Press a key when the square lights up."


class Flash(QWidget):
    """A square that is bright for a moment."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.is_lit = False
        self.setMinimumHeight(120)
        self.setAccessibleName("Square that lights up")

    def sizeHint(self) -> QSize:
        return QSize(400, 140)

    def light(self, on: bool) -> None:
        self.is_lit = on
        self.repaint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.ground))
        side = min(self.width(), self.height()) - 16
        square = self.rect().center()
        colour = "#FFFFFF" if self.is_lit and self._theme.is_dark else self._theme.raised
        if self.is_lit and not self._theme.is_dark:
            colour = self._theme.text
        painter.fillRect(square.x() - side // 2, square.y() - side // 2, side, side, QColor(colour))
        painter.end()


class DelayDialog(Form):
    """``chosen(milliseconds)``: use this delay from now on."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget, theme: Theme, delay_ms: int, pacer: Pacer) -> None:
        super().__init__(parent, "Reaction delay", SIZE_PX)
        self._pacer = pacer
        self._can_beep = True
        self._awaits_beep = False
        pacer.beeped.connect(self._on_beeped)
        pacer.beep_failed.connect(self._on_beep_failed)
        self._delays_ms: list[float] = []
        self._lit_at_s: float | None = None
        self._left = 0
        self._random = random.Random()
        self.flash = Flash(theme)
        self._tell = note("How it works")
        self._tell.setText(TELL)
        self._state = note("How far it is")
        self._silent = note("Why there is no beep")
        self._silent.hide()
        self._start = plain_button("Start")
        self.value = QSpinBox()
        self.value.setRange(0, LONGEST_REACTION_MS)
        self.value.setSingleStep(10)
        self.value.setSuffix(" ms")
        self.value.setValue(delay_ms)
        self.value.setAccessibleName("Reaction delay in milliseconds")
        self._use = primary("Use it")
        self._cancel = plain_button("Cancel")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_time)
        self._lay_out()

    @property
    def delays_ms(self) -> tuple[float, ...]:
        """What was measured so far."""
        return tuple(self._delays_ms)

    def start(self) -> None:
        """Begin to flash; what was measured before does not count."""
        self._delays_ms.clear()
        self._left = FLASHES
        self._start.setText("Start again")
        self._state.setText(FIRST)
        self.setFocus()
        self._wait()

    def tap(self, at_s: float) -> None:
        """A key at a time of ``time.monotonic``."""
        lit_at_s = self._lit_at_s
        if lit_at_s is None:
            return
        delay_ms = (at_s - lit_at_s) * 1_000
        if not SOONEST_MS <= delay_ms <= LONGEST_REACTION_MS:
            return
        self._lit_at_s = None
        self._delays_ms.append(delay_ms)
        self._tell_state()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_answer = event.text() and event.key() not in (Qt.Key.Key_Escape, Qt.Key.Key_Tab)
        if self._lit_at_s is not None and is_answer and not event.isAutoRepeat():
            self.tap(time.monotonic())
            return
        super().keyPressEvent(event)

    def done(self, result: int) -> None:
        self._stop()
        super().done(result)

    def _lay_out(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.column.addWidget(self._tell)
        self.column.addWidget(self.flash, 1)
        self.column.addWidget(self._state)
        self.column.addWidget(self._silent)
        self.add_buttons(self._start)
        self.column.addWidget(heading("TAKEN OFF EVERY KEY WHILE PLAYING"))
        self.value.setMaximumWidth(140)
        self.column.addWidget(self.value)
        self.add_buttons(self._cancel, self._use)
        self._start.clicked.connect(self.start)
        self._use.clicked.connect(self._on_use)
        self._cancel.clicked.connect(self.reject)

    def _wait(self) -> None:
        self._timer.start(self._random.randint(SHORTEST_WAIT_MS, LONGEST_WAIT_MS))

    def _on_time(self) -> None:
        if self.flash.is_lit:
            self.flash.light(False)
            if self._left:
                self._wait()
            return
        if not self._left:
            return
        if self._can_beep and not self._awaits_beep and self._pacer.beep():
            self._awaits_beep = True
            self._timer.start(BEEP_WITHIN_MS)
            return
        self._awaits_beep = False
        self._left -= 1
        self.flash.light(True)
        # From when it is on its way to the screen.
        self._lit_at_s = time.monotonic()
        self._timer.start(FLASH_MS)

    def _on_beeped(self, at_s: float) -> None:
        """The beep is on its way: flash when it is heard."""
        if self._awaits_beep:
            self._timer.start(max(round((at_s - time.monotonic()) * 1_000), 0))

    def _on_beep_failed(self, reason: str) -> None:
        if self._awaits_beep:
            self._can_beep = False
            self._silent.setText(NO_BEEP.format(reason=reason))
            self._silent.show()
            self._timer.start(0)

    def _tell_state(self) -> None:
        count = len(self._delays_ms)
        middle = round(median(self._delays_ms))
        self._state.setText(
            f"{count} of {FLASHES}: {round(self._delays_ms[-1])} ms, in the middle {middle} ms."
        )
        self.value.setValue(middle)

    def _on_use(self) -> None:
        self.accept()
        self.chosen.emit(self.value.value())

    def _stop(self) -> None:
        self._left = 0
        self._lit_at_s = None
        self._awaits_beep = False
        self._timer.stop()
