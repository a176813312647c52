"""AVScope's door: the window, or one headless command.

``python main.py [VIDEO]`` opens the window; ``python main.py detect VIDEO...`` and
``python main.py info VIDEO...`` work without a screen. Modules are imported only when their
command is asked for: the window must be there before torch is.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

COMMANDS = {
    "agreement": "app.headless.agreement",
    "clip": "app.headless.clip",
    "convert": "app.headless.convert",
    "detect": "app.headless.detect",
    "evaluate": "app.headless.evaluate",
    "export": "app.headless.export_annotations",
    "frame": "app.headless.frame",
    "import": "app.headless.import_annotations",
    "info": "app.headless.info",
    "search": "app.headless.search",
    "status": "app.headless.status",
    "train": "app.headless.train",
}
_EPILOG = """\
commands that need no screen (each has --help):
  main.py detect VIDEO...   find the events and print them
  main.py info VIDEO...     print the streams
  main.py frame VIDEO       write one frame as a picture
  main.py clip VIDEO        write a part of a file
  main.py convert FILE      write annotations in another format
  main.py import FILE...    take annotations into a project
  main.py export            write the annotations of a project
  main.py search "PROMPT"   find moments in all videos of a project
  main.py status            how far the work on a project has come
  main.py agreement         how far two annotators agree
  main.py train             train the model on the corrections in a project
  main.py evaluate          measure a model on annotated videos

A video that is called like a command is opened as ./detect, ./info and so on."""
EXIT_FAILED = 1
EXIT_INTERRUPTED = 130
EXIT_NO_DISPLAY = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments (without the program's name) ask for and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _replace_what_is_closed()
    _never_fail_to_print(sys.stdout)
    _never_fail_to_print(sys.stderr)
    try:
        if arguments and arguments[0] in COMMANDS:
            return _run_command(arguments)
        return _run_window(arguments)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output (head, less) has left.
        _let_go_of_output()
        return EXIT_FAILED


def _run_command(arguments: list[str]) -> int:
    module = importlib.import_module(COMMANDS[arguments[0]])
    parser = argparse.ArgumentParser(prog="main.py")
    module.add_arguments(parser.add_subparsers(dest="command", metavar="COMMAND"))
    try:
        code = module.run(parser.parse_args(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # The disk behind our output is full, or a name is too long or lies where nobody may look.
        return _failed(arguments[0], error)
    return code


def _failed(command: str, error: OSError) -> int:
    """Say in one line what the system refused."""
    from core_model.media.errors import printable

    where = command if error.filename is None else str(error.filename)
    print(printable(f"{where}: {error.strerror or error}"), file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        _let_go_of_output()
    return EXIT_FAILED


def _let_go_of_output() -> None:
    """The interpreter's last flush must not complain about output that nobody takes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _replace_what_is_closed() -> None:
    """A service may start us without output or messages; nothing else may get their numbers, and
    messages must not get among the results."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


def _run_window(arguments: list[str]) -> int:
    parser = _window_parser()
    video: Path | None = parser.parse_args(arguments).video
    if not _has_display():
        named = shlex.quote(str(video)) if video else "VIDEO"
        print(f"No display for a window. Try: python main.py detect {named}", file=sys.stderr)
        return EXIT_NO_DISPLAY
    from app.collector import everything_stays
    from app.qt_features import leave_sources_unread

    with everything_stays():
        leave_sources_unread()
        from app.bootstrap import run_window
    return run_window(video)


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="See and hear what happens in a video: events of picture and sound.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("video", nargs="?", type=Path, metavar="VIDEO", help="open this video")
    parser.add_argument("--version", action=_PrintVersion)
    return parser


class _PrintVersion(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version and leave")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from resources import __version__

        print(f"AVScope {__version__}")
        parser.exit()


def _has_display() -> bool:
    """Only Linux can be without one; an explicit Qt platform (offscreen, vnc) is one, too."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _never_fail_to_print(stream: TextIO) -> None:
    """File names and labels may hold characters that the terminal's encoding lacks."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
