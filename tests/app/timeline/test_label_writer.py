"""Labels that are laid out once look as if they were drawn anew."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.theme import tabular
from app.timeline.label_writer import LabelWriter


def drawn(ratio: float, write: object) -> np.ndarray:
    image = QImage(round(200 * ratio), round(24 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#16181D"))
    painter = QPainter(image)
    painter.setPen(QColor("#E6E8EB"))
    write(painter)  # type: ignore[operator]
    painter.end()
    return np.frombuffer(image.constBits(), np.uint32).copy()


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("text", ["dog barking", "Wärmepumpe №7 ✓ .91", "<b>fjord</b>"])
def test_a_text_looks_as_painters_draw_it(qapp: QApplication, ratio: float, text: str) -> None:
    font = tabular(QFont(qapp.font()))
    font.setPixelSize(11)
    writer = LabelWriter(font)
    place = (8.0, writer.baseline_px(16))

    def plainly(painter: QPainter) -> None:
        painter.setFont(font)
        painter.drawText(QPointF(*place), text)

    def from_layout(painter: QPainter) -> None:
        painter.setFont(font)
        writer.write(painter, *place, text)

    expected = drawn(ratio, plainly)
    assert len(np.unique(expected)) > 2
    for _ in range(2):
        np.testing.assert_array_equal(drawn(ratio, from_layout), expected)
