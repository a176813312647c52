"""The one error that every reader and writer of annotations raises."""

from __future__ import annotations

from core_model.media.errors import printable

_LONGEST_REASON = 300


class AnnotationError(ValueError):
    """Annotations cannot be read or written.

    ``str()`` is one line, "NAME: REASON" or "NAME: line 12: REASON".
    """

    def __init__(self, name: str, reason: str, line: int | None = None) -> None:
        super().__init__(name, reason, line)
        self.name = name
        self.reason = reason
        self.line = line

    def __str__(self) -> str:
        where = "" if self.line is None else f"line {self.line}: "
        return printable(f"{self.name}: {where}{shortened(self.reason, _LONGEST_REASON)}")


def shortened(text: str, longest: int = 60) -> str:
    """The text, cut with an ellipsis where it is longer."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
