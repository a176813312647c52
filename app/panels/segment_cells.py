"""What stands in a cell of the segment table, and which edit a text typed there asks for."""

from __future__ import annotations

import re

from app.kind_style import KIND_STYLES
from app.panels.segment_filter import Column
from app.player.time_code import short_time_code
from app.project.edits import ChangeKind, Decide, Edit, Relabel, Reshape, SetNote
from app.project.values import Label, Segment
from core_model.timeline import US_PER_S, Task, seconds
from training.annotations.model import LATEST_US, State

STATE_SIGNS = {
    State.UNDECIDED: "·",
    State.ACCEPTED: "✓",
    State.REJECTED: "✗",
    State.UNSURE: "?",
}
STATE_NAMES = {
    State.UNDECIDED: "undecided",
    State.ACCEPTED: "accepted",
    State.REJECTED: "rejected",
    State.UNSURE: "unsure",
}
EDITABLE = frozenset(Column) - {Column.SCORE, Column.ANNOTATOR}
_TIME = re.compile(r"(-?)(?:(?:(\d{1,4}):)?(\d{1,5}):)?(\d{1,9})(?:[.,](\d{1,6}))?")


def cell_text(segment: Segment, label: Label, column: Column) -> str:
    """What a cell shows."""
    match column:
        case Column.KIND:
            return ""
        case Column.LABEL:
            return label.name
        case Column.STATE:
            return STATE_SIGNS[segment.state]
        case Column.ONSET:
            return short_time_code(segment.onset_us)
        case Column.OFFSET:
            return short_time_code(segment.offset_us)
        case Column.LENGTH:
            return f"{seconds(segment.duration_us):.3f}"
        case Column.SCORE:
            return "" if segment.score is None else f"{segment.score:.2f}"
        case Column.ANNOTATOR:
            return segment.annotator
        case Column.NOTE:
            return segment.note.replace("\n", " ")


def spoken(segment: Segment, label: Label) -> str:
    """A whole row in one line, for screen readers and tool tips."""
    parts = [
        f"{label.name} ({KIND_STYLES[label.kind].singular})",
        f"{short_time_code(segment.onset_us)} – {short_time_code(segment.offset_us)}",
        STATE_NAMES[segment.state],
    ]
    if segment.score is not None:
        parts.append(f"score {segment.score:.2f}")
    if segment.annotator:
        parts.append(f"by {segment.annotator}")
    if segment.note:
        parts.append(f"note: {segment.note}")
    return ", ".join(parts)


def edit_for(segment: Segment, label: Label, column: Column, typed: object) -> Edit | None:
    """The edit that a value put into a cell asks for; None where it changes nothing.

    ``typed`` is a Task for the kind, a State for the state, a text elsewhere. Raises ValueError,
    in words for people, for a text that is no such value.
    """
    ids = (segment.id,)
    if column is Column.KIND:
        return ChangeKind(ids, Task(str(typed))) if typed != label.kind else None
    if column is Column.STATE:
        return Decide(ids, State(str(typed))) if typed != segment.state else None
    text = str(typed)
    if column is Column.NOTE:
        return SetNote(ids, text) if text != segment.note else None
    text = text.strip()
    if not text or text == cell_text(segment, label, column):
        # Cells show milliseconds: what was not touched keeps its microseconds.
        return None
    if column is Column.LABEL:
        return Relabel(ids, label.kind, text)
    return _reshaped(segment, column, text)


def time_of(text: str) -> int:
    """Microseconds of a time code such as 01:02:03.450, 2:03.45 or 3,45 (seconds).

    Raises ValueError, in words for people, for anything else.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"“{text.strip()}” is no time; write 01:02:03.450, 2:03.45 or 3.45")
    sign, hours, minutes, whole_s, fraction = found.groups()
    total_s = int(hours or 0) * 3_600 + int(minutes or 0) * 60 + int(whole_s)
    time_us = total_s * US_PER_S + int((fraction or "").ljust(6, "0"))
    if time_us > LATEST_US:
        raise ValueError("events lie within a thousand hours")
    return -time_us if sign else time_us


def _reshaped(segment: Segment, column: Column, text: str) -> Edit:
    onset_us, offset_us = segment.onset_us, segment.offset_us
    if column is Column.ONSET:
        onset_us = time_of(text)
    elif column is Column.OFFSET:
        offset_us = time_of(text)
    else:
        offset_us = onset_us + time_of(text.removesuffix("s"))
    if onset_us > offset_us:
        raise ValueError("an event cannot end before it starts")
    return Reshape(segment.id, onset_us, offset_us)
