"""Pictures of a file that is put together from several, on one time line."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeAlias

from core_model.media.order import TimedFrame
from core_model.media.parts import Part, Parts

DecodePart: TypeAlias = Callable[[Part, int | None], Generator[TimedFrame, None, None]]
"""Decodes a part from the last frame at or before a moment on (None: all of it), by its clock."""


def joined_frames(
    parts: Parts, start_us: int | None, decode: DecodePart
) -> Generator[TimedFrame, None, None]:
    """Frames of all parts in presentation order, from the last one at or before a moment on.

    A part is decoded when the one before it is through, and closed before the next one.
    """
    from_us = start_us
    for part in parts.shown_from(start_us):
        own_us = None if from_us is None else from_us - part.offset_us
        from_us = None
        with closing(decode(part, own_us)) as frames:
            for frame in frames:
                shown_us = frame.pts_us + part.offset_us
                if part.limit_us is not None and shown_us >= part.limit_us:
                    break
                yield frame._replace(pts_us=shown_us)
