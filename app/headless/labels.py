"""What ``--labels`` may be: a file with one label per line, or labels between commas."""

from __future__ import annotations

import os
from pathlib import Path

from core_model.media.errors import printable

_LARGEST_FILE_BYTES = 1_000_000
_MOST_LABELS = 2_000
_LONGEST_LABEL = 300


class LabelError(Exception):
    """Labels that cannot be used; one line that says why."""


def parse_labels(argument: str) -> tuple[str, ...]:
    """The labels of ``--labels``, in order.

    A name of an existing file is read as one: UTF-8, one label per line, ``#`` begins a comment.

    Raises:
        LabelError: the file cannot be read, or there is no label.
    """
    if _is_file_name(argument):
        name = printable(Path(argument).name)
        labels = _read(Path(argument), name)
    else:
        name = "--labels"
        labels = argument.split(",")
    # Blanks of all kinds come along when labels are copied from a page.
    labels = [" ".join(label.split()) for label in labels if label.strip()]
    if not labels:
        raise LabelError(f"{name}: holds no label")
    if len(labels) > _MOST_LABELS:
        raise LabelError(f"{name}: {len(labels)} labels are more than {_MOST_LABELS}")
    for label in labels:
        if len(label) > _LONGEST_LABEL or not label.isprintable():
            raise LabelError(f"{name}: not a label: {printable(label[:40])}")
    return tuple(labels)


def _is_file_name(argument: str) -> bool:
    """Labels hold no separators of folders, so what does is meant as a file, found or not."""
    separators = [os.sep] + ([os.altsep] if os.altsep else [])
    if "," not in argument and any(separator in argument for separator in separators):
        return True
    try:
        return Path(argument).suffix.lower() == ".txt" or Path(argument).is_file()
    except (OSError, ValueError):  # too long or too odd for a name: a list, then
        return False


def _read(path: Path, name: str) -> list[str]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE_BYTES + 1)
        if len(content) > _LARGEST_FILE_BYTES:
            raise LabelError(f"{name}: too large for a list of labels")
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise LabelError(f"{name}: {error.strerror or 'cannot be read'}") from error
    except UnicodeDecodeError as error:
        raise LabelError(f"{name}: not a text in UTF-8") from error
    return [line.partition("#")[0] for line in text.splitlines()]
