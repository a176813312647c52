"""One row per kind of event: its symbol, whether it is shown, and from which score on."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
)

from app.icons import icon
from app.kind_style import KIND_STYLES, draw_symbol
from app.session import Session
from app.steady_label import SteadyLabel
from app.theme import Theme
from core_model.timeline import Task

SLIDER_STEPS = 100
SYMBOL_PX = 12
MARK_PX = 4


class KindSymbol(QWidget):
    """The symbol of a kind."""

    def __init__(self, task: Task, theme: Theme) -> None:
        super().__init__()
        self._task = task
        self._theme = theme
        self.setFixedSize(16, 16)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        centre = QPointF(self.width() / 2, self.height() / 2)
        draw_symbol(painter, self._task, centre, SYMBOL_PX, self._theme)
        painter.end()


class KindRow:
    """The widgets of one kind; they read from and write to the session."""

    def __init__(self, task: Task, session: Session, theme: Theme) -> None:
        self.symbol = KindSymbol(task, theme)
        self.name = QLabel(KIND_STYLES[task].name.capitalize())
        self.slider = ThresholdSlider(task, session)
        self.value = ThresholdValue(task, session)
        self.eye = EyeButton(task, session, theme)


class ThresholdSlider(QSlider):
    """From which score on events of the kind are shown."""

    def __init__(self, task: Task, session: Session) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._task = task
        self._session = session
        self._told: tuple[float, float, bool] | None = None
        name = KIND_STYLES[task].name
        self.setRange(0, SLIDER_STEPS)
        self.setAccessibleName(f"Threshold of {name}")
        self.valueChanged.connect(self._on_value)
        session.thresholds_changed.connect(self._read)
        self._read()

    def _on_value(self, value: int) -> None:
        # Compared in the slider's own steps: a model's threshold lies between two of them.
        if value != round(self._session.threshold(self._task) * SLIDER_STEPS):
            self._session.set_threshold(self._task, value / SLIDER_STEPS)

    def _read(self) -> None:
        session, task = self._session, self._task
        own = session.suggested_threshold(task)
        told = (own, session.threshold(task), session.is_hidden(task))
        if told == self._told:
            # Another kind's threshold has moved: sliders take long to be drawn.
            return
        self._told = told
        name = KIND_STYLES[task].name
        self.setToolTip(
            f"Show {name} from this score on; double-click for the model's own, {own:.2f}"
        )
        self.setValue(round(session.threshold(task) * SLIDER_STEPS))
        self.setEnabled(not session.is_hidden(task))
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._session.reset_threshold(self._task)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The slider, with a mark below its groove where the model's own threshold is."""
        super().paintEvent(event)
        mark_px = self.mark_px
        painter = QPainter(self)
        colour = self.palette().color(QPalette.ColorRole.PlaceholderText)
        painter.fillRect(QRectF(mark_px - 0.5, self.height() - MARK_PX, 1, MARK_PX), colour)
        painter.end()

    @property
    def mark_px(self) -> float:
        """Where the middle of the handle is when it stands at the model's own threshold."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        handle_px = self.style().subControlRect(control, option, part, self).width()
        own = round(self._session.suggested_threshold(self._task) * SLIDER_STEPS)
        left_px = QStyle.sliderPositionFromValue(0, SLIDER_STEPS, own, self.width() - handle_px)
        return left_px + handle_px / 2


class ThresholdValue(SteadyLabel):
    """The threshold as a number."""

    def __init__(self, task: Task, session: Session) -> None:
        super().__init__("0.00", 4)
        self._task = task
        self._session = session
        self.setObjectName("thresholdValue")
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        session.thresholds_changed.connect(self._read)
        self._read()

    def _read(self) -> None:
        self.setText(f"{self._session.threshold(self._task):.2f}")
        self.setEnabled(not self._session.is_hidden(self._task))


class EyeButton(QToolButton):
    """Shows or hides a whole kind."""

    def __init__(self, task: Task, session: Session, theme: Theme) -> None:
        super().__init__()
        self._task = task
        self._session = session
        self._theme = theme
        self._told: tuple[bool, Theme] | None = None
        self.setCheckable(True)
        self.setChecked(True)
        self.setIconSize(QSize(16, 16))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggled.connect(self._on_toggled)
        session.thresholds_changed.connect(self._read)
        self._read()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._read()

    def _on_toggled(self, shown: bool) -> None:
        self._session.set_hidden(self._task, not shown)

    def _read(self) -> None:
        hidden = self._session.is_hidden(self._task)
        self.setChecked(not hidden)
        if (hidden, self._theme) == self._told:
            return
        self._told = (hidden, self._theme)
        name = KIND_STYLES[self._task].name
        said = f"Show {name}" if hidden else f"Hide {name}"
        self.setToolTip(said)
        self.setAccessibleName(said)
        drawing = "eye_closed" if hidden else "eye"
        self.setIcon(icon(drawing, self._theme.text_secondary, self._theme.line))


class KindRows(QWidget):
    """The rows of all kinds."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(8)
        layout.setVerticalSpacing(0)
        layout.setColumnStretch(2, 1)
        self._rows = [KindRow(task, session, theme) for task in KIND_STYLES]
        for place, row in enumerate(self._rows):
            widgets = (row.symbol, row.name, row.slider, row.value, row.eye)
            for column, widget in enumerate(widgets):
                layout.addWidget(widget, place, column)
            layout.setRowMinimumHeight(place, 28)

    def set_theme(self, theme: Theme) -> None:
        for row in self._rows:
            row.symbol.set_theme(theme)
            row.eye.set_theme(theme)
