"""Grids, crops and batches."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core_model.timeline import Task
from core_model.uniav import TaskConfig
from core_model.uniav.config import GridKind
from training.recipe.examples import (
    CellTimes,
    Example,
    Kept,
    clipped_to_video,
    collate,
    cropped,
    on_grid,
)
from training.recipe.settings import Streams


def made(cells: int, segments, labels=None, margin: float = 2.0) -> Example:
    """Features that hold their own position."""
    position = torch.arange(cells, dtype=torch.float32)[:, None]
    segments = torch.tensor(segments, dtype=torch.float32).reshape(-1, 2)
    labels = torch.zeros(len(segments), dtype=torch.int64) if labels is None else labels
    return Example("v", position, position + 0.5, segments, labels, CellTimes(4.0, margin), 60.0)


def test_a_cell_is_the_middle_of_its_window():
    times = CellTimes.of_snippets(16.0, 16, 4)
    np.testing.assert_allclose(times.seconds(np.array([0.0, 4.0])), [0.5, 1.5])
    np.testing.assert_allclose(times.cells(np.array([0.5, 10.0])), [0.0, 38.0])
    resized = CellTimes.resized(400, 256, 16.0, 16, 8)
    span_s = ((400 - 1) * 8 + 16) / 16
    np.testing.assert_allclose(resized.seconds(np.array([-0.5, 255.5])), [0.0, span_s])


def test_a_resized_grid_has_its_length_and_the_shorter_stream_counts():
    features = torch.arange(40.0)[:, None], torch.arange(38.0)[:, None]
    settings = TaskConfig(16, grid=GridKind.RESIZED)
    example = on_grid("v", features, np.array([[1.0, 2.0]]), np.array([0]), settings, 20.0)
    assert example.visual.shape == example.audio.shape == (16, 1)
    assert example.visual[0].item() < example.visual[-1].item() <= 37.0


def test_events_beyond_the_features_are_left_out_or_clipped():
    example = made(10, [[1, 4], [8, 16], [9, 30], [12, 14]], margin=0.5)
    kept = clipped_to_video(example, 0.25)
    assert kept.segments.tolist() == [[1, 4], [8, 10.5]]


@given(
    cells=st.integers(5, 60),
    most=st.integers(3, 40),
    onset=st.floats(0, 50),
    length=st.floats(0.5, 20),
    seed=st.integers(0, 1000),
)
def test_a_crop_shifts_features_and_events_together(cells, most, onset, length, seed):
    example = made(cells, [[onset, onset + length]])
    crop = cropped(example, most, 0.9, 0.5, np.random.default_rng(seed))
    start = int(crop.visual[0].item())
    assert len(crop.visual) == len(crop.audio) <= max(most, 1)
    assert (crop.visual[:, 0] - torch.arange(len(crop.visual)) == start).all()
    assert cells > most or len(crop.visual) >= round(0.9 * cells)
    if len(crop.labels) and len(crop.visual) < cells:
        low, high = (crop.segments[0] + start).tolist()
        assert low >= max(onset, start - 2.0) - 1e-3
        assert high <= min(onset + length, start + len(crop.visual) + 2.0) + 1e-3


def test_a_crop_looks_for_a_stretch_with_an_event():
    example = made(200, [[190, 198]])
    for seed in range(20):
        crop = cropped(example, 40, 0.9, 0.5, np.random.default_rng(seed))
        assert len(crop.visual) == 40
        assert len(crop.labels) == 1


def test_a_batch_is_padded_and_masked():
    settings = TaskConfig(16)
    batch = collate(Task.TAL, [made(10, [[2, 5]]), made(16, [])], settings, 3, 2)
    assert batch.visual.shape == (2, 16, 1)
    assert batch.mask.sum(dim=1).tolist() == [10, 16]
    assert batch.targets.classes.shape == (2, 16 + 8, 3)
    assert batch.targets.positive[0].any() and not batch.targets.positive[1].any()
    assert (batch.visual[0, 10:] == 0).all()


@pytest.mark.parametrize("streams", list(Streams))
def test_one_stream_can_be_taken_away(streams):
    batch = collate(Task.SED, [made(8, [])], TaskConfig(8), 3, 2, streams)
    assert batch.visual.any().item() is (streams is not Streams.AUDIO)
    assert batch.audio.any().item() is (streams is not Streams.VISUAL)


def test_examples_are_read_once_as_long_as_there_is_room():
    asked = []

    def read(index: int) -> Example:
        asked.append(index)
        return made(10, [])

    size = 2 * made(10, []).visual.nbytes
    kept = Kept(read, 2 * size)
    for index in (0, 1, 2, 0, 1, 2):
        assert kept(index).visual.shape == (10, 1)
    assert asked == [0, 1, 2, 2]
