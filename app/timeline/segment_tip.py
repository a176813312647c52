"""What is told of a segment when the pointer rests on it."""

from __future__ import annotations

from html import escape

from app.kind_style import score_text
from app.player.time_code import time_code
from app.project.values import Segment
from core_model.timeline import seconds
from training.annotations.model import Origin

_ORIGINS = {Origin.HUMAN: "drawn by", Origin.EDITED: "found by a model, edited by"}


def segment_tip(segment: Segment, label: str) -> str:
    """Label, onset, offset, length, score, state, who made it and the note, as rich text."""
    rows = [
        ("onset", time_code(segment.onset_us)),
        ("offset", time_code(segment.offset_us)),
        ("length", f"{seconds(segment.duration_us):.3f} s"),
        ("state", segment.state.value),
    ]
    if segment.score is not None:
        rows.append(("score", score_text(segment.score)))
    cells = "".join(
        f"<tr><td>{name}&nbsp;&nbsp;</td><td align='right'>{value}</td></tr>"
        for name, value in rows
    )
    made = _ORIGINS.get(segment.origin, "found by a model; decided by")
    source = f"<p>{made} {escape(segment.annotator)}</p>" if segment.annotator else ""
    note = f"<p>{escape(segment.note)}</p>" if segment.note else ""
    return f"<b>{escape(label)}</b><table>{cells}</table>{source}{note}"
