"""Targets against the rules written out point by point."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core_model.uniav import make_points
from training.targets import assign_targets, batch_targets

POINTS = make_points([32, 16, 8])
CLASSES = 3


def naive_targets(points, segments, labels, class_aware):
    """Class targets and offsets of one item, as nested loops over points and events."""
    count = len(points.positions)
    classes = torch.zeros(count, CLASSES)
    offsets = torch.zeros(count, CLASSES, 2) if class_aware else torch.zeros(count, 2)
    for index, (position, stride) in enumerate(zip(points.positions, points.strides, strict=True)):
        low, high = points.ranges[index]
        matching = []
        for (onset, offset), label in zip(segments, labels, strict=True):
            left, right = position - onset, offset - position
            inside = left > 0 and right > 0
            if inside and low <= max(left, right) <= high:
                matching.append((offset - onset, torch.stack((left, right)) / stride, label))
        if class_aware:
            for _, distances, label in matching:
                classes[index, label] = 1
                offsets[index, label] = distances
        elif matching:
            shortest = min(matching, key=lambda match: match[0])
            offsets[index] = shortest[1]
            for length, _, label in matching:
                if length <= shortest[0] + 1e-3:
                    classes[index, label] = 1
    return classes, offsets


@settings(max_examples=25, deadline=None)
@given(
    events=st.lists(
        st.tuples(
            st.integers(-8, 64), st.sampled_from([1, 7, 8, 9, 16, 33, 60]), st.integers(0, 2)
        ),
        max_size=6,
    ),
    class_aware=st.booleans(),
)
def test_targets_equal_the_rules(events, class_aware):
    # Quarter cells: ends that fall on points and on the borders of ranges are common.
    segments = torch.tensor([[a / 2, a / 2 + b / 2] for a, b, _ in events]).reshape(-1, 2)
    labels = torch.tensor([label for _, _, label in events], dtype=torch.int64)
    found = assign_targets(POINTS, segments, labels, CLASSES, class_aware=class_aware)
    classes, offsets = naive_targets(POINTS, segments, labels, class_aware)
    assert torch.equal(found.classes, classes)
    assert torch.equal(found.offsets, offsets)
    assert torch.equal(found.positive, classes.amax(dim=1) > 0)


def event(*segments, labels):
    return torch.tensor(segments, dtype=torch.float32), torch.tensor(labels)


def test_ends_are_open_and_ranges_are_closed():
    segments, labels = event((4.0, 8.0), labels=[1])
    found = assign_targets(POINTS, segments, labels, CLASSES, class_aware=False)
    assert found.positive.nonzero().flatten().tolist() == [5, 6, 7]
    segments, labels = event((1.0, 9.0), labels=[1])
    found = assign_targets(POINTS, segments, labels, CLASSES, class_aware=False)
    # max(left, right) is 4 at the middle: it belongs to the first and to the second level.
    positives = found.positive.nonzero().flatten()
    assert POINTS.positions[positives].tolist() == [5.0, 2.0, 4.0, 6.0, 8.0]
    assert POINTS.strides[positives].tolist() == [1.0, 2.0, 2.0, 2.0, 2.0]
    assert found.offsets[positives[1]].tolist() == [0.5, 3.5]


def test_the_shortest_event_wins_where_classes_share_offsets():
    segments, labels = event((0.0, 8.0), (2.0, 7.0), (2.0, 7.0005), labels=[0, 1, 2])
    found = assign_targets(POINTS, segments, labels, CLASSES, class_aware=False)
    assert found.classes[4].tolist() == [0, 1, 1]
    assert found.offsets[4].tolist() == [2, 3]


def test_the_later_event_of_a_class_wins_where_classes_own_offsets():
    segments, labels = event((3.0, 6.0), (2.0, 7.0), (3.0, 7.0), labels=[1, 1, 0])
    found = assign_targets(POINTS, segments, labels, CLASSES, class_aware=True)
    assert found.classes[4].tolist() == [1, 1, 0]
    assert found.offsets[4].tolist() == [[1, 3], [2, 3], [0, 0]]


@pytest.mark.parametrize("class_aware", [True, False])
def test_a_batch_is_its_items(class_aware):
    items = [event((1.0, 9.0), labels=[1]), (torch.zeros(0, 2), torch.zeros(0, dtype=torch.int64))]
    segments, labels = zip(*items, strict=True)
    batch = batch_targets(POINTS, segments, labels, CLASSES, class_aware=class_aware)
    for index, item in enumerate(items):
        alone = assign_targets(POINTS, *item, CLASSES, class_aware=class_aware)
        assert torch.equal(batch.classes[index], alone.classes)
        assert torch.equal(batch.offsets[index], alone.offsets)
    assert batch.positive.shape == (2, len(POINTS.positions))
    assert not batch.positive[1].any()
    moved = batch.to(torch.device("meta"))
    assert moved.classes.is_meta
    assert moved.offsets.is_meta
