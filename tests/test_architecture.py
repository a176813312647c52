"""Who may import whom, where a linter of imports cannot see it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("resources", "core_model", "training", "app")
QT_MODULES = {"QtCore", "QtGui", "QtWidgets"}

_IMPORT_ALL_WITHOUT = """
import importlib, pkgutil, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name in {blocked!r} or name.partition(".")[0] in {blocked!r}:
            raise ImportError("blocked: " + name)
        return None

sys.meta_path.insert(0, Blocker())
for name in {packages!r}:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), name + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""


def import_all_without(blocked: tuple[str, ...], packages: tuple[str, ...]) -> str:
    """Import every module of the packages where the blocked ones are missing; "" or the error."""
    program = _IMPORT_ALL_WITHOUT.format(blocked=blocked, packages=packages)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.stderr if done.returncode else ""


def test_blocker_blocks() -> None:
    assert "blocked: numpy" in import_all_without(("numpy",), ("core_model.media",))


def test_model_and_training_live_without_qt_and_sqlite() -> None:
    blocked = ("PySide6", "shiboken6", "pyqtgraph", "sqlite_utils")
    assert import_all_without(blocked, ("core_model", "training")) == ""


def test_media_and_time_live_without_torch() -> None:
    assert import_all_without(("torch",), ("core_model.timeline", "core_model.media")) == ""


def test_window_is_built_without_what_takes_long_to_import() -> None:
    slow = ("torch", "sqlite_utils", "jaxtyping", "pyqtgraph", "training.annotations.interchange")
    assert import_all_without(slow, ("app.bootstrap",)) == ""


@pytest.mark.parametrize("package", PACKAGES)
def test_only_three_qt_modules_are_used(package: str) -> None:
    used: dict[str, set[str]] = {}
    for source in (ROOT / package).rglob("*.py"):
        for module in _qt_modules(source):
            used.setdefault(module, set()).add(source.relative_to(ROOT).as_posix())
    if package == "app":
        assert used
        assert set(used) <= QT_MODULES, used
    else:
        assert used == {}


def _qt_modules(source: Path) -> set[str]:
    """The modules of PySide6 that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "PySide6":
            names = [f"PySide6.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        found |= {name.split(".")[1] for name in names if name.startswith("PySide6.")}
    return found


def test_headless_commands_load_no_qt() -> None:
    blocked = ("PySide6", "shiboken6", "pyqtgraph")
    assert import_all_without(blocked, ("app.headless",)) == ""
