"""Spares every import a look at its source.

PySide hooks into Python's import to know which modules switch on its optional naming
(``from __feature__ import snake_case``). It reads the source of every module that is imported
after it, also of those that have nothing to do with Qt: a fifth of the time in which the model's
library loads, with Python's lock held, and the text of thousands of files kept in memory.
Nothing here uses that naming.
"""

from __future__ import annotations

import sys

_MODULE = "shibokensupport.feature"
_QUESTION = "_mod_uses_pyside"


def leave_sources_unread() -> None:
    """Answer PySide's question once for all; another version that asks otherwise is left alone."""
    import PySide6.QtCore  # noqa: F401 - brings the hook

    hook = sys.modules.get(_MODULE)
    if hook is not None and hasattr(hook, _QUESTION):
        setattr(hook, _QUESTION, _uses_no_features)


def _uses_no_features(_module: object) -> bool:
    return False
