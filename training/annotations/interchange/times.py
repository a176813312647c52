"""Times as other programs write them, and microseconds."""

from __future__ import annotations

import re

from core_model.timeline import US_PER_S
from training.annotations.model import LATEST_US

_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:[.,]\d{0,60})?|[.,]\d{1,60})(?:[eE][+-]?\d{1,4})?", re.A)
_CLOCK = re.compile(r"(-?)(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?", re.A)
_LATEST_H = LATEST_US // US_PER_S // 3_600


def from_seconds(value: object) -> int:
    """Microseconds of a number of seconds, or of a text that holds one.

    Raises:
        ValueError: no finite number, or one that no recording reaches.
    """
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value.strip()):
            raise ValueError(f"{value[:40]!r} is no time in seconds")
        value = float(value.strip().replace(",", "."))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{str(value)[:40]!r} is no time in seconds")
    # Compared before anything else: a whole number may be too large for a float.
    if not abs(value) <= LATEST_US // US_PER_S:
        raise ValueError(f"a time beyond {_LATEST_H} hours")
    return round(value * US_PER_S)


def from_milliseconds(text: str) -> int:
    """Microseconds of a number of milliseconds, or of a time on the clock. Raises ValueError."""
    if ":" in text:
        return from_clock(text)
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"{text.strip()[:40]!r} is no time in milliseconds")
    return from_seconds(float(text.strip().replace(",", ".")) / 1_000)


def from_clock(text: str) -> int:
    """Microseconds of "[h:]mm:ss[.fraction]" (a comma may stand for the point), or of seconds."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        return from_seconds(text)
    sign, hours, minutes, seconds, fraction = found.groups()
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    if whole > LATEST_US // US_PER_S or int(minutes) > 59 or int(seconds) > 59:
        raise ValueError(f"{text.strip()[:40]!r} is no time of a recording")
    parts = round(int((fraction or "0").ljust(9, "0")) / 1_000)
    return (whole * US_PER_S + parts) * (-1 if sign else 1)


def in_seconds(time_us: int) -> str:
    """A time as a decimal number of seconds with six decimals."""
    whole, rest = divmod(abs(time_us), US_PER_S)
    return f"{'-' if time_us < 0 else ''}{whole}.{rest:06d}"


def on_clock(time_ms: int, point: str) -> str:
    """A time from zero on as "hh:mm:ss" + point + milliseconds; two digits of hours or more."""
    seconds, milliseconds = divmod(time_ms, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{milliseconds:03}"


def in_milliseconds(time_us: int) -> int:
    """The nearest whole millisecond, halves upwards."""
    return (time_us + 500) // 1_000
