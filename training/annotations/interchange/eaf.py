"""ELAN's .eaf (MPI for Psycholinguistics, EAF schema 2.7 to 3.0).

Annotations of dependent tiers have no times of their own: they share out the time of their
parent. Slots without a value lie evenly between their neighbours, as ELAN shows them.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

import defusedxml.ElementTree as SafeTree
from defusedxml import DefusedXmlException

from core_model.timeline import Task
from training.annotations.interchange.eaf_times import Interval, intervals_of
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.milliseconds import span_ms
from training.annotations.interchange.report import ANNOTATOR, KIND, VIDEO_NAME, Tally
from training.annotations.interchange.source import Source
from training.annotations.interchange.tiers import kind_and_annotator, tiers_of
from training.annotations.model import LATEST_US, AnnotationSet, Segment

_ROOT = "ANNOTATION_DOCUMENT"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_TYPE = "events"
_FRAMES_MS = {"NTSC-frames": 1_001 / 30, "PAL-frames": 40.0, "PAL-50-frames": 20.0}
_MIME = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".wav": "audio/x-wav",
}
_NOT_IN_URL = '%#?[]{}|^`<>"'
_CONSTRAINTS = {
    "Time_Subdivision": "Time subdivision of parent annotation's time interval, no time gaps "
    "allowed within this interval",
    "Symbolic_Subdivision": "Symbolic subdivision of a parent annotation. Annotations refering "
    "to the same parent are ordered",
    "Symbolic_Association": "1-1 association with a parent annotation",
    "Included_In": "Time alignable annotations within the parent annotation's time interval, "
    "gaps are allowed",
}


def _recognise(source: Source) -> bool:
    return f"<{_ROOT}" in source.head


def _read(source: Source, draft: Draft) -> None:
    root = _parsed(source)
    if root.tag != _ROOT:
        raise source.error(f"<{root.tag}> is no document of ELAN", 1)
    named, origin_ms = _media(source, root)
    video = draft.only_video(named)
    header = root.find("HEADER")
    units = "" if header is None else header.get("TIME_UNITS", "")
    step_ms = _FRAMES_MS.get(units, 1.0)
    intervals = intervals_of(source, root, LATEST_US // 1_000)
    for tier in root.iterfind("TIER"):
        for annotation in tier.iterfind("ANNOTATION/*"):
            found = intervals.get(annotation.get("ANNOTATION_ID", ""))
            _add(draft, video, tier, annotation, found, step_ms, origin_ms)


def _parsed(source: Source) -> ElementTree.Element:
    """The document's root; entities and document types are refused before they can do harm."""
    try:
        return SafeTree.fromstring(source.data, forbid_dtd=True)
    except ElementTree.ParseError as error:
        raise source.error(f"not XML: {str(error).partition(':')[0]}", error.position[0]) from error
    except DefusedXmlException as error:
        raise source.error("XML with a document type or entities, which is refused") from error
    except (LookupError, ValueError) as error:  # the encoding that it declares
        raise source.error("XML in an unknown encoding") from error


def _media(source: Source, root: ElementTree.Element) -> tuple[str, int]:
    """The first media file, relative if possible, and where on its time the document begins."""
    descriptors = root.findall("HEADER/MEDIA_DESCRIPTOR")
    if not descriptors:
        return "", 0
    first = descriptors[0]
    origin = first.get("TIME_ORIGIN", "0")
    if not origin.removeprefix("-").isdecimal() or len(origin) > 12:
        raise source.error("TIME_ORIGIN is no number of milliseconds")
    relative = unquote(first.get("RELATIVE_MEDIA_URL", ""))
    return relative or first.get("MEDIA_URL", ""), int(origin)


def _add(
    draft: Draft,
    video: str,
    tier: ElementTree.Element,
    annotation: ElementTree.Element,
    found: Interval | None,
    step_ms: float,
    origin_ms: int,
) -> None:
    name = tier.get("TIER_ID", "")
    if found is None:
        draft.lost("annotations without times", name)
        return
    if found.estimated:
        draft.lost("times that the file leaves open (shared out evenly)", name)
    onset_us, offset_us = (
        round(time_ms * step_ms * 1_000) + origin_ms * 1_000
        for time_ms in (found.onset_ms, found.offset_ms)
    )
    ours = kind_and_annotator(name)
    value = annotation.findtext("ANNOTATION_VALUE") or ""
    draft.segment(
        video,
        value if value.strip() else name,
        onset_us,
        offset_us,
        kind=ours[0] if ours else None,
        annotator=ours[1] if ours else tier.get("ANNOTATOR", ""),
        note="" if ours else f"tier {name}",
    )


def _write(document: AnnotationSet, tally: Tally) -> bytes:
    tiers = tiers_of(document.segments, lambda segment: span_ms(segment, Tally()))
    slots = _Slots()
    body: list[str] = []
    number = 0
    for name, segments in tiers.items():
        who = segments[0].annotator
        annotator = f" ANNOTATOR={quoteattr(who)} PARTICIPANT={quoteattr(who)}" if who else ""
        body.append(f'<TIER LINGUISTIC_TYPE_REF="{_TYPE}" TIER_ID={quoteattr(name)}{annotator}>')
        for segment in segments:
            number += 1
            body.append(_annotation(segment, number, slots, tally))
        body.append("</TIER>")
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_head(document, number)]
    lines += ["<TIME_ORDER>", *slots.lines(), "</TIME_ORDER>", *body]
    lines.append(
        f'<LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="{_TYPE}" '
        'TIME_ALIGNABLE="true"/>'
    )
    lines += [
        f'<CONSTRAINT DESCRIPTION={quoteattr(text)} STEREOTYPE="{name}"/>'
        for name, text in _CONSTRAINTS.items()
    ]
    return ("\n".join([*lines, f"</{_ROOT}>"]) + "\n").encode()


class _Slots:
    """Time slots, two for each annotation, told in the order of their times as ELAN wants it."""

    def __init__(self) -> None:
        self._times_ms: list[int] = []

    def add(self, time_ms: int) -> str:
        self._times_ms.append(time_ms)
        return f"ts{len(self._times_ms)}"

    def lines(self) -> Iterator[str]:
        order = sorted(range(len(self._times_ms)), key=lambda place: self._times_ms[place])
        for place in order:
            yield (
                f'<TIME_SLOT TIME_SLOT_ID="ts{place + 1}" TIME_VALUE="{self._times_ms[place]}"/>'
            )


def _head(document: AnnotationSet, last: int) -> Iterator[str]:
    date = datetime.now(UTC).replace(microsecond=0).isoformat()
    yield (
        f'<{_ROOT} AUTHOR="AVScope" DATE="{date}" FORMAT="3.0" VERSION="3.0" '
        f'xmlns:xsi="{_XSI}" xsi:noNamespaceSchemaLocation="{_SCHEMA}">'
    )
    yield '<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">'
    for video in document.videos[:1]:
        suffix = PurePosixPath(video.name).suffix.lower()
        mime = _MIME.get(suffix, "unknown")
        # Only what a URL cannot hold is escaped: ELAN itself writes spaces and letters as they are.
        url = "".join(f"%{ord(each):02X}" if each in _NOT_IN_URL else each for each in video.name)
        yield (
            f'<MEDIA_DESCRIPTOR MEDIA_URL={quoteattr("file:///" + url)} MIME_TYPE="{mime}" '
            f"RELATIVE_MEDIA_URL={quoteattr('./' + url)}/>"
        )
    yield f'<PROPERTY NAME="lastUsedAnnotationId">{last}</PROPERTY>'
    yield "</HEADER>"


def _annotation(segment: Segment, number: int, slots: _Slots, tally: Tally) -> str:
    """One annotation with its two slots."""
    onset_ms, offset_ms = span_ms(segment, tally)
    first, last = slots.add(onset_ms), slots.add(offset_ms)
    label = segment.label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{number}" TIME_SLOT_REF1="{first}" '
        f'TIME_SLOT_REF2="{last}"><ANNOTATION_VALUE>{label}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION></ANNOTATION>"
    )


FORMAT = Format(
    name="eaf",
    title="ELAN",
    suffix=".eaf",
    default_kind=Task.TAL,
    recognise=_recognise,
    read=_read,
    write=_write,
    keeps=frozenset({KIND, ANNOTATOR, VIDEO_NAME}),
    resolution_us=1_000,
    single=True,
)
