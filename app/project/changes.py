"""What an edit does to the tables, in a form that can be undone and written down."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from app.project.values import Label, Run, Segment, Video

Record: TypeAlias = Segment | Label | Video | Run
Values: TypeAlias = dict[str, Any]

TABLES: dict[type[Record], str] = {
    Video: "videos",
    Label: "labels",
    Run: "runs",
    Segment: "segments",
}
COLUMNS: dict[str, tuple[str, ...]] = {
    table: tuple(field.name for field in fields(record)) for record, table in TABLES.items()
}
_ENUMS: dict[type[Record], tuple[str, ...]] = {
    Video: ("status",),
    Label: ("kind",),
    Segment: ("state", "origin"),
}
# Beyond this many characters the log keeps changes compressed.
_PLAIN_LENGTH = 1_024
# More than any edit of a project of a million segments needs; less than a hostile file asks for.
_LARGEST_CHANGES = 1_000_000_000
_LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Change:
    """One row before and after: None where it is not there, else the columns that differ.

    Rows of segments always tell their ``video_id``.
    """

    table: str
    id: int
    before: Values | None
    after: Values | None

    def inverted(self) -> Change:
        """The change that takes this one back."""
        return Change(self.table, self.id, self.after, self.before)

    @property
    def video_id(self) -> int | None:
        """The video of a changed segment; None for other tables."""
        row = self.before or self.after
        return row["video_id"] if row is not None and self.table == "segments" else None


def added(record: Record) -> Change:
    """The change that makes a row."""
    return Change(TABLES[type(record)], record.id, None, _row(record))


def removed(record: Record) -> Change:
    """The change that removes a row."""
    return Change(TABLES[type(record)], record.id, _row(record), None)


def altered(old: Record, new: Record) -> list[Change]:
    """The change from one value to another of the same id; empty where they are equal."""
    if old == new:
        return []
    table = TABLES[type(old)]
    before, after = _row(old), _row(new)
    names = [name for name in before if before[name] != after[name]]
    if table == "segments" and "video_id" not in names:
        names.append("video_id")
    return [
        Change(
            table,
            old.id,
            {name: before[name] for name in names},
            {name: after[name] for name in names},
        )
    ]


def inverted(changes: Iterable[Change]) -> list[Change]:
    """The changes that take back others, the last one first."""
    return [change.inverted() for change in reversed(list(changes))]


def encoded(changes: Iterable[Change]) -> str | bytes:
    """The changes as JSON text, compressed where it is long."""
    rows = [[change.table, change.id, change.before, change.after] for change in changes]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _PLAIN_LENGTH else zlib.compress(text.encode("utf-8"), 1)


def decoded(written: object) -> list[Change]:
    """The changes that :func:`encoded` wrote. Raises ValueError for anything else."""
    if isinstance(written, bytes):
        unpacker = zlib.decompressobj()
        try:
            text = unpacker.decompress(written, _LARGEST_CHANGES).decode("utf-8")
        except zlib.error as error:
            raise ValueError("an entry of the edit log cannot be unpacked") from error
        if not unpacker.eof:
            raise ValueError("an entry of the edit log is cut short or absurdly long")
    elif isinstance(written, str):
        text = written
    else:
        raise ValueError("an entry of the edit log is missing")
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("an entry of the edit log cannot be read") from error
    if not isinstance(rows, list):
        raise ValueError("an entry of the edit log makes no sense")
    return [_decoded_row(row) for row in rows]


def _decoded_row(row: object) -> Change:
    match row:
        case [str(table), int(row_id), (dict() | None) as before, (dict() | None) as after]:
            known = set(COLUMNS.get(table, ()))
            names = (before or {}).keys() | (after or {}).keys()
            needed = {"video_id"} if table == "segments" else set()
            values = (row_id, *(before or {}).values(), *(after or {}).values())
            if names and needed <= names <= known and all(map(_is_plain, values)):
                return Change(table, row_id, before, after)
    raise ValueError("an entry of the edit log makes no sense")


def _is_plain(value: object) -> bool:
    """Whether SQLite can hold a value, as a text, a number of 64 bits, or nothing."""
    if isinstance(value, int):
        return -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER
    return value is None or isinstance(value, str | float)


def _row(record: Record) -> dict[str, Any]:
    """Plain values only: SQLite asks its adapters, slowly, about each string of another type."""
    row = {name: getattr(record, name) for name in COLUMNS[TABLES[type(record)]]}
    for name in _ENUMS.get(type(record), ()):
        row[name] = row[name].value
    return row
