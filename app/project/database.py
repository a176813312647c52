"""The door to sqlite_utils, which takes longer to import than the window to open."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def database(connection: sqlite3.Connection) -> Database:
    """A connection with the helpers of sqlite_utils, and none of the plug-ins it may find."""
    from sqlite_utils import Database

    return Database(connection, execute_plugins=False)
