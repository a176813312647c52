"""A file of annotations in memory: size, compression, encoding and line ends are dealt with."""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from training.annotations.errors import AnnotationError

LARGEST_BYTES = 128 * 1024 * 1024
_HEAD_CHARACTERS = 16_384
_GZIP = b"\x1f\x8b"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Everything below the space but tab and line ends: in no text that a person or program writes.
_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_PROBE_BYTES = 4_096
_GUESSED_BYTES = 65_536
_WESTERN = "cp1252"


@dataclass(frozen=True)
class Source:
    """The bytes of one file and the name it is called by in messages."""

    path: Path
    data: bytes

    @property
    def name(self) -> str:
        return self.path.name or str(self.path)

    @property
    def stem(self) -> str:
        """The name without ".gz" and the one ending before it."""
        path = self.path.with_suffix("") if self.path.suffix.lower() == ".gz" else self.path
        return path.stem

    @property
    def suffix(self) -> str:
        path = self.path.with_suffix("") if self.path.suffix.lower() == ".gz" else self.path
        return path.suffix.lower()

    @cached_property
    def text(self) -> str:
        """The decoded text with "\\n" as the only line end. AnnotationError where it is none."""
        return self._decoded.replace("\r\n", "\n").replace("\r", "\n")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def head(self) -> str:
        """The first characters, to recognise a format by; "" where it is no text."""
        try:
            return self.text[:_HEAD_CHARACTERS]
        except AnnotationError:
            return ""

    @cached_property
    def encoding(self) -> str:
        """The encoding by its mark, by its zero bytes, because it is valid UTF-8, or as its letters
        make likely.
        """
        for mark, encoding in _MARKS:
            if self.data.startswith(mark):
                return encoding
        probe = self.data[:_PROBE_BYTES]
        if b"\0" in probe:
            return "utf-16-be" if probe[:1] == b"\0" else "utf-16-le"
        try:
            self.data.decode("utf-8")
        except UnicodeDecodeError:
            # Whole lines: half a letter at the end would speak against the right encoding.
            whole = self.data.rfind(b"\n", 0, _GUESSED_BYTES) + 1
            return _likeliest(self.data[: whole or _GUESSED_BYTES])
        return "utf-8"

    @property
    def is_unicode(self) -> bool:
        """Whether the encoding is certain."""
        return self.encoding.startswith("utf")

    @cached_property
    def json(self) -> Any:
        """The parsed JSON. AnnotationError with the line where it is none."""
        try:
            return json.loads(self.text)
        except json.JSONDecodeError as error:
            raise self.error(f"not JSON: {error.msg}", error.lineno) from error
        except RecursionError as error:
            raise self.error("JSON that is nested too deeply") from error
        except ValueError as error:  # a number with thousands of digits
            raise self.error("JSON with a number that is too long") from error

    def error(self, reason: str, line: int | None = None) -> AnnotationError:
        return AnnotationError(self.name, reason, line)

    @cached_property
    def _decoded(self) -> str:
        try:
            text = self.data.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise self.error("not a text") from error
        found = _BINARY.search(text)
        if found:
            raise self.error("not a text", text.count("\n", 0, found.start()) + 1)
        return text


def _likeliest(data: bytes) -> str:
    """The encoding of a text that is no Unicode, by which letters stand beside which."""
    from charset_normalizer import from_bytes

    found = from_bytes(data).best()
    return _WESTERN if found is None or found.encoding.startswith("utf") else found.encoding


def load(path: Path) -> Source:
    """Read a file, unpacked where it is gzip.

    Raises:
        AnnotationError: it cannot be read, is empty or is too large.
    """
    name = path.name or str(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        if data.startswith(_GZIP):
            with gzip.open(path) as packed:
                data = packed.read(LARGEST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "cannot be read"
        raise AnnotationError(name, reason) from error
    except ValueError as error:  # a null character in the name
        raise AnnotationError(name, "no name of a file") from error
    if len(data) > LARGEST_BYTES:
        raise AnnotationError(name, f"larger than {LARGEST_BYTES // 1024**2} MiB")
    if not data.strip():
        raise AnnotationError(name, "the file is empty")
    return Source(path, data)
