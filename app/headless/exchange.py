"""What the commands about annotations share: their options, and what they say."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from core_model.media.errors import printable
from core_model.timeline import Task, microseconds
from training.annotations.interchange import ALIASES, FORMATS, Loss

AUTO = "auto"


def add_format(parser: argparse.ArgumentParser, flag: str, names: Sequence[str], said: str) -> None:
    """An option that takes the name of a format, or another name that it is known by."""

    def named(text: str) -> str:
        name = ALIASES.get(text.lower(), text.lower())
        if name not in names:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(names)}")
        return name

    required = AUTO not in names
    parser.add_argument(
        flag,
        type=named,
        required=required,
        default=None if required else AUTO,
        metavar="FORMAT",
        help=f"{said}: {', '.join(names)}",
    )


def add_kind(parser: argparse.ArgumentParser) -> None:
    """The kind of events for files that do not say it."""
    parser.add_argument(
        "--kind",
        choices=[str(kind) for kind in Task],
        help="the kind of the events where the file does not say it",
    )


def positive_us(text: str) -> int:
    """A time in seconds above zero as microseconds, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (math.isfinite(value) and 1e-6 <= value <= 1e6):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above zero")
    return microseconds(value)


def tell(path: Path, losses: Iterable[Loss]) -> None:
    """Say on stderr what was not kept, one line for each sort of thing."""
    for loss in losses:
        print(printable(f"{path.name}: not kept: {loss}"), file=sys.stderr)


def complain(error: Exception) -> None:
    """Say on stderr what went wrong, in one line."""
    print(printable(str(error)), file=sys.stderr)


def title(format_name: str) -> str:
    """What a format is called by people."""
    return FORMATS[format_name].title
