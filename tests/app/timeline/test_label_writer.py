"""Labels that are laid out once look as if they were drawn anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.theme import DARK, tabular
from app.timeline.event_rows import LabelOrder, rows_of
from app.timeline.label_writer import LabelWriter
from app.timeline.lane_painter import LanePainter
from app.timeline.time_scale import TimeScale
from core_model.timeline import Detection, Task


def drawn(ratio: float, write: Callable[[QPainter], object]) -> np.ndarray:
    image = QImage(round(200 * ratio), round(24 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#16181D"))
    painter = QPainter(image)
    painter.setPen(QColor("#E6E8EB"))
    write(painter)
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


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("scrolled_px", [0, 37])
@pytest.mark.parametrize("task", list(Task))
def test_labels_stand_in_their_boxes_whatever_the_pattern(
    qapp: QApplication,
    monkeypatch: pytest.MonkeyPatch,
    ratio: float,
    scrolled_px: int,
    task: Task,
) -> None:
    font = tabular(QFont(qapp.font()))
    font.setPixelSize(11)
    (row,) = rows_of([Detection(task, "bark", 0, 600_000, 0.9)], LabelOrder())
    scale = TimeScale(0, 1_000_000, 0, 200, pixel_ratio=ratio)

    def lane(painter: QPainter) -> None:
        painter.setFont(font)
        painter.translate(0, -scrolled_px)
        lane_painter = LanePainter(task, DARK, LabelWriter(font), 16, ratio)
        lane_painter.add_boxes(row, scrolled_px + 4, (0, 1))
        lane_painter.paint(painter, scale)

    laid_out = drawn(ratio, lane)
    monkeypatch.setattr(
        LabelWriter,
        "write",
        lambda self, painter, x, y, text: painter.drawText(QPointF(x, y), text),
    )
    np.testing.assert_array_equal(laid_out, drawn(ratio, lane))
