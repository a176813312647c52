"""Frozen dataclasses as JSON and back, checked field by field against their annotations."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

_Value = TypeVar("_Value")


def to_json(value: Any) -> Any:
    """A dataclass of plain values, tuples and mappings as JSON types."""
    if dataclasses.is_dataclass(value):
        return {each.name: to_json(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [to_json(entry) for entry in value]
    return str(value) if isinstance(value, StrEnum) else value


def from_json(kind: type[_Value], raw: Any) -> _Value:
    """The value that :func:`to_json` wrote. Raises ValueError naming the field that is wrong."""
    return _read(kind, raw, kind.__name__)


def _read(kind: Any, raw: Any, where: str) -> Any:
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        # Only "X | None" occurs.
        return None if raw is None else _read(parts[0], raw, where)
    if origin is tuple:
        if not isinstance(raw, list):
            raise ValueError(f"{where} must be a list")
        return tuple(_read(parts[0], each, f"{where}[{i}]") for i, each in enumerate(raw))
    if origin is Mapping:
        if not isinstance(raw, dict):
            raise ValueError(f"{where} must be an object")
        return {
            _read(parts[0], key, where): _read(parts[1], each, f"{where}.{key}")
            for key, each in raw.items()
        }
    if dataclasses.is_dataclass(kind):
        return _read_object(kind, raw, where)
    return _read_plain(kind, raw, where)


@functools.cache
def _shape(kind: Any) -> tuple[dict[str, Any], dict[str, dataclasses.Field[Any]]]:
    """Types and fields by name: looking them up costs more than a whole event."""
    fields = {each.name: each for each in dataclasses.fields(kind)}
    return typing.get_type_hints(kind), fields


def _read_object(kind: Any, raw: Any, where: str) -> Any:
    if not isinstance(raw, dict):
        raise ValueError(f"{where} must be an object")
    hints, fields = _shape(kind)
    if unknown := sorted(set(raw) - set(fields)):
        raise ValueError(f"{where}: unknown key {unknown[0]!r}")
    for name, each in fields.items():
        has_default = not (
            each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        )
        if name not in raw and not has_default:
            raise ValueError(f"{where}: {name!r} is missing")
    return kind(**{name: _read(hints[name], raw[name], f"{where}.{name}") for name in raw})


def _read_plain(kind: type, raw: Any, where: str) -> Any:
    if issubclass(kind, StrEnum):
        if raw not in set(kind):
            raise ValueError(f"{where} must be one of {', '.join(kind)}, not {raw!r}")
        return kind(raw)
    if kind is float and isinstance(raw, int) and not isinstance(raw, bool):
        raw = float(raw)
    if not isinstance(raw, kind) or isinstance(raw, bool) != (kind is bool):
        raise ValueError(f"{where} must be {kind.__name__}, not {raw!r}")
    if kind is float and not math.isfinite(raw):
        raise ValueError(f"{where} is not finite")
    return raw
