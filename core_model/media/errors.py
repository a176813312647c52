"""The one error that every reader of media raises, and how names are printed in it."""

from __future__ import annotations

from pathlib import Path

WHOLE_FILE = "file"


class MediaError(Exception):
    """A file or one of its streams cannot be read.

    ``str()`` is one line, "NAME: STREAM: REASON", where STREAM is "video", "audio" or, when the
    container itself is at fault, "file".
    """

    def __init__(self, path: Path, stream: str, reason: str) -> None:
        super().__init__(path, stream, reason)
        self.path = path
        self.stream = stream
        self.reason = reason

    def __str__(self) -> str:
        return printable(f"{self.path.name or self.path}: {self.stream}: {self.reason}")


def printable(text: str) -> str:
    """The text in one line: control characters and undecodable bytes are written as escapes."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
