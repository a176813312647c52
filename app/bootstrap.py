"""Makes the application and its window, and runs them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.allocator import keep_together
from app.collector import everything_stays
from app.main_window import MainWindow
from app.settings import settings_file
from app.theme import FONT_SIZE_PX
from app.tidying import Tidying
from app.window.memory import WindowMemory

# How long a closed window waits for detection to stop where it can be stopped.
LAST_PATIENCE_S = 1.0
# Who starts without a file chooses one now: the model is loaded meanwhile.
WARM_UP_AFTER_MS = 500


def run_window(path: Path | None) -> int:
    """Open the window, with a file if one is given; returns the exit code when it is closed."""
    keep_together()
    app = make_application()
    with everything_stays():
        window = make_window(app)
        window.show()
    # After the first paint, since both begin to load the model.
    if path is not None:
        QTimer.singleShot(0, window, lambda: window.open_path(path))
    else:
        QTimer.singleShot(WARM_UP_AFTER_MS, window, window.runner.warm_up)
    # While Qt's loop sleeps Python never gets to see Ctrl+C in the terminal.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    tidying = Tidying(window.player)
    tidying.start()
    code = app.exec()
    tidying.shutdown()
    if not window.shutdown(LAST_PATIENCE_S):
        _leave_at_once(code)
    return code


def _leave_at_once(code: int) -> NoReturn:
    """End the process although a thread is loading a library; nothing is left to be saved."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def make_application() -> QApplication:
    """The one application object, with the name and font that every part relies on."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("AVScope")
    app.setDesktopFileName("avscope")
    app.setStyle("Fusion")
    font = app.font()
    font.setPixelSize(FONT_SIZE_PX)
    app.setFont(font)
    return app


def make_window(app: QApplication) -> MainWindow:
    """The main window with the settings of the last time, not yet shown."""
    return MainWindow(WindowMemory(settings_file()))
