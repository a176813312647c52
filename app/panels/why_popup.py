"""Why a detection is there: where in the pyramid, from which score, on what it rests."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.jobs.requests import WhyAnswer
from app.kind_style import KIND_STYLES, outline_colour, score_text
from app.player.time_code import short_time_code
from app.theme import Theme, tabular
from core_model.timeline import Detection, SnippetGrid, Task, seconds

BAR_SIZE_PX = (120, 8)
WIDTH_PX = 320
WAITING = "Looking into the model…"


class WhyPopup(QFrame):
    """Opens where it is asked for; Esc or a click elsewhere closes it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("why")
        self.setAccessibleName("Why this was found")
        self.setFixedWidth(WIDTH_PX)
        self._theme = theme
        self._task = Task.SED
        self._title = QLabel()
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setWordWrap(True)
        self._note = QLabel()
        self._note.setObjectName("secondary")
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._parts: list[QWidget] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addLayout(self._grid)
        column.addWidget(self._note)

    @property
    def text(self) -> str:
        """All that is said, line by line."""
        said = [part.accessibleName() for part in self._parts]
        return "\n".join(filter(None, [self._title.text(), *said, self._note.text()]))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme

    def open_for(self, found: Detection, corner: QPoint) -> None:
        """Say that the answer is on its way, at a global point."""
        self._clear()
        self._task = found.task
        kind = KIND_STYLES[found.task].singular
        span = f"{short_time_code(found.onset_us)} – {short_time_code(found.offset_us)}"
        self._title.setText(f"{found.label} · {kind}\n{span}")
        self._say(WAITING)
        self._fit()
        screen = QGuiApplication.screenAt(corner) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        x_px = min(max(corner.x(), room.left()), room.right() - self.width())
        y_px = min(max(corner.y(), room.top()), room.bottom() - 300)
        self.move(x_px, y_px)
        self.show()

    def show_answer(self, answer: WhyAnswer) -> None:
        """Fill in what the model says."""
        self._clear()
        stride_s = seconds(answer.stride * SnippetGrid(0).stride_us)
        self._row("Pyramid level", f"{answer.level} · a point every {stride_s:g} s")
        self._row("Raw score", f"{answer.raw_score:.3f}, calibrated {answer.calibrated:.2f}")
        self._bar("Sound and picture", answer.calibrated)
        for title, score in (
            ("Without sound", answer.score_without_audio),
            ("Without picture", answer.score_without_picture),
        ):
            if score is None:
                self._row(title, "the file has nothing else")
            else:
                self._bar(title, score)
        if answer.nearest_labels:
            self._row("Nearest labels", "")
            for label, score in answer.nearest_labels:
                self._bar(f"   {label}", score)
        self._say("")
        self._fit()

    def show_problem(self, text: str) -> None:
        """One line on why there is no answer."""
        self._clear()
        self._say(text, is_error=True)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _row(self, title: str, text: str) -> None:
        number = self._grid.rowCount()
        name, value = QLabel(title), QLabel(text)
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setObjectName("secondary")
        value.setFont(tabular(value.font()))
        self._add(name, number, 0, f"{title}: {text}" if text else title)
        self._grid.addWidget(value, number, 1, 1, 2)
        self._parts.append(value)

    def _bar(self, title: str, score: float) -> None:
        number = self._grid.rowCount()
        name, value = QLabel(title), QLabel(score_text(score))
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setObjectName("secondary")
        value.setFont(tabular(value.font()))
        self._add(name, number, 0, f"{title.strip()}: {score:.2f}")
        for column, part in ((1, _Bar(score, self._task, self._theme)), (2, value)):
            self._grid.addWidget(part, number, column)
            self._parts.append(part)

    def _add(self, part: QWidget, row: int, column: int, said: str) -> None:
        part.setAccessibleName(said)
        self._grid.addWidget(part, row, column)
        self._parts.append(part)

    def _say(self, text: str, *, is_error: bool = False) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._note.setObjectName("failed" if is_error else "secondary")
        self._note.style().unpolish(self._note)
        self._note.style().polish(self._note)

    def _clear(self) -> None:
        for part in self._parts:
            self._grid.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts = []

    def _fit(self) -> None:
        self._grid.activate()
        self.adjustSize()


class _Bar(QWidget):
    """A score as a bar."""

    def __init__(self, score: float, task: Task, theme: Theme) -> None:
        super().__init__()
        self._score, self._task, self._theme = score, task, theme
        self.setFixedSize(*BAR_SIZE_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.line))
        filled = QRectF(self.rect())
        filled.setWidth(filled.width() * min(max(self._score, 0.0), 1.0))
        painter.fillRect(filled, QColor(outline_colour(self._task, self._theme)))
        painter.end()
