"""Tables with a delimiter: which one, which column means what, and rows with their lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from training.annotations.interchange.source import Source
from training.annotations.interchange.times import from_clock, from_milliseconds

_LONGEST_LINE = 1_000_000
_DELIMITERS = "\t,;"
_MISSING = {"", "na", "nan", "none", "null", "-"}
_MS = re.compile(r"_(?:ms|msec|milliseconds)$")
_S = re.compile(r"_(?:s|sec|secs|seconds)$")


class Column(StrEnum):
    """What a column holds."""

    VIDEO = "video"
    ONSET = "onset"
    OFFSET = "offset"
    LENGTH = "length"
    LABEL = "label"
    KIND = "kind"
    SCORE = "score"
    ANNOTATOR = "annotator"
    STATE = "state"
    NOTE = "note"
    ORIGIN = "origin"
    MODEL = "model"
    VERSION = "version"
    PROMPT = "prompt"
    SUBSET = "subset"


# In lower case, "_" for everything but letters and digits, and without a unit at the end.
_NAMES = {
    Column.VIDEO: "filename file file_name video video_name video_id videoid audio_filename "
    "audio_file media media_file media_file_name media_file_path source_file recording clip "
    "youtube_id path begin_file",
    Column.ONSET: "onset start start_time onset_time begin begin_time tmin t_start xmin from "
    "event_start time_start",
    Column.OFFSET: "offset end stop end_time stop_time offset_time finish tmax t_end xmax to "
    "event_end time_end",
    Column.LENGTH: "duration length event_duration seconds video_duration",
    Column.LABEL: "label event_label event_labels labels event class class_name classname "
    "behavior behaviour sound_class text annotation action tag species display_name name value",
    Column.KIND: "kind task",
    Column.SCORE: "score confidence probability",
    Column.ANNOTATOR: "annotator coder rater annotator_id observer",
    Column.STATE: "state",
    Column.NOTE: "note notes comment comments",
    Column.ORIGIN: "origin",
    Column.MODEL: "model",
    Column.VERSION: "version",
    Column.PROMPT: "prompt",
    Column.SUBSET: "subset split",
}
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its cells by what they hold, "" where nothing is known."""

    line: int
    cells: dict[Column, str]
    milliseconds: frozenset[Column] = frozenset()

    def text(self, column: Column) -> str:
        return self.cells.get(column, "").strip()

    def figure(self, column: Column) -> str:
        """The cell where a number is due: "" for the words that stand for none."""
        text = self.text(column)
        return "" if text.lower() in _MISSING else text

    def time_us(self, column: Column) -> int | None:
        """The time in the cell, None for an empty one. ValueError for anything else."""
        text = self.figure(column)
        if not text:
            return None
        return from_milliseconds(text) if column in self.milliseconds else from_clock(text)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was recognised by its header, or by the sorts of its cells."""

    source: Source
    delimiter: str
    columns: dict[Column, int]
    milliseconds: frozenset[Column]
    has_header: bool

    def rows(self) -> Iterator[Row]:
        """All rows that are not blank. AnnotationError for one with too few cells."""
        first = self.has_header
        for line, cells in records(self.source, self.delimiter):
            if first:
                first = False
                continue
            found = {
                column: cells[place] for column, place in self.columns.items() if place < len(cells)
            }
            if len(cells) == 1 and len(self.columns) > 1:
                raise self.source.error("one cell where there are several columns", line)
            yield Row(line, found, self.milliseconds)


def records(
    source: Source, delimiter: str, text: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """The lines of a table that are not blank, as cells. AnnotationError for broken quotes."""
    for number, row in enumerate(source.lines, start=1):
        if len(row) > _LONGEST_LINE:
            raise source.error("a line that is longer than any table's", number)
    reader = csv.reader(io.StringIO(source.text if text is None else text), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise source.error(f"not a table: {error}", reader.line_num) from error


def recognised(source: Source) -> Table | None:
    """The table in a file, by the names in its first line or by its cells; None for no table."""
    lines = [line for line in source.head.split("\n", 40)[:40] if line.strip()]
    if not lines:
        return None
    delimiter = max(_DELIMITERS, key=lines[0].count)
    first = next(csv.reader([lines[0]], delimiter=delimiter), [])
    columns, milliseconds = _by_header(first)
    if _is_enough(columns):
        return Table(source, delimiter, columns, milliseconds, has_header=True)
    places = _by_cells(first)
    return Table(source, delimiter, places, frozenset(), has_header=False) if places else None


def normal(name: str) -> str:
    """A column's name in lower case with "_" for everything but letters and digits."""
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def _by_header(cells: list[str]) -> tuple[dict[Column, int], frozenset[Column]]:
    columns: dict[Column, int] = {}
    milliseconds: set[Column] = set()
    for place, cell in enumerate(cells):
        name = normal(cell)
        column = _COLUMN_OF.get(_MS.sub("", name)) or _COLUMN_OF.get(_S.sub("", name))
        if column is not None and column not in columns:
            columns[column] = place
            if _MS.search(name):
                milliseconds.add(column)
    return columns, frozenset(milliseconds)


def _is_enough(columns: dict[Column, int]) -> bool:
    known = set(columns)
    timed = {Column.ONSET, Column.LABEL} <= known
    listed = Column.VIDEO in known and bool(known & {Column.LABEL, Column.LENGTH})
    return timed or listed


def _by_cells(cells: list[str]) -> dict[Column, int]:
    """DCASE's files without a header: [file,] onset, offset, label."""
    for first in (0, 1):
        times = cells[first : first + 2]
        if len(cells) - first in (3, 4) and all(_is_time(cell) for cell in times):
            places = {Column.ONSET: first, Column.OFFSET: first + 1, Column.LABEL: first + 2}
            return places | ({Column.VIDEO: 0} if first else {})
    return {}


def _is_time(cell: str) -> bool:
    try:
        from_clock(cell)
    except ValueError:
        return False
    return True
