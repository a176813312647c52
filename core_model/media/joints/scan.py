"""The pieces of a file: looked for at some places first, then, where these look odd, byte by byte.

A file that is one recording is read at some dozens of places only.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from core_model.media.joints.clocks import ClockWatch, Stamp, are_suspect
from core_model.media.joints.ogg import CAPTURE, chain_starts, first_granules
from core_model.media.joints.program import PACK_START, Program
from core_model.media.joints.transport import Transport, is_transport
from core_model.media.piece import Piece

OnRead = Callable[[], None]
"""Called now and then while a file is read; what it raises ends the reading."""

# What is read at once costs less than looking at places of it.
_SMALL_BYTES = 8 * 2**20
_BLOCK_BYTES = 4 * 2**20
_SNIFFED_BYTES = 65_536
_SAMPLE_BYTES = 65_536
# So many blocks are read on where the first has no stamp.
_BLOCKS_PER_SAMPLE = 8
_PLACES = 16
# Towards the beginning places lie this much nearer to it each, towards the end to that: whatever
# stands before or behind a long piece is met.
_NEARER, _NEARER_TO_END = 0.7, 0.5
_NEAREST_BYTES = 131_072
_MOST_PIECES = 2_000


def pieces_of(path: Path, on_read: OnRead | None = None, *, thorough: bool = False) -> list[Piece]:
    """The recordings that a file is put together from, in their order: none where it is one.

    ``thorough`` reads all of it, however well it looks at some places. Formats that cannot be put
    together byte by byte are not looked at. At most 2,000 pieces are found, the last of which is
    all the rest. Raises OSError where the file cannot be read.
    """
    report = on_read or _no_report
    if not path.is_file():
        # A pipe would be waited for.
        return []
    with path.open("rb") as file:
        size = path.stat().st_size
        head = file.read(_SNIFFED_BYTES)
        if head[: len(CAPTURE)] == CAPTURE:
            if not thorough and size > _SMALL_BYTES and not _is_odd_ogg(file, size):
                return []
            starts = chain_starts(file, size, _MOST_PIECES - 1, report)
            return _between(path, size, starts)
        make = _maker(head)
        if make is None:
            return []
        if not thorough and size > _SMALL_BYTES and not _is_odd(make, file, size):
            return []
        return _by_clocks(path, file, size, make(), report)


def _maker(head: bytes) -> type[Transport] | type[Program] | None:
    if is_transport(head):
        return Transport
    return Program if PACK_START in head else None


def _by_clocks(
    path: Path, file: BinaryIO, size: int, stream: Transport | Program, report: OnRead
) -> list[Piece]:
    watch = ClockWatch()
    place, rest = 0, b""
    file.seek(0)
    while len(watch.breaks) < _MOST_PIECES and (block := file.read(_BLOCK_BYTES)):
        report()
        block = rest + block
        stamps, done = stream.stamps(block, place)
        watch.watch(stamps)
        place, rest = place + done, block[done:]
    breaks = watch.breaks[: _MOST_PIECES - 1]
    pieces = [Piece(path, 0, size)]
    for found in breaks:
        following = stream.piece(file, path, found, size)
        pieces[-1] = Piece(path, pieces[-1].start, following.start, pieces[-1].head)
        pieces.append(following)
    return pieces if breaks else []


def _between(path: Path, size: int, starts: list[int]) -> list[Piece]:
    edges = [0, *starts, size]
    return [Piece(path, *edge) for edge in itertools.pairwise(edges)] if starts else []


def _is_odd(make: type[Transport] | type[Program], file: BinaryIO, size: int) -> bool:
    samples: list[list[Stamp]] = []
    for place in _places(size):
        file.seek(place)
        for _ in range(_BLOCKS_PER_SAMPLE):
            base = file.tell()
            stamps, _ = make().stamps(file.read(_SAMPLE_BYTES), base)
            if len(stamps):
                samples.append(stamps.firsts())
                break
    return are_suspect(samples)


def _is_odd_ogg(file: BinaryIO, size: int) -> bool:
    """Whether a stream goes back at some place, or is none of those at the places before."""
    now: dict[int, int] = {}
    for place in _places(size):
        file.seek(place)
        found = first_granules(file.read(_SAMPLE_BYTES))
        goes_back = any(found[serial] < now[serial] for serial in found.keys() & now.keys())
        if goes_back or (found and now and found.keys().isdisjoint(now)):
            return True
        now.update(found)
    return False


def _places(size: int) -> list[int]:
    def nearing(part: float) -> Iterator[int]:
        reach = size / _PLACES
        while reach > _NEAREST_BYTES:
            yield round(reach)
            reach *= part

    evenly = (size * number // _PLACES for number in range(_PLACES))
    before_end = (size - reach for reach in nearing(_NEARER_TO_END))
    last = max(0, size - _NEAREST_BYTES)
    return sorted({*evenly, *nearing(_NEARER), *before_end, last})


def _no_report() -> None:
    """Nobody wants to know."""
