"""The settings while the window is open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.settings import Settings, SettingsError, load_settings, save_settings, set_aside
from app.timeline.sound_picture import SoundPicture
from app.timeline.sound_settings import SpectrogramSettings


class WindowMemory(QObject):
    """Holds the settings and writes them whenever the recent files change, and at the end."""

    changed = Signal()

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self.problem = ""
        try:
            self.settings = load_settings(file)
        except SettingsError as error:
            self.problem = f"{error}; {set_aside(file)}"
            self.settings = Settings()

    def update(self, **values: Any) -> None:
        """Change some of the settings, by the names that Settings has."""
        self.settings = replace(self.settings, **values)

    def add_recent(self, path: Path) -> None:
        self._set_recent(self.settings.with_recent(path))

    def remove_recent(self, path: Path) -> None:
        self._set_recent(self.settings.without_recent(path))

    def add_project(self, path: Path) -> None:
        self._set_recent(self.settings.with_project(path))

    def remove_project(self, path: Path) -> None:
        self._set_recent(self.settings.without_project(path))

    def remember_layout(self, states: dict[str, bytes]) -> None:
        self.settings = self.settings.with_layout(states)

    def keep_spectrogram(self, sound: SoundPicture) -> None:
        """Show the sound as it was shown last time, and remember every change."""
        sound.set_settings(SpectrogramSettings.from_stored(self.settings.spectrogram))
        sound.settings_changed.connect(self._on_spectrogram)

    def _on_spectrogram(self) -> None:
        sound = self.sender()
        if isinstance(sound, SoundPicture):
            self.update(spectrogram=sound.settings.stored())

    def save(self) -> str:
        """Write them; returns what went wrong in one line, or nothing."""
        try:
            save_settings(self._file, self.settings)
        except SettingsError as error:
            return str(error)
        return ""

    def _set_recent(self, settings: Settings) -> None:
        if settings != self.settings:
            self.settings = settings
            self.save()
            self.changed.emit()
