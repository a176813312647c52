"""What a format is, and the draft that readers fill."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from core_model.timeline import Task
from training.annotations.errors import shortened
from training.annotations.interchange.report import Loss, Tally
from training.annotations.interchange.source import Source
from training.annotations.model import (
    LATEST_US,
    LONGEST_LABEL,
    AnnotationSet,
    Label,
    Provenance,
    Segment,
    State,
    Video,
    clean_note,
    is_inside,
    one_line,
)

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^/]*")
_DRIVE = re.compile(r"^/?[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds, and what of it was not taken over."""

    annotations: AnnotationSet
    losses: tuple[Loss, ...]
    format: str


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says about a file that does not say it itself."""

    kind: Task | None = None
    video: str | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    ``keeps``: what it has room for, in the words of ``report``. ``resolution_us``: the steps of
    its times. ``single``: one file holds one video. ``read`` fills a draft; ``write`` gives the
    file's bytes and may add to the tally; one of them may be missing.
    """

    name: str
    title: str
    suffix: str
    default_kind: Task
    recognise: Callable[[Source], bool]
    read: Callable[[Source, Draft], None] | None = None
    write: Callable[[AnnotationSet, Tally], bytes] | None = None
    keeps: frozenset[str] = frozenset()
    resolution_us: int = 1
    single: bool = False


class Draft:
    """Gathers videos, labels and segments; repairs what can be, and counts what could not."""

    def __init__(self, source: Source, default_kind: Task, options: Options) -> None:
        self._source = source
        self._options = options
        self._videos: dict[str, Video] = {}
        self._labels: dict[tuple[Task, str], Label] = {}
        self._segments: list[Segment] = []
        self._names: dict[str, str] = {}
        self._tally = Tally()
        self.kind = options.kind or default_kind

    def lost(self, what: str, example: str = "") -> None:
        """Count something that the file holds and the annotations do not."""
        self._tally.add(what, example)

    def kind_named(self, name: object) -> Task:
        """The kind of that name, or the one that the file is taken for."""
        return Task(name) if isinstance(name, str) and name in set(Task) else self.kind

    def suggest_kind(self, kind: Task) -> None:
        """Take the file for this kind where nobody said otherwise."""
        self.kind = self._options.kind or kind

    def only_video(self, raw: str = "", duration_us: int | None = None) -> str:
        """The one video of the file: as the person says, as the file says, or as it is called."""
        return self.video(self._options.video or raw or self._source.stem, duration_us=duration_us)

    def video(
        self,
        raw: str,
        *,
        duration_us: int | None = None,
        content_hash: str = "",
        subset: str = "",
    ) -> str:
        """Note a video and return its name inside the folder."""
        name = self._names.get(raw)
        if name is None:
            name = self._names[raw] = self._inside(raw)
        known = self._videos.get(name) or Video(name)
        if duration_us is not None and not 0 <= duration_us <= LATEST_US:
            self.lost("impossible lengths of videos", name)
            duration_us = None
        known = replace(
            known,
            duration_us=known.duration_us if duration_us is None else duration_us,
            content_hash=content_hash or known.content_hash,
            subset=subset or known.subset,
        )
        self._videos[name] = known
        return name

    def label(self, kind: Task, raw: str, **details: object) -> str:
        """Note a label, with details where the file has them, and return its name."""
        name = one_line(raw)
        if len(name) > LONGEST_LABEL:
            self.lost("ends of long labels", shortened(name))
            name = name[:LONGEST_LABEL].strip()
        if name and (details or (kind, name) not in self._labels):
            known = self._labels.get((kind, name)) or Label(kind, name)
            self._labels[kind, name] = replace(known, **details)
        return name

    def segment(
        self,
        video: str,
        label: str,
        onset_us: int,
        offset_us: int,
        *,
        kind: Task | None = None,
        line: int | None = None,
        annotator: str = "",
        state: State = State.ACCEPTED,
        score: float | None = None,
        note: str = "",
        provenance: Provenance | None = None,
    ) -> None:
        """Note an event. One without a label is only counted."""
        chosen = kind or self.kind
        name = self.label(chosen, label)
        if not name:
            self.lost("events without a label", video)
            return
        if offset_us < onset_us:
            self.lost("times in reverse order (exchanged)", name)
            onset_us, offset_us = offset_us, onset_us
        if onset_us < -LATEST_US or offset_us > LATEST_US:
            raise self._source.error("a time that no recording reaches", line)
        if score is not None and not 0 <= score <= 1:
            self.lost("scores outside 0 to 1", str(score))
            score = None
        self._segments.append(
            Segment(
                video=video,
                kind=chosen,
                label=name,
                onset_us=onset_us,
                offset_us=offset_us,
                annotator=one_line(annotator),
                state=state,
                score=score,
                note=clean_note(note),
                provenance=provenance or Provenance(),
            )
        )

    def done(self, format_name: str) -> Reading:
        """What was gathered."""
        annotations = AnnotationSet(
            tuple(self._videos.values()), tuple(self._labels.values()), tuple(self._segments)
        )
        return Reading(annotations, self._tally.losses(), format_name)

    def _inside(self, raw: str) -> str:
        """A path without what leads out of the folder; what was cut is counted."""
        text = _SCHEME.sub("", raw)
        if text != raw:
            text = unquote(text)
        text = _DRIVE.sub("/", one_line(text).replace("\\", "/"))
        parts = [part for part in text.split("/") if part not in ("", ".")]
        outside = text.startswith("/") or ".." in parts
        if outside:
            self.lost("folders of videos outside the project", raw)
            parts = [part.strip() for part in parts if part != ".."][-1:]
        name = "/".join(parts)
        if not is_inside(name):
            raise self._source.error(f"no name of a video: {shortened(raw)!r}")
        return self._apart(name) if outside else name

    def _apart(self, name: str) -> str:
        """Another name where two files of different folders are called the same."""
        path, number = PurePosixPath(name), 1
        taken = set(self._names.values())
        while name in taken:
            number += 1
            name = f"{path.stem}_{number}{path.suffix}"
        return name
