"""Values out of parsed JSON, each checked where it is taken, and what segments add to objects."""

from __future__ import annotations

from typing import Any

from training.annotations.interchange.formats import Draft
from training.annotations.interchange.source import Source
from training.annotations.interchange.times import from_seconds
from training.annotations.model import Origin, Provenance, Segment, State, one_line


def mapping(source: Source, value: object, where: str) -> dict[str, Any]:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        raise source.error(f"{where} is no object")
    return value


def listing(source: Source, value: object, where: str) -> list[Any]:
    """The value, which must be a list."""
    if not isinstance(value, list):
        raise source.error(f"{where} is no list")
    return value


def text(source: Source, value: object, where: str) -> str:
    """The value as text; a number is one, too."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise source.error(f"{where} is no text")
    return str(value)


def time_us(source: Source, value: object, where: str) -> int:
    """A time in seconds."""
    if not isinstance(value, int | float | str):
        raise source.error(f"{where} is no time in seconds")
    try:
        return from_seconds(value)
    except (ValueError, OverflowError) as error:
        raise source.error(f"{where}: {error}") from error


def span_us(source: Source, value: object, where: str) -> tuple[int, int]:
    """A pair of times in seconds."""
    pair = listing(source, value, where)
    if len(pair) != 2:
        raise source.error(f"{where} is no pair of times")
    return time_us(source, pair[0], where), time_us(source, pair[1], where)


def optional_time_us(source: Source, record: dict[str, Any], *names: str) -> int | None:
    """The first of these entries that is there, as a time."""
    for name in names:
        if record.get(name) is not None:
            return time_us(source, record[name], name)
    return None


def score_of(source: Source, record: dict[str, Any]) -> float | None:
    """The entry "score", None where there is none."""
    value = record.get("score")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise source.error("a score is no number")
    try:
        return float(value)
    except OverflowError as error:
        raise source.error("a score is too large") from error


def extras(segment: Segment) -> dict[str, str]:
    """What of a segment is not usual: entries for the object of an annotation."""
    provenance = segment.provenance
    usual = {"state": State.ACCEPTED, "origin": Origin.HUMAN}
    every = {
        "annotator": segment.annotator,
        "state": segment.state,
        "note": segment.note,
        "origin": provenance.origin,
        "model": provenance.model,
        "version": provenance.version,
        "prompt": provenance.prompt,
    }
    return {name: str(value) for name, value in every.items() if value != usual.get(name, "")}


def add_segment(
    draft: Draft,
    source: Source,
    video: str,
    label: str,
    span: tuple[int, int],
    record: dict[str, Any],
    more: dict[str, Any],
) -> None:
    """Note an event; kind and score are in ``record``, the entries of ``extras`` in ``more``."""
    state, origin = _word(more, "state"), _word(more, "origin")
    draft.segment(
        video,
        label,
        *span,
        kind=draft.kind_named(record.get("kind")),
        annotator=_word(more, "annotator"),
        state=State(state) if state in set(State) else State.ACCEPTED,
        score=score_of(source, record),
        note=_word(more, "note"),
        provenance=Provenance(
            Origin(origin) if origin in set(Origin) else Origin.HUMAN,
            one_line(_word(more, "model")),
            one_line(_word(more, "version")),
            one_line(_word(more, "prompt")),
        ),
    )


def _word(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
