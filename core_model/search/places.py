"""Where which content lies: spares a search from opening every file that it has seen before."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

from core_model.cache import content_hash, temporary_file
from core_model.media.probe import probe
from core_model.prompting.kept import FileKey
from core_model.timeline import SnippetGrid

logger = logging.getLogger(__name__)

FILE = "places.json"
_MOST_PLACES = 20_000
_LARGEST_BYTES = 20_000_000


class Places:
    """Path, size and time of change -> content and grid of a media file; kept in ``folder``.

    For several threads. A file of places that cannot be read or written costs time only.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._lock = threading.Lock()
        self._known = _read(self._file)
        self._is_changed = False

    def look_up(self, path: Path) -> tuple[str, SnippetGrid]:
        """The name of the content, and the grid of its snippets.

        Raises:
            OSError: the file is not there.
            MediaError: it cannot be played.
        """
        with self._lock:
            known = self._known.get(_name(path))
        if known is None:
            known = (content_hash(path), probe(path).start_us)
            self.remember(path, *known)
        return known[0], SnippetGrid(known[1])

    def remember(self, path: Path, media_hash: str, start_us: int) -> None:
        """Know a file without opening it. Raises OSError where it is not there."""
        name = _name(path)
        with self._lock:
            self._known[name] = (media_hash, start_us)
            self._is_changed = True

    def save(self) -> None:
        """Write what is new since it was read."""
        with self._lock:
            if not self._is_changed:
                return
            self._is_changed = False
            latest = dict(list(self._known.items())[-_MOST_PLACES:])
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with temporary_file(self._file.parent) as temporary:
                temporary.write_text(json.dumps(latest), encoding="utf-8")
                temporary.replace(self._file)
        except OSError as error:
            logger.warning("places are not kept in %s: %s", self._file, error)


def _name(path: Path) -> str:
    key = FileKey.of(path)
    return f"{key.size} {key.changed_ns} {key.path}"


def _read(file: Path) -> dict[str, tuple[str, int]]:
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            return {}
        raw = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        logger.warning("%s is damaged and left aside: %s", file, error)
        return {}
    return {
        name: (place[0], place[1])
        for name, place in (raw.items() if isinstance(raw, dict) else ())
        if isinstance(place, list) and len(place) == 2
        if isinstance(place[0], str) and type(place[1]) is int
    }
