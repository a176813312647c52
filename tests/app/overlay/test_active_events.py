"""The legend over the picture: who is active, in what order, and that it can be seen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.overlay.active_events import MOST_EVENTS, ActiveEvents, active_at
from app.theme import DARK, LIGHT, Theme
from core_model.timeline import Detection, Task

PICTURE = QRect(0, 0, 480, 270)


def event(task: Task, label: str, score: float, onset_us: int = 0) -> Detection:
    return Detection(task, label, onset_us, 1_000_000, score)


def painted(
    events: tuple[Detection, ...],
    playhead_us: int = 500_000,
    ground: str = "#808080",
    theme: Theme = DARK,
    rect: QRect = PICTURE,
    overlay: ActiveEvents | None = None,
) -> np.ndarray:
    """RGB (270, 480, 3) of a plain picture with the legend over it."""
    image = QImage(480, 270, QImage.Format.Format_RGB32)
    image.fill(QColor(ground))
    painter = QPainter(image)
    (overlay or ActiveEvents()).paint(painter, rect, events, playhead_us, theme)
    painter.end()
    words = np.frombuffer(image.constBits(), np.uint8).reshape(270, 480, 4)
    return words[..., 2::-1].astype(int)


def changed_rows(events: tuple[Detection, ...]) -> int:
    """Height in pixels of what is drawn inside the frame, at the left."""
    inner = painted(events)[20:-10, 20:120]
    return int(np.any(inner != 128, axis=(1, 2)).sum())


def test_active_are_those_begun_and_not_over_the_surest_first() -> None:
    events = (
        event(Task.SED, "speech", 0.4),
        event(Task.AVEL, "clapping", 0.8),
        event(Task.TAL, "archery", 0.8),
        event(Task.SED, "late", 0.9, onset_us=600_000),
    )
    assert [e.label for e in active_at(events, 500_000)] == ["archery", "clapping", "speech"]
    assert active_at(events, 600_000)[0].label == "late"
    assert active_at(events, 1_000_000) == []
    assert active_at((), 0) == []


def test_nothing_active_leaves_the_picture_alone(qapp: QApplication) -> None:
    events = (event(Task.SED, "speech", 0.9),)
    assert np.all(painted(events, playhead_us=2_000_000) == 128)


def test_the_legend_grows_by_a_line_and_ends(qapp: QApplication) -> None:
    many = tuple(event(Task.SED, f"sound {i}", 0.9 - i / 100) for i in range(20))
    heights = [changed_rows(many[:count]) for count in range(1, MOST_EVENTS + 1)]
    assert set(np.diff(heights)) == {24}
    with_rest = changed_rows(many[: MOST_EVENTS + 1])
    assert with_rest == heights[-1] + 24
    assert changed_rows(many) == with_rest


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", ["#000000", "#FFFFFF"])
def test_the_legend_can_be_read_on_any_picture(
    qapp: QApplication, theme: Theme, ground: str
) -> None:
    plate = painted((event(Task.SED, "HHHHHHHH", 0.9),), ground=ground, theme=theme)
    text_area = plate[270 - 12 - 28 : 270 - 14, 44:100].mean(axis=2)
    assert text_area.max() - text_area.min() > 120


def test_frames_name_the_kinds_in_colour_and_line(qapp: QApplication) -> None:
    action = painted((event(Task.TAL, "archery", 0.9),))[0]
    sound = painted((event(Task.SED, "speech", 0.9),))[0]
    both = painted((event(Task.AVEL, "clapping", 0.9),))[0]
    for line, colour in ((action, "#E69F00"), (sound, "#56B4E9"), (both, "#009E73")):
        wanted = QColor(colour)
        rgb = [wanted.red(), wanted.green(), wanted.blue()]
        assert np.all(line[200:260] == rgb, axis=1).any()
    assert len(np.unique(action[4:-4], axis=0)) == 1
    assert len(np.unique(sound, axis=0)) > 1
    assert len(np.unique(both, axis=0)) > 1


def test_a_small_picture_gets_its_frame_only(qapp: QApplication) -> None:
    events = (event(Task.TAL, "archery", 0.9),)
    small = painted(events, rect=QRect(0, 0, 120, 80))
    assert np.all(small[4:76, 4:116] == 128)
    assert np.any(small[0, :120] != 128)
    assert np.all(small[81:] == 128)
    assert np.all(small[:, 121:] == 128)


def test_what_is_kept_is_what_would_be_drawn_anew(qapp: QApplication) -> None:
    action, sound = event(Task.TAL, "archery", 0.9), event(Task.SED, "speech", 0.7)
    surer = event(Task.TAL, "archery", 0.95)
    other = QRect(20, 10, 300, 200)
    steps = (
        ((action,), DARK, PICTURE),
        ((action, sound), DARK, PICTURE),
        ((surer, sound), DARK, PICTURE),
        ((), DARK, PICTURE),
        ((action,), LIGHT, PICTURE),
        ((action,), LIGHT, other),
        ((action,), DARK, PICTURE),
    )
    kept = ActiveEvents()
    for events, theme, rect in steps:
        for _ in range(2):
            drawn = painted(events, theme=theme, rect=rect, overlay=kept)
            assert np.array_equal(drawn, painted(events, theme=theme, rect=rect))


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_legend_and_frame_lie_on_whole_pixels_of_the_screen(
    qapp: QApplication, ratio: float
) -> None:
    screen = QImage(round(480 * ratio), round(270 * ratio), QImage.Format.Format_RGB32)
    screen.setDevicePixelRatio(ratio)
    screen.fill(QColor("#808080"))
    painter = QPainter(screen)
    rect = QRect(7, 9, 301, 203)
    ActiveEvents().paint(painter, rect, (event(Task.TAL, "archery", 0.9),), 0, DARK)
    painter.end()
    words = np.frombuffer(screen.constBits(), np.uint8).reshape(screen.height(), -1, 4)
    changed = np.any(words[..., :3] != 128, axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    for found, first, count in ((columns, 7, 301), (rows, 9, 203)):
        assert abs(found[0] - first * ratio) <= 1
        assert abs(found[-1] + 1 - (first + count) * ratio) <= 1
    # Between the sides only the plate in the lower left corner has been drawn.
    middle = changed[round(20 * ratio) : round(150 * ratio), round(20 * ratio) : round(290 * ratio)]
    assert not middle.any()
