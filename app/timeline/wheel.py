"""What the wheel does on the time axis."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QScrollBar

from app.timeline.time_scale import TimeScale
from app.view_state import ViewState

NOTCH = 120
ZOOM_PER_NOTCH = 1.25
SCROLL_SHARE_PER_NOTCH = 0.1


def turn_wheel(state: ViewState, event: QWheelEvent, scale: TimeScale) -> None:
    """Scroll in time; with Ctrl zoom about the pointer, with Alt go from frame to frame."""
    turned = _wheel_notches(event)
    if event.modifiers() & Qt.KeyboardModifier.AltModifier:
        # With Alt held, Qt hands on an upright wheel as a level one.
        state.request_step(-1 if (turned.y() or turned.x()) > 0 else 1)
    elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        notches = turned.y() or turned.x()
        state.zoom_about(scale.to_us(event.position().x()), ZOOM_PER_NOTCH**notches)
    elif not event.pixelDelta().isNull():
        moved = event.pixelDelta()
        state.pan_by(round(-(moved.x() or moved.y()) * scale.us_per_px))
    else:
        span_us = scale.end_us - scale.start_us
        notches = turned.x() or turned.y()
        state.pan_by(round(-notches * SCROLL_SHARE_PER_NOTCH * span_us))


def scroll_by_wheel(bar: QScrollBar, event: QWheelEvent, row_px: int) -> bool:
    """Turn the plain wheel into rows of ``row_px`` where ``bar`` has anywhere to go.

    False, with the event untouched, for a wheel with keys held, a sideways one, and no overflow.
    """
    turned = event.angleDelta()
    is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
    if not is_plain or bar.maximum() <= 0 or abs(turned.y()) <= abs(turned.x()):
        return False
    bar.setValue(bar.value() - (event.pixelDelta().y() or turned.y() * row_px // 120))
    event.accept()
    return True


def _wheel_notches(event: QWheelEvent) -> QPointF:
    return QPointF(event.angleDelta().x() / NOTCH, event.angleDelta().y() / NOTCH)
