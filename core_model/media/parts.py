"""The parts of a file that is put together from several, each with its place on one time line.

Every part has a clock of its own and is read like a file of its own; the first keeps its time
stamps, and each further one begins where the longest stream of the one before it ends.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from core_model.media.errors import MediaError
from core_model.media.headers import MediaInfo, read_headers
from core_model.media.joints.scan import OnRead, pieces_of
from core_model.media.piece import Identity, Piece, Source, identity_of

_REMEMBERED_FILES = 256
_LISTED = 6


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a file, what it holds by its own clock, and how far that clock is set on to be
    that of the whole file."""

    piece: Piece
    info: MediaInfo
    offset_us: int
    is_last: bool

    @property
    def start_us(self) -> int:
        """Where the part begins on the file's time line."""
        return self.info.start_us + self.offset_us

    @property
    def end_us(self) -> int:
        """Where the part ends on the file's time line, and the next one begins."""
        return self.info.end_us + self.offset_us

    @property
    def limit_us(self) -> int | None:
        """From where on something else is shown and heard; None at the end of the file."""
        return None if self.is_last else self.end_us


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of a file lie: bytes, clocks and places on one time line.

    ``all`` are in order and at least one; ``notes`` say what of them does not play as it is.
    """

    all: tuple[Part, ...]
    notes: tuple[str, ...]

    @property
    def with_video(self) -> tuple[Part, ...]:
        return tuple(part for part in self.all if part.info.video is not None)

    @property
    def with_audio(self) -> tuple[Part, ...]:
        return tuple(part for part in self.all if part.info.audio is not None)

    @property
    def joints_us(self) -> tuple[int, ...]:
        """Where parts meet on the file's time line."""
        return tuple(part.start_us for part in self.all[1:])

    def shown_from(self, time_us: int | None) -> tuple[Part, ...]:
        """The parts with pictures from that one on which is shown at a moment (None: all)."""
        starts_us = [
            part.info.video.start_us + part.offset_us
            for part in self.with_video
            if part.info.video is not None
        ]
        return _from(self.with_video, starts_us, time_us)

    def heard_from(self, time_us: int | None) -> tuple[Part, ...]:
        """The parts with sound from that one on in which a moment lies (None: all)."""
        return _from(self.with_audio, [part.start_us for part in self.with_audio], time_us)


def _from(parts: tuple[Part, ...], starts_us: list[int], time_us: int | None) -> tuple[Part, ...]:
    if time_us is None:
        return parts
    begun = sum(start_us <= time_us for start_us in starts_us)
    return parts[max(0, begun - 1) :]


_known: OrderedDict[Identity, tuple[bool, Parts | None]] = OrderedDict()
# Files are opened in one thread and decoded in others.
_lock = threading.Lock()


def parts_of(
    source: Source, on_read: OnRead | None = None, *, thorough: bool = False
) -> Parts | None:
    """The parts of a file; None for a file that is one recording, and for a piece.

    What was found is remembered for as long as the file does not change. ``thorough`` reads all
    of a file that looks well; ``on_read`` is called while a file is read, and what it raises ends
    the reading.
    """
    if isinstance(source, Piece):
        return None
    identity = identity_of(source)
    if identity is None:
        return None
    with _lock:
        known = _known.get(identity)
    if known is not None and (known[0] or not thorough):
        return known[1]
    try:
        pieces = pieces_of(source, on_read, thorough=thorough)
    except OSError:
        # Whoever opens it next says why it cannot be read.
        return None
    # Once its joints are found all of a file has been read.
    found = thorough or bool(pieces), _laid_out(pieces, on_read)
    with _lock:
        _known[identity] = found
        while len(_known) > _REMEMBERED_FILES:
            _known.popitem(last=False)
    return found[1]


def parts_with_video(source: Source) -> Parts | None:
    """The parts of a file where any has pictures; None where the file is read as one."""
    parts = parts_of(source)
    return parts if parts is not None and parts.with_video else None


def parts_with_audio(source: Source) -> Parts | None:
    """The parts of a file where any has sound; None where the file is read as one."""
    parts = parts_of(source)
    return parts if parts is not None and parts.with_audio else None


def _laid_out(pieces: Sequence[Piece], on_read: OnRead | None) -> Parts | None:
    """The pieces in which something plays, one after the other; None where nothing does."""
    placed: list[tuple[int, Piece, MediaInfo, int]] = []
    silent: list[tuple[int, str]] = []
    end_us: int | None = None
    for number, piece in enumerate(pieces, 1):
        try:
            info = read_headers(piece, on_read)
        except MediaError as error:
            silent.append((number, error.reason))
            continue
        offset_us = 0 if end_us is None else end_us - info.start_us
        end_us = info.end_us + offset_us
        placed.append((number, piece, info, offset_us))
    if not placed:
        return None
    last = len(placed) - 1
    parts = tuple(
        Part(piece, info, offset_us, place == last)
        for place, (_, piece, info, offset_us) in enumerate(placed)
    )
    numbered = [(number, info) for number, _, info, _ in placed]
    return Parts(parts, (_joined_note(len(pieces)), *_notes_of(numbered), *_left_out(silent)))


def _joined_note(count: int) -> str:
    return f"{count} recordings put together, which play one after the other"


def _notes_of(numbered: Sequence[tuple[int, MediaInfo]]) -> tuple[str, ...]:
    """What recordings, counted from 1, say of themselves, and how they differ from the first."""
    notes = list(dict.fromkeys(note for _, info in numbered for note in info.notes))
    for kind, without in (
        ("picture", [number for number, info in numbered if info.video is None]),
        ("sound", [number for number, info in numbered if info.audio is None]),
    ):
        if 0 < len(without) < len(numbered):
            notes.append(f"{_listed(without)} no {kind}")
    sizes = [
        (number, (info.video.width, info.video.height))
        for number, info in numbered
        if info.video is not None
    ]
    others = [number for number, size in sizes if size != sizes[0][1]]
    if others:
        width, height = sizes[0][1]
        notes.append(f"{_listed(others)} another size and is shown at {width} x {height}")
    return tuple(notes)


def _left_out(silent: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    if not silent:
        return ()
    return (f"{_listed([number for number, _ in silent])} nothing that plays: {silent[0][1]}",)


def _listed(numbers: Sequence[int]) -> str:
    """ "recording 2 has", "each of recordings 2, 4 and 9 more has"."""
    shown = ", ".join(str(number) for number in numbers[:_LISTED])
    more = f" and {len(numbers) - _LISTED} more" if len(numbers) > _LISTED else ""
    return (
        f"recording {shown} has" if len(numbers) == 1 else f"each of recordings {shown}{more} has"
    )
