"""Chained Ogg streams (RFC 3533): where logical streams begin after others have had content."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

CAPTURE = b"OggS"
_HEADER = 27
_BEGINS = 0x02
_SEARCHED = 65_536
_PAGES_PER_REPORT = 1_024
_NO_GRANULE = 2**64 - 1


def page_at(head: bytes) -> tuple[int, int, int, bool] | None:
    """(bytes, serial number, granule position, whether a stream begins) of the page that begins
    with these bytes, of which at most 282 are needed; None where none does."""
    if len(head) < _HEADER or head[:4] != CAPTURE or head[4] != 0:
        return None
    table = head[_HEADER : _HEADER + head[26]]
    length = _HEADER + head[26] + sum(table)
    serial = int.from_bytes(head[14:18], "little")
    return length, serial, int.from_bytes(head[6:14], "little"), bool(head[5] & _BEGINS)


def chain_starts(file: BinaryIO, size: int, most: int, on_read: Callable[[], None]) -> list[int]:
    """The bytes at which the second and all later links of a chain begin, at most so many."""
    starts: list[int] = []
    has_content = False
    place = count = 0
    while place < size and len(starts) < most:
        count += 1
        if count % _PAGES_PER_REPORT == 0:
            on_read()
        file.seek(place)
        page = page_at(file.read(_HEADER + 255))
        if page is None:
            place = _next_page(file, place + 1, size)
            continue
        length, _, _, begins = page
        if begins and has_content:
            starts.append(place)
        has_content = not begins
        place += length
    return starts


def _next_page(file: BinaryIO, place: int, size: int) -> int:
    """The byte of the next page at or after a byte; the end where there is none."""
    while place < size:
        file.seek(place)
        block = file.read(_SEARCHED)
        at = block.find(CAPTURE)
        if at >= 0:
            return place + at
        place += max(1, len(block) - len(CAPTURE) + 1)
    return size


def first_granules(block: bytes) -> dict[int, int]:
    """The position that each stream, by its serial number, has first come to within a block."""
    found: dict[int, int] = {}
    at = block.find(CAPTURE)
    while at >= 0:
        page = page_at(block[at : at + _HEADER + 255])
        if page is not None and page[2] != _NO_GRANULE:
            found.setdefault(page[1], page[2])
        at = block.find(CAPTURE, at + 1)
    return found
