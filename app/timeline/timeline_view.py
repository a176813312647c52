"""The timeline: every pane on one time axis, and what feeds them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollBar, QSplitter, QVBoxLayout, QWidget

from app.detection_table import DetectionTable
from app.limits import Limits
from app.theme import Theme
from app.timeline.arranger import EventArranger
from app.timeline.bars import bar_style
from app.timeline.event_rows import TimeRow
from app.timeline.lanes_pane import LanesPane
from app.timeline.overview import Overview
from app.timeline.ruler import Ruler
from app.timeline.segment_feed import SegmentFeed
from app.timeline.segment_hand import SegmentHand
from app.timeline.sound_panel import SoundSettingsPanel
from app.timeline.sound_panes import WaveformPane
from app.timeline.sound_picture import SoundPicture
from app.timeline.sound_spectrogram import SpectrogramPane
from app.timeline.time_pane import GUTTER_PX, MARGIN_PX, TimePane
from app.timeline.tracks import Tracks
from app.timeline.wheel import ZOOM_PER_NOTCH
from app.view_state import ViewState
from app.window.annotation import Annotation
from core_model.media.probe import MediaInfo
from core_model.timeline import Task

# Steps of a scroll bar are 32 bit; this many are finer than any screen.
SCROLL_STEPS = 1 << 30
# Waveform, spectrogram, lanes; what is more goes to each by its stretch.
FIRST_HEIGHTS_PX = (48, 96, 200)
FOCUS_LINE_PX = 2
# Where the playhead stands after the view has followed it to a new page.
PAGE_LEAD = 0.05


class TimelineView(QWidget):
    """Ruler, overview, waveform, spectrogram and one lane per kind.

    The media range, the playhead and the visible range come from the view state, which the
    player keeps; this view reads the sound by itself and is told the detections.
    """

    def __init__(self, view_state: ViewState, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = theme
        self._view_state = view_state
        self._last_playhead_us = view_state.playhead_us
        self._table = DetectionTable.of(())
        self._limits = Limits()
        self._arranger = EventArranger(self)
        self._arranger.rows_changed.connect(self._show_found)
        self.feed: SegmentFeed | None = None
        self.hand: SegmentHand | None = None
        self.sound = SoundPicture(self)
        self.overview = Overview(view_state, theme, self)
        self.ruler = Ruler(view_state, theme, self)
        self.waveform = WaveformPane(view_state, theme, self.sound)
        self.spectrogram = SpectrogramPane(view_state, theme, self.sound)
        self.sound_settings: SoundSettingsPanel | None = None
        for pane in (self.waveform, self.spectrogram):
            pane.settings_asked.connect(self.show_sound_settings)
        self.tracks = Tracks(self)
        self.lanes = LanesPane(view_state, theme, self.tracks)
        self._added: list[TimePane] = []
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self.time_bar = QScrollBar(Qt.Orientation.Horizontal)
        self.time_bar.setAccessibleName("Scroll in time")
        self.time_bar.valueChanged.connect(self._on_scrolled)
        self._lay_out()
        self.setStyleSheet(bar_style(theme))
        view_state.media_range_changed.connect(self._on_media_range_changed)
        view_state.visible_changed.connect(self._fit_scroll)
        view_state.playhead_changed.connect(self._follow_playhead)
        self._fit_scroll(view_state.visible_start_us, view_state.visible_end_us)

    def attach(self, annotation: Annotation) -> None:
        """Show and edit the segments of a project while the open video is in one."""
        self.feed = SegmentFeed(annotation, self.tracks, self)
        self.feed.rows_changed.connect(self._show_rows)
        self.feed.left.connect(self._show_detections)
        self.hand = SegmentHand(annotation, self.lanes)
        self.lanes.set_hand(self.hand)

    def add_pane(self, pane: TimePane) -> None:
        """Show one more pane above the lanes of events."""
        self._splitter.insertWidget(self._splitter.indexOf(self.lanes), pane)
        self._splitter.setStretchFactor(self._splitter.indexOf(pane), 3)
        self._added.append(pane)

    def cancel_gesture(self) -> bool:
        """Let go of what is in the hand; False where nothing is."""
        return self.lanes.heads.cancel() or (self.hand is not None and self.hand.cancel())

    def set_media(self, info: MediaInfo | None) -> None:
        """Read the sound of this media in the background; None closes what was open.

        Events of the media before are taken off. The time range is the view state's matter.
        """
        self._arranger.reset()
        self.set_table(DetectionTable.of(()))
        if info is None or info.audio is None:
            self.sound.close(silent=info is not None)
        else:
            self.sound.open(info.path, info.audio)
        self.spectrogram.setVisible(info is None or info.audio is not None)

    def show_sound_settings(self, corner: QPoint) -> None:
        """Open the settings of the spectrogram above a global point."""
        if self.sound_settings is None:
            self.sound_settings = SoundSettingsPanel(self.spectrogram, self.sound, self._view_state)
        self.sound_settings.open_at(corner)

    def set_table(self, table: DetectionTable) -> None:
        """Show this complete list, in any order."""
        self._table = table
        self._show_detections()

    def set_limits(self, limits: Limits) -> None:
        """Show only events that reach these."""
        self._limits = limits
        self._show_detections()
        if self.feed is not None:
            self.feed.set_limits(limits)

    def set_theme(self, theme: Theme) -> None:
        """Draw every pane with this theme."""
        self._theme = theme
        self.setStyleSheet(bar_style(theme))
        for pane in self.panes():
            pane.set_theme(theme)

    def shutdown(self) -> None:
        """End the background threads; call it before the view goes."""
        self.sound.shutdown()
        self._arranger.shutdown()
        if self.feed is not None:
            self.feed.shutdown()

    def panes(self) -> tuple[TimePane, ...]:
        """All panes on the time axis from top to bottom."""
        above = (self.overview, self.ruler, self.waveform, self.spectrogram)
        return (*above, *self._added, self.lanes)

    def zoom_in(self) -> None:
        """Zoom in about the playhead, or about the middle where it is out of view."""
        self._view_state.zoom_about(self._zoom_centre_us(), ZOOM_PER_NOTCH**2)

    def zoom_out(self) -> None:
        """Undo one :meth:`zoom_in`."""
        self._view_state.zoom_about(self._zoom_centre_us(), ZOOM_PER_NOTCH**-2)

    def zoom_to_all(self) -> None:
        """Show the whole media."""
        self._view_state.set_visible(self._view_state.media_start_us, self._view_state.media_end_us)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif event.key() in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.zoom_out()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line along the top, bright while keys go here."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.panel))
        line = self._theme.accent if self.hasFocus() else self._theme.line
        painter.fillRect(0, 0, self.width(), FOCUS_LINE_PX, QColor(line))
        painter.end()

    def _lay_out(self) -> None:
        self._splitter.setHandleWidth(4)
        self._splitter.setChildrenCollapsible(False)
        for pane, stretch in ((self.waveform, 1), (self.spectrogram, 2), (self.lanes, 6)):
            self._splitter.addWidget(pane)
            self._splitter.setStretchFactor(self._splitter.count() - 1, stretch)
        self._splitter.setSizes(list(FIRST_HEIGHTS_PX))
        bar = QHBoxLayout()
        bar.setContentsMargins(MARGIN_PX, 0, GUTTER_PX, 0)
        bar.addWidget(self.time_bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, FOCUS_LINE_PX, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.overview)
        column.addWidget(self.ruler)
        column.addWidget(self._splitter, 1)
        column.addLayout(bar)

    def _show_detections(self) -> None:
        if self.feed is None or not self.feed.is_active:
            self._arranger.arrange(self._table, self._limits)

    def _show_found(self, rows: Mapping[Task, tuple[TimeRow, ...]]) -> None:
        """What was found, unless a project holds the video meanwhile."""
        if self.feed is None or not self.feed.is_active:
            self._show_rows(rows)

    def _show_rows(self, rows: Mapping[Task, tuple[TimeRow, ...]]) -> None:
        self.lanes.set_rows(rows)
        self.overview.set_rows(rows)

    def _zoom_centre_us(self) -> int:
        state = self._view_state
        if state.visible_start_us <= state.playhead_us <= state.visible_end_us:
            return state.playhead_us
        return (state.visible_start_us + state.visible_end_us) // 2

    def _us_per_step(self) -> int:
        media_us = self._view_state.media_end_us - self._view_state.media_start_us
        return media_us // SCROLL_STEPS + 1

    def _fit_scroll(self, start_us: int, end_us: int) -> None:
        state, step_us = self._view_state, self._us_per_step()
        self.time_bar.blockSignals(True)
        hidden_us = (state.media_end_us - state.media_start_us) - (end_us - start_us)
        self.time_bar.setRange(0, hidden_us // step_us)
        self.time_bar.setPageStep(max((end_us - start_us) // step_us, 1))
        self.time_bar.setSingleStep(max((end_us - start_us) // step_us // 20, 1))
        self.time_bar.setValue((start_us - state.media_start_us) // step_us)
        self.time_bar.blockSignals(False)

    def _on_scrolled(self, value: int) -> None:
        state = self._view_state
        start_us = state.media_start_us + value * self._us_per_step()
        state.set_visible(start_us, start_us + state.visible_end_us - state.visible_start_us)

    def _on_media_range_changed(self, start_us: int, end_us: int) -> None:
        self._last_playhead_us = start_us

    def _follow_playhead(self, time_us: int) -> None:
        """Turn the page when the playhead leaves it; leave alone who has scrolled elsewhere."""
        state = self._view_state
        start_us, end_us = state.visible_start_us, state.visible_end_us
        was_in_view = start_us <= self._last_playhead_us <= end_us
        self._last_playhead_us = time_us
        if was_in_view and not start_us <= time_us <= end_us:
            new_start_us = time_us - round((end_us - start_us) * PAGE_LEAD)
            state.set_visible(new_start_us, new_start_us + end_us - start_us)
