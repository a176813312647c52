"""What the window remembers between two starts: one small JSON file."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths

FOLDER_VARIABLE = "AVSCOPE_CONFIG_DIR"
FILE_NAME = "settings.json"
RECENT_LIMIT = 10
LONGEST_REACTION_MS = 1_000
THEMES = ("system", "dark", "light")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything remembered. ``volume`` lies in [0, 1]; ``layout`` holds Qt's own byte strings.

    ``recent`` are absolute paths, the newest first; ``layout`` maps the name of a window part
    to its state as base64; ``spectrogram`` is what ``SpectrogramSettings.stored`` gives,
    ``keys`` what ``Keymap.stored`` and ``prompts`` what ``PromptMemory.stored`` gives.
    ``recent_projects`` likewise; ``reaction_ms`` in [0, 1000] is how late a person's keys are.
    ``model`` is the id of the model in use, empty for the one that comes along.
    """

    theme: str = "system"
    volume: float = 0.8
    muted: bool = False
    scrub_sound: bool = True
    events_panel: bool = True
    recent: tuple[str, ...] = ()
    recent_projects: tuple[str, ...] = ()
    reaction_ms: int = 0
    model: str = ""
    layout: dict[str, str] = field(default_factory=dict)
    spectrogram: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    prompts: dict[str, Any] = field(default_factory=dict)

    def with_recent(self, path: Path) -> Settings:
        """The same with ``path`` in front of the recent files."""
        newest = str(path.absolute())
        others = [other for other in self.recent if other != newest]
        return replace(self, recent=(newest, *others)[:RECENT_LIMIT])

    def without_recent(self, path: Path) -> Settings:
        """The same without ``path`` among the recent files."""
        gone = str(path.absolute())
        return replace(self, recent=tuple(other for other in self.recent if other != gone))

    def with_project(self, path: Path) -> Settings:
        """The same with ``path`` in front of the recent projects."""
        newest = str(path.absolute())
        others = [other for other in self.recent_projects if other != newest]
        return replace(self, recent_projects=(newest, *others)[:RECENT_LIMIT])

    def without_project(self, path: Path) -> Settings:
        """The same without ``path`` among the recent projects."""
        gone = str(path.absolute())
        others = tuple(other for other in self.recent_projects if other != gone)
        return replace(self, recent_projects=others)

    def with_layout(self, states: dict[str, bytes]) -> Settings:
        """The same with the states of these window parts."""
        encoded = {name: base64.b64encode(state).decode("ascii") for name, state in states.items()}
        return replace(self, layout={**self.layout, **encoded})

    def layout_state(self, name: str) -> bytes | None:
        """The remembered state of a window part, or None where there is none that can be read."""
        try:
            return base64.b64decode(self.layout[name], validate=True)
        except (KeyError, ValueError):
            return None


class SettingsError(Exception):
    """The settings can't be read or written; the message names the file and the reason."""


def settings_file() -> Path:
    """Where settings lie: in AVSCOPE_CONFIG_DIR if that is set, else where the system wants."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        return Path(folder) / FILE_NAME
    place = QStandardPaths.StandardLocation.GenericConfigLocation
    return Path(QStandardPaths.writableLocation(place)) / "avscope" / FILE_NAME


def load_settings(file: Path) -> Settings:
    """Read the settings; the defaults where there is no file yet.

    Values that make no sense are left at their defaults, since people edit such files. Raises
    SettingsError for a file that is no JSON object or can't be read.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file}: settings: {error}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{file}: settings: not a JSON object")
    known = {entry.name for entry in fields(Settings)}
    sensible = {
        name: _as_stored(name, value)
        for name, value in content.items()
        if name in known and _makes_sense(name, value)
    }
    return Settings(**sensible)


def save_settings(file: Path, settings: Settings) -> None:
    """Write the settings at once: either the old or the new file is there, never half a one.

    Raises SettingsError when they can't be written.
    """
    draft = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(settings), indent=2), encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        raise SettingsError(f"{file}: settings: {error}") from error


def set_aside(file: Path) -> str:
    """Keep settings that can't be read beside the new ones; says in a few words what became."""
    kept = file.with_suffix(".broken.json")
    try:
        file.replace(kept)
    except OSError as error:
        return f"it can't be kept either: {error.strerror or error}"
    return f"kept as {kept.name}, going on with the defaults"


def _makes_sense(name: str, value: Any) -> bool:
    if name == "theme":
        return value in THEMES
    if name == "volume":
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    if name == "reaction_ms":
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return is_number and 0 <= value <= LONGEST_REACTION_MS
    if name in ("recent", "recent_projects"):
        return isinstance(value, list) and all(isinstance(path, str) for path in value)
    if name == "model":
        return isinstance(value, str)
    if name in ("spectrogram", "keys", "prompts"):
        return isinstance(value, dict)
    if name == "layout":
        return isinstance(value, dict) and all(isinstance(state, str) for state in value.values())
    return isinstance(value, bool)


def _as_stored(name: str, value: Any) -> Any:
    return tuple(value[:RECENT_LIMIT]) if name in ("recent", "recent_projects") else value
