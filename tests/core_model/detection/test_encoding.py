"""Blocks of a file become the embeddings that one long block would become."""

import dataclasses
import itertools
import threading
from fractions import Fraction

import numpy as np
import pytest
import torch

from core_model.bundle import Bundle
from core_model.detection.encoding import BlockEncoder, blank_picture, interruptible, silence
from core_model.detection.feeds import (
    BLOCK,
    FIRST_BLOCKS,
    Block,
    DetectionCancelledError,
    Feed,
    block_sizes,
)
from core_model.device import choose_device
from core_model.media import audio, video
from core_model.media.errors import MediaError
from core_model.media.probe import probe
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import AUDIO_DIM, VISUAL_DIM, make_tiny_bundle, tiny_kinds

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__)
LONG_S = 40
CPU = torch.device("cpu")


@pytest.fixture
def bundle(tmp_path):
    return Bundle(make_tiny_bundle(tmp_path / "bundle"))


@pytest.fixture
def long_file(tmp_path):
    pictures = Video(ticks=regular_ticks(LONG_S * 10), time_base=Fraction(1, 10))
    sound = Audio(pieces=((0.0, LONG_S),), rate_hz=16_000)
    return write_media(tmp_path / "long.mp4", pictures, sound)


def test_blocks_cover_the_grid_like_one_long_block(bundle, long_file):
    info = probe(long_file)
    device = choose_device("cpu")
    encoders = bundle.visual_encoder(CPU), bundle.audio_encoder(CPU)
    encoder = BlockEncoder(info, *encoders, device)
    ready = list(encoder.blocks(lambda: False))
    result = encoder.result()
    assert ready[: len(FIRST_BLOCKS)] == list(itertools.accumulate(FIRST_BLOCKS))
    assert result.count == encoder.count == ready[-1] == 4 * LONG_S - 3
    frames = np.stack(
        list(
            video.frames_at_rate(info.path, info.start_us, 16.0, encoders[0].frame_size_px(64, 48))
        )[: 16 * LONG_S]
    )
    samples = np.concatenate(list(audio.samples_from(info.path, info.start_us, 16_000, 4_000)))[
        : 16_000 * LONG_S
    ]
    with device.encoding():
        whole = encoders[0].embed(frames), encoders[1].embed(samples)
    for stored, expected in zip((result.visual, result.audio), whole, strict=True):
        # Sums over batches of another size may differ in the last bit of bfloat16.
        np.testing.assert_allclose(stored, expected.numpy(), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("count", [0, 1, 8, 9, 64, 65, 500])
def test_blocks_are_fixed_and_fill_the_count(count):
    sizes = list(block_sizes(count))
    assert sum(sizes) == count
    assert all(0 < size <= BLOCK for size in sizes)
    assert sizes == list(block_sizes(count))


def test_an_encoder_is_asked_between_its_layers(bundle):
    encoder = bundle.visual_encoder(CPU)
    asked = []
    frames = np.zeros((16, 8, 16, 3), np.uint8)
    with interruptible(encoder, lambda: bool(asked.append(1))):
        encoder.embed(frames)
    assert len(asked) == 2  # a linear layer and an identity
    with interruptible(encoder, lambda: True), pytest.raises(DetectionCancelledError):
        encoder.embed(frames)
    encoder.embed(frames)


def test_missing_streams_have_one_embedding(bundle):
    device = choose_device("cpu")
    picture = blank_picture(bundle.visual_encoder(CPU), device)
    quiet = silence(bundle.audio_encoder(CPU), device)
    assert (picture.shape, quiet.shape) == ((VISUAL_DIM,), (AUDIO_DIM,))
    assert picture.dtype == quiet.dtype == np.float16


def numbered_blocks(stop):
    for number in itertools.count():
        if stop.is_set():
            return
        yield Block(np.array([number]), None)


def test_a_feed_gives_its_blocks_in_order_and_ends_with_its_context():
    with Feed("numbers", numbered_blocks) as feed:
        taken = [int(feed.take(lambda: False).data[0]) for _ in range(20)]
    assert taken == list(range(20))


def test_a_feed_that_gives_nothing_can_be_cancelled():
    def nothing(stop):
        stop.wait()
        yield from ()

    cancelled = threading.Event()
    with Feed("nothing", nothing) as feed:
        cancelled.set()
        with pytest.raises(DetectionCancelledError):
            feed.take(cancelled.is_set)


def test_what_goes_wrong_in_a_feed_comes_after_the_blocks_before_it():
    def failing(stop):
        yield Block(np.array([1]), None)
        raise OSError("the disk is gone")

    with Feed("failing", failing) as feed:
        assert feed.take(lambda: False).data[0] == 1
        with pytest.raises(OSError, match="the disk is gone"):
            feed.take(lambda: False)


def test_time_stamps_decades_apart_are_one_clear_line(bundle, long_file):
    info = dataclasses.replace(probe(long_file), end_us=10**15)
    encoders = bundle.visual_encoder(CPU), bundle.audio_encoder(CPU)
    with pytest.raises(MediaError, match=r"file: lasts 277778 hours by its time stamps"):
        BlockEncoder(info, *encoders, choose_device("cpu"))
