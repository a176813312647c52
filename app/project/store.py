"""Commits edits: rows and edit log in one transaction each, undo and redo from the log alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal, TypeAlias

from app.project.changes import COLUMNS, Change, decoded, encoded, inverted
from app.project.connection import Connection
from app.project.edits.base import Edit
from app.project.errors import DamagedError, explained
from app.project.reader import Reader

Action: TypeAlias = Literal["edit", "undo", "redo"]
# From this many rows on, undo and redo are bulk work.
_BULK_ROWS = 500


@dataclass(frozen=True, slots=True)
class History:
    """Where the log stands: its newest entry, and what undo and redo would do, or None."""

    revision: int
    undo_name: str | None
    redo_name: str | None
    undo_is_bulk: bool
    redo_is_bulk: bool


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the edit log; ``at`` is UTC in ISO 8601."""

    id: int
    at: str
    author: str
    action: Action
    name: str


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction changed.

    ``segment_ids`` are the segments added, altered or removed, per video; ``segment_rows`` those
    of them that are there now, as ``Reader.column_rows_by_id`` gives them.
    """

    action: Action
    name: str
    at: datetime
    history: History
    changes: tuple[Change, ...]
    segment_ids: Mapping[int, frozenset[int]]
    segment_rows: Mapping[int, list[tuple[Any, ...]]]

    def ids_in(self, table: str) -> frozenset[int]:
        """The changed rows of a table."""
        return frozenset(change.id for change in self.changes if change.table == table)


@dataclass(frozen=True, slots=True)
class _Tops:
    """The newest entry of the log and the tops of both stacks after it."""

    newest: int
    undo: int | None
    redo: int | None


class Store:
    """Writes through one connection; :attr:`reader` reads through the same.

    Every method that writes raises ProjectError where the file refuses (nothing is changed then)
    and EditError where the edit makes no sense.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.reader = Reader(connection)

    def commit(self, edit: Edit, author: str) -> Commit | None:
        """Carry out an edit as one undo step; None where it changes nothing."""
        at = datetime.now(UTC)
        with explained(self._connection.path), self._connection.db.atomic():
            changes: list[Change] = []
            name = ""
            for plan in edit.plans(self.reader, author):
                self._apply(plan.changes)
                changes += plan.changes
                name = name or plan.name
            if not changes:
                return None
            tops = self._tops()
            entry = self._append(
                at, author, name, "edit", below=tops.undo, redo=None, changes=changes
            )
            return self._report("edit", name, at, entry, changes)

    def undo(self, author: str) -> Commit | None:
        """Take back the newest step that stands; None where there is none."""
        at = datetime.now(UTC)
        with explained(self._connection.path), self._connection.db.atomic():
            tops = self._tops()
            if tops.undo is None:
                return None
            name, below, written = self._entry(tops.undo)
            changes = inverted(self._decoded(written))
            self._apply(changes)
            entry = self._append(
                at, author, name, "undo", target=tops.undo, below=tops.redo, undo=below
            )
            return self._report("undo", name, at, entry, changes)

    def redo(self, author: str) -> Commit | None:
        """Do again what was undone last; None where there is nothing or an edit came since."""
        at = datetime.now(UTC)
        with explained(self._connection.path), self._connection.db.atomic():
            tops = self._tops()
            if tops.redo is None:
                return None
            # The top of the redo stack is the entry of the undo, its target the edit.
            query = "SELECT target, below FROM edits WHERE id = ?"
            target, below = self._connection.db.execute(query, (tops.redo,)).fetchone()
            name, _below, written = self._entry(target)
            changes = self._decoded(written)
            self._apply(changes)
            entry = self._append(at, author, name, "redo", target=target, undo=target, redo=below)
            return self._report("redo", name, at, entry, changes)

    def history(self) -> History:
        """Where the log stands now."""
        with explained(self._connection.path):
            return self._history(self._tops())

    def log(self, limit: int) -> list[LogEntry]:
        """The newest entries, the newest one first."""
        query = "SELECT id, at, author, action, name FROM edits ORDER BY id DESC LIMIT ?"
        with explained(self._connection.path):
            rows = self._connection.db.execute(query, (limit,)).fetchall()
        return [LogEntry(*row) for row in rows]

    def undo_names(self, limit: int) -> list[str]:
        """The steps that undo would take back, the next one first."""
        query = """WITH RECURSIVE stack (id, depth) AS (
                SELECT undo_top, 1 FROM edits WHERE id = (SELECT max(id) FROM edits)
                UNION ALL
                SELECT below, depth + 1 FROM stack JOIN edits ON edits.id = stack.id
                WHERE below IS NOT NULL AND depth < ?
            ) SELECT name FROM stack JOIN edits ON edits.id = stack.id ORDER BY depth"""
        with explained(self._connection.path):
            rows = self._connection.db.execute(query, (limit,)).fetchall()
        return [row[0] for row in rows]

    def remember_place(self, content_hash: str, machine: str, path: str) -> None:
        """Note where a video outside the folder lies on this machine; no step of undo."""
        with explained(self._connection.path), self._connection.db.atomic() as db:
            db.table("places").upsert(
                {"content_hash": content_hash, "machine": machine, "path": path},
                pk=("content_hash", "machine"),
            )

    def remember_view(self, name: str, value: str) -> None:
        """Keep JSON for the window under a name; no step of undo."""
        with explained(self._connection.path), self._connection.db.atomic() as db:
            db.table("views").upsert({"name": name, "value": value}, pk="name")

    def _tops(self) -> _Tops:
        query = "SELECT id, undo_top, redo_top FROM edits ORDER BY id DESC LIMIT 1"
        found = self._connection.db.execute(query).fetchone()
        return _Tops(*found) if found else _Tops(0, None, None)

    def _entry(self, edit_id: int | None) -> tuple[str, int | None, object]:
        """Name, what lies below, and changes; DamagedError where there is no such entry."""
        query = "SELECT name, below, changes FROM edits WHERE id = ?"
        found = self._connection.db.execute(query, (edit_id,)).fetchone()
        if found is None:
            raise DamagedError(self._connection.path, "an entry of the edit log is missing")
        return found

    def _decoded(self, written: object) -> list[Change]:
        try:
            return decoded(written)
        except ValueError as error:
            raise DamagedError(self._connection.path, str(error)) from error

    def _append(
        self,
        at: datetime,
        author: str,
        name: str,
        action: Action,
        *,
        target: int | None = None,
        below: int | None = None,
        undo: int | None = None,
        redo: int | None = None,
        changes: list[Change] | None = None,
    ) -> _Tops:
        """Append to the log; an edit tops the undo stack, an undo the redo stack."""
        query = "SELECT ifnull(max(id), 0) + 1 FROM edits"
        new_id = self._connection.db.execute(query).fetchone()[0]
        undo_top = new_id if action == "edit" else undo
        redo_top = new_id if action == "undo" else redo
        self._connection.db.execute(
            "INSERT INTO edits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                new_id,
                at.isoformat(),
                author,
                name,
                action,
                target,
                below,
                undo_top,
                redo_top,
                None if changes is None else encoded(changes),
                0 if changes is None else len(changes),
            ),
        )
        return _Tops(new_id, undo_top, redo_top)

    def _apply(self, changes: Iterable[Change]) -> None:
        """Write changes, neighbours of the same form in one go."""
        for (table, columns), group in groupby(changes, _form):
            batch = list(group)
            cursor = self._connection.db.conn.executemany(
                _statement(table, columns), list(_parameters(batch))
            )
            if cursor.rowcount != len(batch):
                reason = "the edit log does not fit the tables"
                raise DamagedError(self._connection.path, reason)

    def _report(
        self, action: Action, name: str, at: datetime, tops: _Tops, changes: list[Change]
    ) -> Commit:
        ids: dict[int, set[int]] = defaultdict(set)
        for change in changes:
            if change.video_id is not None:
                ids[change.video_id].add(change.id)
        return Commit(
            action,
            name,
            at,
            self._history(tops),
            tuple(changes),
            {video_id: frozenset(changed) for video_id, changed in ids.items()},
            {
                video_id: self.reader.column_rows_by_id(sorted(changed))
                for video_id, changed in ids.items()
            },
        )

    def _history(self, tops: _Tops) -> History:
        query = "SELECT name, row_count FROM edits WHERE id = ?"
        redo = """SELECT edits.name, edits.row_count FROM edits JOIN edits AS undone
            ON edits.id = undone.target WHERE undone.id = ?"""
        undo_name, undo_rows = self._connection.db.execute(query, (tops.undo,)).fetchone() or (
            None,
            0,
        )
        redo_name, redo_rows = self._connection.db.execute(redo, (tops.redo,)).fetchone() or (
            None,
            0,
        )
        return History(
            tops.newest, undo_name, redo_name, undo_rows >= _BULK_ROWS, redo_rows >= _BULK_ROWS
        )


def _form(change: Change) -> tuple[str, tuple[str, ...] | bool]:
    """Table, and the columns of an update, True for a new row, False for one that goes."""
    if change.before is None:
        return change.table, True
    if change.after is None:
        return change.table, False
    return change.table, tuple(sorted(change.after))


def _statement(table: str, columns: tuple[str, ...] | bool) -> str:
    """SQL of names from ``COLUMNS`` only; every value is a parameter."""
    known = COLUMNS[table]
    if columns is True:
        places = ", ".join(f":{name}" for name in known)
        return f"INSERT INTO {table} ({', '.join(known)}) VALUES ({places})"
    if columns is False:
        return f"DELETE FROM {table} WHERE id = :id"
    chosen = ", ".join(f"{name} = :{name}" for name in known if name in columns)
    return f"UPDATE {table} SET {chosen} WHERE id = :id"


def _parameters(changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    for change in changes:
        yield {**(change.after or {}), "id": change.id}
