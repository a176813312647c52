"""Windows cover the media, and the head sees what lies in them."""

import itertools

import numpy as np
import pytest
import torch

from core_model.bundle import Bundle
from core_model.detection.stitching import EDGE_CELLS
from core_model.detection.windows import TaskPrompt, WindowPlan, WindowScorer
from core_model.postprocess import DecodeConfig
from core_model.timeline import Task
from tests.tiny_bundle import AUDIO_DIM, VISUAL_DIM, make_tiny_bundle, tiny_kinds

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__)
CPU = torch.device("cpu")
LENGTH = 64


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 112, 113, 157, 1000])
def test_windows_overlap_and_reach_the_end(count):
    plan = WindowPlan(LENGTH, 48)
    starts = list(plan.starts(count))
    covered = {i for start in starts for i in range(start, min(start + 64, count))}
    assert covered == set(range(count))
    for before, after in itertools.pairwise(starts):
        assert before < after <= before + 48
        assert after + 64 <= count


@pytest.mark.parametrize(
    ("ready", "complete"), [(0, 0), (63, 0), (64, 1), (111, 1), (112, 2), (130, 3)]
)
def test_windows_become_complete_in_order(ready, complete):
    plan = WindowPlan(LENGTH, 48)
    starts = list(plan.starts(130))
    assert starts == [0, 48, 66]
    assert [plan.complete(start, ready, 130) for start in starts].count(True) == complete


@pytest.fixture
def scored(tmp_path):
    """Segments of random snippets, by their number and the first of them."""
    bundle = Bundle(make_tiny_bundle(tmp_path))
    scorer = WindowScorer(bundle.head(CPU), LENGTH, CPU)
    labels = bundle.description.tasks[Task.SED].labels
    text = bundle.text_embeddings(Task.SED, labels)
    prompt = TaskPrompt(Task.SED, labels, text, DecodeConfig.for_task(Task.SED))
    random = np.random.default_rng(0)
    visual = random.normal(size=(LENGTH, VISUAL_DIM)).astype(np.float16)
    audio = random.normal(size=(LENGTH, AUDIO_DIM)).astype(np.float16)
    return lambda count, first: scorer.score(prompt, first, visual[:count], audio[:count])


def test_a_later_window_gives_the_same_segments_later(scored):
    early, late = scored(LENGTH, 0), scored(LENGTH, 1_000)
    assert (late.first, late.last) == (1_000, 1_000 + LENGTH - 1)
    assert len(early.segments) > 0
    np.testing.assert_allclose(late.segments.onsets, early.segments.onsets + 1_000, atol=1e-3)
    np.testing.assert_allclose(late.segments.offsets, early.segments.offsets + 1_000, atol=1e-3)
    np.testing.assert_array_equal(late.segments.scores, early.segments.scores)


@pytest.mark.parametrize("count", [1, 5, LENGTH])
def test_segments_stay_within_what_was_seen(scored, count):
    window = scored(count, 10)
    assert window.last == 10 + count - 1
    assert len(window.segments) > 0
    assert window.segments.onsets.min() >= window.first - EDGE_CELLS
    assert window.segments.offsets.max() <= window.last + EDGE_CELLS
    assert (window.segments.onsets < window.segments.offsets).all()
