"""The model's library is loaded with little to wait for."""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

import pytest

from app.jobs import loading


def test_garbage_is_not_looked_for_while_the_library_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[str, bool]] = []
    monkeypatch.setattr(loading, "ENGINE", "an engine that is not there yet")
    monkeypatch.setattr(loading, "_map_library", lambda: seen.append(("map", gc.isenabled())))
    monkeypatch.setattr(
        importlib, "import_module", lambda name: seen.append((name, gc.isenabled()))
    )
    loading.load_engine()
    assert seen == [("map", True), ("an engine that is not there yet", False)]
    assert gc.isenabled() and gc.get_freeze_count() > 0
    gc.unfreeze()

    def fail(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(ImportError):
        loading.load_engine()
    assert gc.isenabled()
    gc.unfreeze()


@pytest.mark.skipif(sys.platform != "linux", reason="where the library lies")
def test_the_library_is_found_and_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    file = loading._library_file()
    assert file is not None
    loading._map_library()
    assert str(file) in Path("/proc/self/maps").read_text(encoding="utf-8")
    monkeypatch.setattr(loading, "_LIBRARY", "no_library_of_this_name")
    assert loading._library_file() is None
    loading._map_library()
