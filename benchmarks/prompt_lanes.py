"""What lanes of prompts cost the window's thread at an hour of video.

    python -m benchmarks.prompt_lanes [--prompts 8] [--hits 500] [--steps 60] [--cpu]

Prints milliseconds, median and 95th percentile: painting the lanes anew while scrolling at several
zooms, and from one move of a prompt's slider to its picture (lanes, hits over the picture).
``--cpu`` counts processor time instead of the time on the wall.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable, Sequence

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QCoreApplication

from app.allocator import keep_together
from app.bootstrap import make_application
from app.prompts.prompt_book import Answer, PromptBook
from app.session import Session
from app.theme import DARK
from app.timeline.prompt_pane import PromptLanesPane
from app.view_state import ViewState
from app.window.prompt_lanes import PromptLanes
from core_model.media.probe import probe
from core_model.prompt_spec import PromptSpec, ScoreCurve
from core_model.timeline import Detection, Task
from resources import resource_path

HOUR_US = 3_600_000_000
STRIDE_US = 250_000
ZOOMS = {"1 h": HOUR_US, "6 min": HOUR_US // 10, "60 s": 60_000_000, "5 s": 5_000_000}


def main() -> None:
    parser = argparse.ArgumentParser(description="What lanes of prompts cost")
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--hits", type=int, default=500)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--cpu", action="store_true", help="count processor time")
    chosen = parser.parse_args()
    clock = time.thread_time if chosen.cpu else time.perf_counter
    keep_together()
    make_application()
    state, session, book = ViewState(), Session(), PromptBook()
    pane = PromptLanesPane(state, DARK)
    lanes = PromptLanes(book, session, pane)
    session.set_media(probe(resource_path("sample", "sample.mp4")))
    state.set_media_range(0, HOUR_US)
    specs = fill(book, chosen.prompts, chosen.hits)
    pane.resize(1_600, pane.content_px)
    pane.show()
    print(f"{chosen.prompts} prompts with {chosen.hits} hits each, 1 h, ms median / p95")
    for name, span_us in ZOOMS.items():
        state.set_visible(0, span_us)
        scroll = [lambda span_us=span_us: (state.pan_by(span_us // 40), pane.update())]
        print(f"{'scrolling at ' + name:>24}  {measured(scroll * chosen.steps, clock)}")
    state.set_visible(0, HOUR_US)
    moves = [
        lambda value=step % 50 / 50: book.set_threshold(specs[0], value)
        for step in range(chosen.steps)
    ]
    print(f"{'a slider moves':>24}  {measured(moves, clock)}")
    lanes.deleteLater()
    pane.close()


def fill(book: PromptBook, prompts: int, hits: int) -> list[PromptSpec]:
    """Prompts whose answers are all there."""
    source, noise = random.Random(1), np.random.default_rng(1)
    specs = [PromptSpec(Task.SED, (f"sound {number}",)) for number in range(prompts)]
    book.add(specs)
    for spec in specs:
        onsets = sorted(source.randrange(HOUR_US) for _ in range(hits))
        found = tuple(
            Detection(spec.task, spec.name, onset, onset + 2_000_000, source.random())
            for onset in onsets
        )
        values = noise.random(HOUR_US // STRIDE_US, np.float32) ** 4
        book.take(spec, Answer(found, ScoreCurve(0, STRIDE_US, values), (0, HOUR_US), True))
    return specs


def measured(actions: Sequence[Callable[[], object]], clock: Callable[[], float]) -> str:
    times_ms: list[float] = []
    for act in actions:
        begun_s = clock()
        act()
        # What waits to be painted is part of it.
        QCoreApplication.sendPostedEvents()
        QCoreApplication.processEvents()
        times_ms.append((clock() - begun_s) * 1e3)
    return f"{np.median(times_ms):.1f} / {np.percentile(times_ms, 95):.1f}"


if __name__ == "__main__":
    main()
