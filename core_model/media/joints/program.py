"""Program streams (ISO/IEC 13818-1, 2.5; ISO/IEC 11172-1): packs that begin with a clock."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np

from core_model.media.joints.clocks import Break, Stamps
from core_model.media.piece import Piece

PACK_START = b"\0\0\1\xba"
_HEADER = 14
_CLOCK = 0


class Program:
    """Reads the clocks of a program stream block by block."""

    def stamps(self, block: bytes, base: int) -> tuple[Stamps, int]:
        """The stamps of a block whose first byte is byte ``base`` of the file, and how many bytes
        of the block are done with: the rest belongs before the next block."""
        places: list[int] = []
        ticks: list[int] = []
        end = len(block) - _HEADER
        at = block.find(PACK_START)
        while 0 <= at <= end:
            tick = _tick(block, at + len(PACK_START))
            if tick is not None:
                places.append(base + at)
                ticks.append(tick)
            at = block.find(PACK_START, at + 1)
        clocks = np.full(len(ticks), _CLOCK)
        return Stamps(np.array(places, np.int64), clocks, np.array(ticks, np.int64)), max(
            0, end + 1
        )

    def piece(self, file: BinaryIO, path: Path, found: Break, end: int) -> Piece:
        """The piece that begins at a break: a pack needs nothing before it."""
        del file
        return Piece(path, found.new, end)


def _tick(block: bytes, at: int) -> int | None:
    """The 33 bits at 90 kHz of a pack's clock reference; None where its fixed bits are others."""
    bits = int.from_bytes(block[at : at + 5], "big")
    if bits >> 38 == 0b01:
        # MPEG-2: the base of 33 bits, then an extension.
        if not (bits >> 34 & bits >> 18 & bits >> 2 & 1):
            return None
        return (bits >> 35 & 7) << 30 | (bits >> 19 & 0x7FFF) << 15 | bits >> 3 & 0x7FFF
    if bits >> 36 == 0b0010 and bits >> 32 & bits >> 16 & bits & 1:
        return (bits >> 33 & 7) << 30 | (bits >> 17 & 0x7FFF) << 15 | bits >> 1 & 0x7FFF
    return None
