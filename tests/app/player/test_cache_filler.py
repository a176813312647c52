"""Filling the cache where a file gives no more frames."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.player.cache_filler import CacheFiller
from app.player.frame_cache import FrameCache
from app.player.frame_requests import Looks
from app.player.glimpses import Glimpses
from tests.app.player.test_picture import write_broken

COUNT, BROKEN_FROM = 330, 30
STEP_US = 40_000


class GivenUpError(Exception):
    """What ``give_up`` raises."""


def test_reading_on_through_damage_is_broken_off_and_taken_up_again(tmp_path: Path) -> None:
    path = write_broken(tmp_path, range(BROKEN_FROM, COUNT), COUNT)
    is_asked = False

    def give_up() -> None:
        if is_asked:
            raise GivenUpError

    cache = FrameCache(200_000_000)
    filler = CacheFiller(
        cache,
        give_up,
        on_broken=lambda start_us, end_us: None,
        is_late=lambda end_us: False,
        glimpses=Glimpses(),
        on_glimpse=lambda glimpse: None,
        on_preparing=lambda: None,
    )
    looks = Looks(path, (64, 48))
    with closing(filler):
        filler.begin(looks, 0, 0)
        is_asked = True
        with pytest.raises(GivenUpError):
            while True:
                filler.read_ahead(looks)
        last_us = cache.last_pts_us()
        assert last_us is not None
        assert not cache.is_last(last_us)
        is_asked = False
        while cache.wants_more():
            filler.read_ahead(looks)
        assert cache.last_pts_us() == (BROKEN_FROM - 1) * STEP_US
        assert cache.is_last((BROKEN_FROM - 1) * STEP_US)
