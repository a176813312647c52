"""Why a file cannot be opened, in words that help the person who tried."""

from __future__ import annotations

import stat
from pathlib import Path

import av.error

from core_model.media.errors import WHOLE_FILE, MediaError

_SNIFFED_BYTES = 4096
_TEXT_CONTROLS = frozenset("\t\n\v\f\r\x1b")
_BOXES_LOOKED_AT = 64
# Of the header "RIFF....WEBPVP8X....": the byte of flags, and the flag of animation.
_WEBP_FLAGS_AT, _WEBP_MOVES = 20, 0x02
_NOT_MEDIA = "not a media file that can be read, or damaged from its first bytes"


def refuse_what_cannot_be_media(path: Path) -> None:
    """Raise MediaError for whatever needs no demuxer to be refused.

    Text is refused by its content: demuxers exist that would play it as ANSI art, and play lists
    would open other files.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise MediaError(path, WHOLE_FILE, "is a folder, not a file")
        if not stat.S_ISREG(status.st_mode):
            raise MediaError(path, WHOLE_FILE, "is a device or a pipe, not a file")
        if status.st_size == 0:
            raise MediaError(path, WHOLE_FILE, "is empty (0 bytes)")
        with path.open("rb") as file:
            head = file.read(_SNIFFED_BYTES)
    except (OSError, ValueError) as error:
        raise MediaError(path, WHOLE_FILE, _system_reason(error)) from error
    if _is_text(head):
        raise MediaError(path, WHOLE_FILE, "is text, not media")


def explain(path: Path, error: Exception) -> MediaError:
    """What the demuxer's refusal to open the file means."""
    if isinstance(error, av.error.TimeoutError | av.error.ExitError):
        return MediaError(path, WHOLE_FILE, "reading it takes too long")
    if isinstance(error, OSError) and not isinstance(error, av.error.EOFError):
        return MediaError(path, WHOLE_FILE, _system_reason(error))
    return MediaError(path, WHOLE_FILE, _missing_mp4_part(path) or _NOT_MEDIA)


def decoder_reason(error: Exception) -> str:
    """Why a stream does not play, from the decoder's refusal of its packets."""
    if isinstance(error, av.error.PatchWelcomeError | av.error.NotImplementedError):
        return "uses a feature of its codec that is not supported"
    return "cannot be decoded: damaged or encrypted"


def is_animated_webp(path: Path) -> bool:
    """Whether a file is a WebP that says of itself that it moves."""
    with path.open("rb") as file:
        head = file.read(_WEBP_FLAGS_AT + 1)
    named = head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X"
    return named and len(head) > _WEBP_FLAGS_AT and bool(head[_WEBP_FLAGS_AT] & _WEBP_MOVES)


def _system_reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, NotADirectoryError):
        return "no such file: a part of its path is not a folder"
    words = getattr(error, "strerror", None) or str(error)
    return f"cannot be read: {words[:1].lower()}{words[1:]}"


def _is_text(head: bytes) -> bool:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    # The sniffed part may end inside a character.
    text = None
    for cut in range(4):
        try:
            text = head[: len(head) - cut].decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    return bool(text) and all(char.isprintable() or char in _TEXT_CONTROLS for char in text)


def _missing_mp4_part(path: Path) -> str | None:
    """Names what an MP4 or MOV lost: its index ("moov") is often the last thing written."""
    boxes: list[bytes] = []
    with path.open("rb") as file:
        size = path.stat().st_size
        position = 0
        while position + 8 <= size and len(boxes) < _BOXES_LOOKED_AT:
            file.seek(position)
            header = file.read(16)
            length = int.from_bytes(header[:4], "big")
            boxes.append(header[4:8])
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            if length < 8:
                break
            position += length
    if not boxes or boxes[0] not in (b"ftyp", b"mdat", b"wide", b"free", b"skip"):
        return None
    if b"moov" not in boxes:
        return "cut off or never finished: the index of this MP4 (its moov box) is missing"
    return "damaged: the index of this MP4 (its moov box) cannot be read"
