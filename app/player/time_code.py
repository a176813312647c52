"""Times as people read them."""

from __future__ import annotations

US_PER_MS = 1_000


def time_code(time_us: int) -> str:
    """Presentation time as ``hh:mm:ss.mmm``, cut (not rounded) to the millisecond begun.

    Cutting keeps the text of a frame's time from ever naming a moment after that frame. Times
    before zero, which some files have, carry a minus sign and are cut the same way (downwards).
    """
    total_ms = time_us // US_PER_MS
    sign = "-" if total_ms < 0 else ""
    total_s, ms = divmod(abs(total_ms), 1_000)
    minutes, s = divmod(total_s, 60)
    h, minute = divmod(minutes, 60)
    return f"{sign}{h:02d}:{minute:02d}:{s:02d}.{ms:03d}"


def short_time_code(time_us: int) -> str:
    """The same without the hours where there are none: ``mm:ss.mmm``."""
    full = time_code(time_us)
    return full.replace("00:", "", 1) if full.lstrip("-").startswith("00:") else full


def time_left(seconds_left: float) -> str:
    """A duration as ``m:ss``, or ``h:mm:ss`` from an hour on, rounded up to a whole second."""
    total_s = -int(-seconds_left // 1)
    minutes, s = divmod(max(total_s, 0), 60)
    h, minute = divmod(minutes, 60)
    return f"{h}:{minute:02d}:{s:02d}" if h else f"{minute}:{s:02d}"
