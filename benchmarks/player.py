"""The player: python -m benchmarks.player [--seconds N] [--seeks N] [--only PART...]

Seeks are compared with bare PyAV for the same moments of the same file in the same run, one after
the other in turn: absolute times move with the machine and with what else runs on it. Everything
is measured on a real player, from the call to the frame that it announces.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from PySide6.QtWidgets import QApplication

from app.player.frame_cache import EAGER_BYTES
from app.player.memory import frames_budget_bytes
from app.player.player import Player
from app.view_state import ViewState
from benchmarks.player_cancel import measure_cancelling
from benchmarks.player_media import GOP_FRAMES, HD_30, video_to_play
from benchmarks.player_playing import measure_all_playing, measure_all_reading
from benchmarks.player_room import VIEW_PX, opened, wait_until
from core_model.media.index import FrameIndex
from core_model.timeline import US_PER_S

PARTS = ("seek", "cached", "scrub", "open", "reading", "play", "shots", "events", "cancel")


def took_ms(player: Player, go: Callable[[], None], is_there: Callable[[], bool]) -> float:
    """Milliseconds from a call to the moment at which the picture is as it should be."""
    done_s: list[float] = []

    def look(_frame: object) -> None:
        if is_there() and not done_s:
            done_s.append(time.perf_counter())

    player.picture.frame_shown.connect(look)
    began_s = time.perf_counter()
    go()
    if is_there() and not done_s:
        done_s.append(time.perf_counter())
    wait_until(lambda: bool(done_s))
    player.picture.frame_shown.disconnect(look)
    return 1000 * (done_s[0] - began_s)


def bare_seek_ms(container: InputContainer, time_us: int, *, scaled: bool) -> float:
    """PyAV alone, the file being open: seek, decode up to the frame, and scale that or not."""
    began_s = time.perf_counter()
    stream = container.streams.video[0]
    assert stream.time_base is not None
    target = round(time_us / US_PER_S / stream.time_base)
    container.seek(target, stream=stream)
    for frame in container.decode(stream):
        if frame.pts is not None and frame.pts >= target:
            if scaled:
                frame.reformat(VIEW_PX.width(), VIEW_PX.height(), "bgra").to_ndarray()
            break
    return 1000 * (time.perf_counter() - began_s)


def say(name: str, times_ms: list[float], limit: str = "") -> None:
    """One line of the table."""
    p95 = float(np.percentile(times_ms, 95))
    worst = max(times_ms)
    median = statistics.median(times_ms)
    print(f"{name:46}{median:9.1f}{p95:9.1f}{worst:9.1f}   {limit}", flush=True)


def measure_seeks(path: Path, seeks: int) -> None:
    """Exact seeks to frames that are not in the cache, and bare PyAV for the same frames."""
    ours, bare, bare_scaled, wrong = [], [], [], 0
    chance = random.Random(1)
    with opened(path) as player, closing(av.open(str(path))) as container:
        container.streams.video[0].thread_type = "AUTO"
        index = player.picture.numbers.index
        assert index is not None
        for _ in range(seeks):
            number = chance.randrange(len(index))
            time_us = index.time_us(number)
            wait_until(lambda: player.picture.reader.is_idle)
            bare.append(bare_seek_ms(container, time_us, scaled=False))
            bare_scaled.append(bare_seek_ms(container, time_us, scaled=True))
            ours.append(took_ms(player, _seeks(player, time_us), _shows(player, number)))
            shown = player.picture.shown
            wrong += shown is None or shown.pts_us != time_us
    say("cold exact seek, GOP 250", ours, "not above the next line")
    say("  bare PyAV, not scaled", bare)
    say("  bare PyAV, scaled to the view", bare_scaled)
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    print(f"  median of the ratios to bare PyAV {ratio:.2f}; wrong frames {wrong} of {seeks}")


def measure_cached(path: Path, seeks: int) -> None:
    """Steps back and seeks to frames near the playhead, which are there already."""
    chance = random.Random(2)
    sought, stepped = [], []
    with opened(path) as player:
        index = player.picture.numbers.index
        assert index is not None
        middle = GOP_FRAMES + GOP_FRAMES // 2
        player.seek(index.time_us(middle))
        wait_until(_shows(player, middle))
        wait_until(lambda: player.picture.reader.is_idle)
        for _ in range(seeks):
            number = middle + chance.randrange(-12, 12)
            go = _seeks(player, index.time_us(number))
            sought.append(took_ms(player, go, _shows(player, number)))
        for back in range(1, seeks):
            number = (player.picture.frame_number or 0) - 1
            stepped.append(took_ms(player, player.step_back, _shows(player, number)))
            if back % 10 == 0:
                # As fast as a key that is held down repeats.
                wait_until(lambda: player.picture.reader.is_idle)
        kept = min(_kept_frames(player), GOP_FRAMES)
        visited = _seeks_within_visited(player, index, chance, seeks, kept)
    say("seek within the frames at hand", sought, "20")
    say("step back", stepped, "20")
    say(f"seek within {kept} frames visited before", visited, "20")


def _seeks_within_visited(
    player: Player, index: FrameIndex, chance: random.Random, seeks: int, kept: int
) -> list[float]:
    """Seeks to what is kept of a group of pictures that has been stepped through, ms each."""
    after = 3 * GOP_FRAMES
    player.seek(index.time_us(after - GOP_FRAMES))
    wait_until(_shows(player, after - GOP_FRAMES))
    for number in range(after - GOP_FRAMES + 1, after):
        player.step_forward()
        wait_until(_shows(player, number))
    wait_until(lambda: player.picture.reader.is_idle)
    times_ms = []
    for _ in range(seeks):
        number = after - 1 - chance.randrange(kept)
        go = _seeks(player, index.time_us(number))
        times_ms.append(took_ms(player, go, _shows(player, number)))
    return times_ms


def _kept_frames(player: Player) -> int:
    """How many frames before the playhead fit into memory with those ahead of it."""
    assert player.picture.shown is not None
    return (frames_budget_bytes() - EAGER_BYTES // 2) // player.picture.shown.nbytes - 1


def measure_scrubbing(path: Path, seeks: int) -> None:
    """Moves of a mouse that drags: until any frame, and the exact one when it rests."""
    chance = random.Random(3)
    first, exact = [], []
    with opened(path) as player:
        index = player.picture.numbers.index
        assert index is not None
        player.begin_scrub()
        for _ in range(seeks):
            number = chance.randrange(len(index))
            before = player.picture.shown
            go = _seeks(player, index.time_us(number))
            began_s = time.perf_counter()
            first.append(took_ms(player, go, _shows_other(player, before)))
            wait_until(_shows(player, number))
            exact.append(1000 * (time.perf_counter() - began_s))
        player.end_scrub()
    say("scrubbing, first frame", first, "60")
    say("scrubbing, exact frame", exact)


def measure_opening(path: Path, runs: int) -> None:
    """From the request to open a file to its first frame, in a player that was idle."""
    times_ms = []
    for _ in range(runs):
        player = Player(ViewState())
        player.set_view_size(VIEW_PX)
        opens = _opens(player, path)
        times_ms.append(took_ms(player, opens, _shows_other(player, None)))
        player.shutdown()
    say("first frame after opening", times_ms, "150")


def _shows(player: Player, number: int) -> Callable[[], bool]:
    return lambda: player.picture.frame_number == number


def _shows_other(player: Player, before: object) -> Callable[[], bool]:
    return lambda: player.picture.shown is not before


def _seeks(player: Player, time_us: int) -> Callable[[], None]:
    return lambda: player.seek(time_us)


def _opens(player: Player, path: Path) -> Callable[[], None]:
    return lambda: player.open(path)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each video plays")
    parser.add_argument("--seeks", type=int, default=40)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    arguments = parser.parse_args()
    if sys.platform.startswith("linux") and "DISPLAY" not in os.environ:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication(sys.argv[:1])
    path = video_to_play(HD_30, 61.0)
    print(f"{'1080p30, ms':46}{'median':>9}{'p95':>9}{'worst':>9}   limit")
    measures = {
        "seek": measure_seeks,
        "cached": measure_cached,
        "scrub": measure_scrubbing,
        "open": measure_opening,
    }
    for part in arguments.only:
        if part in measures:
            measures[part](path, arguments.seeks)
    if "reading" in arguments.only:
        measure_all_reading()
    if "play" in arguments.only:
        measure_all_playing(arguments.seconds)
    for beside in ("shots", "events"):
        if beside in arguments.only:
            measure_all_playing(arguments.seconds, beside)
    if "cancel" in arguments.only:
        measure_cancelling(arguments.seeks // 4)
    application.quit()


if __name__ == "__main__":
    main()
