"""Files of data sets that are only read: AVE's table, VGG-SS, and lists of labels."""

from __future__ import annotations

import csv

from core_model.timeline import Task
from training.annotations.interchange.delimited import normal, records
from training.annotations.interchange.formats import Draft, Format
from training.annotations.interchange.json_values import listing, mapping, text
from training.annotations.interchange.source import Source
from training.annotations.interchange.times import from_seconds
from training.annotations.model import one_line

_AVE_HEADER = "category&videoid"
_NAME_COLUMNS = ("display_name", "name", "label", "class")
_LONGEST_LINE = 200


def _is_ave(source: Source) -> bool:
    first = source.head.split("\n", 1)[0]
    return first.count("&") == 4


def _read_ave(source: Source, draft: Draft) -> None:
    """One line per event: label, video, quality, onset and offset in seconds."""
    for number, line in enumerate(source.lines, start=1):
        cells = line.split("&")
        if not line.strip() or (number == 1 and line.lower().startswith(_AVE_HEADER)):
            continue
        if len(cells) != 5:
            raise source.error("not label&video&quality&onset&offset", number)
        try:
            span = from_seconds(cells[3]), from_seconds(cells[4])
        except ValueError as error:
            raise source.error(str(error), number) from error
        note = "" if cells[2] == "good" else f"quality {cells[2]}"
        draft.segment(draft.video(cells[1]), cells[0], *span, line=number, note=note)


def _is_vggss(source: Source) -> bool:
    first = source.json[0] if isinstance(source.json, list) and source.json else None
    return isinstance(first, dict) and {"file", "class"} <= set(first)


def _read_vggss(source: Source, draft: Draft) -> None:
    """Clips with a class and boxes in the picture; none has times."""
    for place, value in enumerate(listing(source, source.json, "the file")):
        record = mapping(source, value, f"entry {place + 1}")
        draft.video(text(source, record.get("file"), f"file of entry {place + 1}"))
        name = text(source, record.get("class"), f"class of entry {place + 1}")
        draft.label(draft.kind, name)
        draft.lost("labels without times", name)
        if record.get("bbox"):
            draft.lost("regions in the picture", name)


def _is_ontology(source: Source) -> bool:
    first = source.json[0] if isinstance(source.json, list) and source.json else None
    return isinstance(first, dict) and {"name", "child_ids"} <= set(first)


def _read_ontology(source: Source, draft: Draft) -> None:
    """AudioSet's tree of sounds; a label's parent is the first that lists it as a child."""
    records = [
        mapping(source, value, f"entry {place + 1}")
        for place, value in enumerate(listing(source, source.json, "the file"))
    ]
    parents: dict[str, str] = {}
    for record in records:
        for child in listing(source, record.get("child_ids", []), "child_ids"):
            parents.setdefault(str(child), text(source, record.get("name"), "name"))
    for record in records:
        parent = one_line(parents.get(str(record.get("id")), ""))
        draft.label(draft.kind, text(source, record.get("name"), "name"), parent=parent)


def _is_label_list(source: Source) -> bool:
    """A table of classes by its header; a plain list only when its file is called like one."""
    if _name_column(source) is not None:
        return True
    called = any(word in source.stem.lower() for word in ("label", "class", "categor"))
    lines = source.head.split("\n")[:-1] or [source.head]
    return called and source.suffix == ".txt" and all(len(each) <= _LONGEST_LINE for each in lines)


def _name_column(source: Source) -> int | None:
    first = next(csv.reader([source.head.split("\n", 1)[0]]), [])
    names = [normal(cell) for cell in first]
    found = [names.index(name) for name in _NAME_COLUMNS if name in names and len(names) > 1]
    return found[0] if found else None


def _read_label_list(source: Source, draft: Draft) -> None:
    column = _name_column(source)
    if column is None:
        for line in source.lines:
            draft.label(draft.kind, line)
        return
    for number, (line, cells) in enumerate(records(source, ",")):
        if len(cells) <= column:
            raise source.error("fewer cells than columns", line)
        if number:
            draft.label(draft.kind, cells[column], number=number - 1)


AVE = Format(
    name="ave",
    title="AVE annotations",
    suffix=".txt",
    default_kind=Task.AVEL,
    recognise=_is_ave,
    read=_read_ave,
)
VGGSS = Format(
    name="vggss",
    title="VGG-SS classes",
    suffix=".json",
    default_kind=Task.AVEL,
    recognise=_is_vggss,
    read=_read_vggss,
)
ONTOLOGY = Format(
    name="ontology",
    title="AudioSet ontology",
    suffix=".json",
    default_kind=Task.SED,
    recognise=_is_ontology,
    read=_read_ontology,
)
LABEL_LIST = Format(
    name="labels",
    title="List of labels",
    suffix=".txt",
    default_kind=Task.SED,
    recognise=_is_label_list,
    read=_read_label_list,
)
