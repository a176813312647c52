"""Where a bundle comes from: ``provenance.json`` beside the weights, checked key by key.

Part of what people are shown of a model, never of what it finds: :func:`bundle_version` does not
look at it. A bundle without one is complete.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core_model.bundle_description import BundleError, checked_object
from core_model.timeline import Task

PROVENANCE_FILE = "provenance.json"
VERSION = 1
_LARGEST_BYTES = 4_000_000
_LONGEST_TEXT = 2_000
_MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class LabelMetrics:
    """Average precision of a label in [0, 1] before and after, mean over tIoU 0.1:0.1:0.9, on the
    same held-out media. "" is the whole kind."""

    kind: Task
    label: str
    is_new: bool
    events: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a bundle was trained on, and what came of it.

    ``parent`` is the version of the bundle that it started from (see :func:`bundle_version`);
    ``data_revision`` counts the edits of the project then; ``at`` is UTC in ISO 8601;
    ``positives`` and ``negatives`` count the events and the rejected segments used.
    """

    name: str
    parent: str
    parent_name: str
    project: str
    data_revision: int
    at: str
    seed: int
    depth: str
    videos: int
    positives: int
    negatives: int
    metrics: tuple[LabelMetrics, ...] = ()

    def to_text(self) -> str:
        """As JSON; :func:`parse_provenance` gives an equal value back."""
        return json.dumps({"version": VERSION, **asdict(self)}, indent=1, ensure_ascii=False) + "\n"


def read_provenance(folder: Path) -> Provenance | None:
    """What lies in a bundle, or None where nothing does. Raises BundleError."""
    path = folder / PROVENANCE_FILE
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise BundleError(f"{path}: too large")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    return parse_provenance(text, str(path))


def parse_provenance(text: str, source: str) -> Provenance:
    """Checked values of JSON; every BundleError names ``source`` and the key."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{source}: not JSON ({' '.join(str(error).split())})") from error
    values = checked_object(raw, source, _KEYS, frozenset({"metrics"}))
    version = values.pop("version")
    if version != VERSION:
        raise BundleError(f"{source}: version {version} is not {VERSION}")
    return Provenance(**values)


def _text(raw: object, where: str) -> str:
    if not isinstance(raw, str) or len(raw) > _LONGEST_TEXT:
        raise BundleError(f"{where} must be a text, not {str(raw)[:60]!r}")
    return raw


def _count(raw: object, where: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw < 2**63:
        raise BundleError(f"{where} must be a whole number, not {str(raw)[:60]!r}")
    return raw


def _flag(raw: object, where: str) -> bool:
    if not isinstance(raw, bool):
        raise BundleError(f"{where} must be true or false, not {str(raw)[:60]!r}")
    return raw


def _share(raw: object, where: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= 1:
        raise BundleError(f"{where} must lie in [0, 1], not {str(raw)[:60]!r}")
    return float(raw)


def _kind(raw: object, where: str) -> Task:
    try:
        return Task(_text(raw, where))
    except ValueError:
        raise BundleError(f"{where} must be one of {', '.join(Task)}") from None


def _moment(raw: object, where: str) -> str:
    text = _text(raw, where)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise BundleError(f"{where} must be a date, not {text[:60]!r}") from None
    return text


def _metrics(raw: object, where: str) -> tuple[LabelMetrics, ...]:
    if not isinstance(raw, list) or len(raw) > _MOST_ROWS:
        raise BundleError(f"{where} must be a list")
    return tuple(
        LabelMetrics(**checked_object(row, f"{where}[{number}]", _METRIC_KEYS))
        for number, row in enumerate(raw)
    )


_METRIC_KEYS: dict[str, Callable[[object, str], Any]] = {
    "kind": _kind,
    "label": _text,
    "is_new": _flag,
    "events": _count,
    "before": _share,
    "after": _share,
}
_KEYS: dict[str, Callable[[object, str], Any]] = {
    "version": _count,
    "name": _text,
    "parent": _text,
    "parent_name": _text,
    "project": _text,
    "data_revision": _count,
    "at": _moment,
    "seed": _count,
    "depth": _text,
    "videos": _count,
    "positives": _count,
    "negatives": _count,
    "metrics": _metrics,
}
