"""The memory for frames follows that of the machine."""

from __future__ import annotations

import os

import pytest

from app.player.memory import LEAST_BYTES, MOST_BYTES, frames_budget_bytes


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="the system does not tell its memory")
@pytest.mark.parametrize(
    ("pages", "budget_bytes"),
    [(2**18, LEAST_BYTES), (2**21, 2**28), (2**26, MOST_BYTES)],
)
def test_a_small_part_of_all_memory(
    monkeypatch: pytest.MonkeyPatch, pages: int, budget_bytes: int
) -> None:
    known = {"SC_PHYS_PAGES": pages, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", known.__getitem__)
    assert frames_budget_bytes() == budget_bytes


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf_names", {}, raising=False)
    assert LEAST_BYTES <= frames_budget_bytes() <= MOST_BYTES
