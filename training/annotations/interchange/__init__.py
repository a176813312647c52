"""Files of annotations of other programs and data sets, read into and written from one model.

``read`` and ``write`` are the doors, ``FORMATS`` the table of formats. Every loss is counted.
"""

from training.annotations.interchange.formats import Format, Options, Reading
from training.annotations.interchange.registry import (
    ALIASES,
    FORMATS,
    READABLE,
    WRITABLE,
    encode,
    read,
    write,
    write_all,
    write_each,
)
from training.annotations.interchange.report import Loss

__all__ = [
    "ALIASES",
    "FORMATS",
    "READABLE",
    "WRITABLE",
    "Format",
    "Loss",
    "Options",
    "Reading",
    "encode",
    "read",
    "write",
    "write_all",
    "write_each",
]
