"""A line on the terminal that says how far a file is; nothing where stderr is no terminal."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

_BAR_CELLS = 24
_NARROWEST_COLUMNS = 40


class ProgressLine:
    """Written over itself; use as a context manager, which leaves an empty line behind."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = stream or sys.stderr
        self._shown = self._stream.isatty()
        self._width = 0

    def __enter__(self) -> ProgressLine:
        self._write(f"{self._title}  opening")
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")

    def show(self, share: float, speed: float, left_s: float) -> None:
        """``share`` in [0, 1] is done, ``speed`` times real time, ``left_s`` seconds to go."""
        left = f"{int(left_s) // 60}:{int(left_s) % 60:02} left"
        self.show_share(share, f"{speed:.0f} x real time  {left}")

    def show_share(self, share: float, note: str) -> None:
        """``share`` in [0, 1] is done; ``note`` is printable text."""
        cells = round(min(max(share, 0.0), 1.0) * _BAR_CELLS)
        bar = "#" * cells + "." * (_BAR_CELLS - cells)
        self._write(f"{self._title}  [{bar}] {share:4.0%}  {note}")

    def clear(self) -> None:
        """Make room for a message on the same stream; the next share shows the line again."""
        self._write("")

    def _write(self, text: str) -> None:
        if not self._shown:
            return
        columns = max(shutil.get_terminal_size().columns - 1, _NARROWEST_COLUMNS)
        text = text[:columns]
        self._stream.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
        self._stream.flush()
        self._width = len(text)
