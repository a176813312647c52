"""When the annotations of an ELAN document are, also those whose times are not written down."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from itertools import pairwise

from training.annotations.interchange.source import Source


@dataclass(frozen=True, slots=True)
class Interval:
    """Onset and offset in the document's unit; ``estimated`` where an end was not written down."""

    onset_ms: float
    offset_ms: float
    estimated: bool = False


def intervals_of(
    source: Source, root: ElementTree.Element, latest: int
) -> dict[str, Interval]:  # fmt: skip
    """The interval of each annotation by its id; those that hang from nothing are left out."""
    values, order = _slots(source, root, latest)
    _tell_apart(root)
    found: dict[str, Interval] = {}
    waiting: dict[str, list[list[str]]] = {}
    for tier in root.iterfind("TIER"):
        found |= _aligned(source, tier, values, order)
        for parent, children in _dependent(tier).items():
            waiting.setdefault(parent, []).append(children)
    ready = list(found)
    while ready:
        parent = ready.pop()
        for children in waiting.pop(parent, []):
            found |= _shared(found[parent], children)
            ready += children
    return found


def _tell_apart(root: ElementTree.Element) -> None:
    """Give annotations ids of their own where several have one, as in files put together by hand;
    who refers to it means the first.
    """
    taken: set[str] = set()
    for annotation in root.iterfind("TIER/ANNOTATION/*"):
        name = annotation.get("ANNOTATION_ID", "")
        if name in taken:
            # No id in a file holds such a sign.
            name = f"\0{len(taken)}"
            annotation.set("ANNOTATION_ID", name)
        taken.add(name)


def _slots(
    source: Source, root: ElementTree.Element, latest: int
) -> tuple[dict[str, int | None], dict[str, int]]:
    """The value of each slot, None where it has none, and its place in the order of times."""
    values: dict[str, int | None] = {}
    for slot in root.iterfind("TIME_ORDER/TIME_SLOT"):
        name, value = slot.get("TIME_SLOT_ID", ""), slot.get("TIME_VALUE")
        if value is not None and (not value.isdecimal() or len(value) > 12):
            raise source.error(f"time slot {name!r} has no number of milliseconds")
        if value is not None and int(value) > latest:
            raise source.error(f"time slot {name!r} is later than any recording lasts")
        values[name] = None if value is None else int(value)
    return values, {name: place for place, name in enumerate(values)}


def _aligned(
    source: Source,
    tier: ElementTree.Element,
    values: dict[str, int | None],
    order: dict[str, int],
) -> dict[str, Interval]:
    """The annotations of a tier that refer to slots; open slots are filled in along the tier."""
    spans: list[tuple[str, str, str]] = []
    for annotation in tier.iterfind("ANNOTATION/ALIGNABLE_ANNOTATION"):
        name = annotation.get("ANNOTATION_ID", "")
        ends = annotation.get("TIME_SLOT_REF1", ""), annotation.get("TIME_SLOT_REF2", "")
        if ends[0] not in order or ends[1] not in order:
            raise source.error(f"annotation {name!r} refers to a time slot that is not there")
        spans.append((name, *ends))
    spans.sort(key=lambda span: order[span[1]])
    chain = list(dict.fromkeys(slot for _, *ends in spans for slot in ends))
    filled = _filled([values[slot] for slot in chain])
    times = dict(zip(chain, filled, strict=True))
    found: dict[str, Interval] = {}
    for name, first, last in spans:
        onset_ms, offset_ms = times[first], times[last]
        if onset_ms is not None and offset_ms is not None:
            estimated = values[first] is None or values[last] is None
            found[name] = Interval(onset_ms, offset_ms, estimated)
    return found


def _filled(times: list[int | None]) -> list[float | None]:
    """Open times spread evenly between the known ones before and after them."""
    filled = [None if time is None else float(time) for time in times]
    known = [place for place, time in enumerate(times) if time is not None]
    for before, after in pairwise(known):
        first, last = times[before], times[after]
        if first is None or last is None:
            continue
        for place in range(before + 1, after):
            filled[place] = first + (last - first) * (place - before) / (after - before)
    return filled


def _dependent(tier: ElementTree.Element) -> dict[str, list[str]]:
    """Annotations without slots by the one that they refer to, in their own order."""
    groups: dict[str, list[str]] = {}
    before: dict[str, str] = {}
    for annotation in tier.iterfind("ANNOTATION/REF_ANNOTATION"):
        name = annotation.get("ANNOTATION_ID", "")
        groups.setdefault(annotation.get("ANNOTATION_REF", ""), []).append(name)
        previous = annotation.get("PREVIOUS_ANNOTATION")
        if previous:
            before[previous] = name
    return {parent: _chained(names, before) for parent, names in groups.items()}


def _chained(names: list[str], following: dict[str, str]) -> list[str]:
    """Names in the order in which one follows another; as they stand where it is no chain."""
    followers = {following[name] for name in names if name in following}
    heads = [name for name in names if name not in followers]
    chained: list[str] = []
    for head in heads:
        name: str | None = head
        while name is not None and name not in chained[-1:]:
            chained.append(name)
            name = following.get(name)
            if len(chained) > len(names):
                return names
    return chained if sorted(chained) == sorted(names) else names


def _shared(parent: Interval, children: list[str]) -> dict[str, Interval]:
    """The parent's time in equal parts."""
    length = (parent.offset_ms - parent.onset_ms) / len(children)
    edges = [parent.onset_ms + length * place for place in range(len(children))]
    edges.append(parent.offset_ms)
    several = len(children) > 1
    return {
        name: Interval(edges[place], edges[place + 1], parent.estimated or several)
        for place, name in enumerate(children)
    }
