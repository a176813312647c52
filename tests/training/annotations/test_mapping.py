"""Labels and annotators of a file under other names before they are taken in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core_model.timeline import Task
from tests.training.annotations.projects import random_project
from training.annotations.mapping import label_counts, with_annotator, with_labels
from training.annotations.model import (
    AnnotationSet,
    Label,
    Origin,
    Provenance,
    Segment,
    Video,
)

DOG, BARK, WAVE = (Task.SED, "dog"), (Task.SED, "bark"), (Task.TAL, "wave")


def document(*segments: Segment, labels: tuple[Label, ...] = ()) -> AnnotationSet:
    return AnnotationSet((Video("a.mp4"),), labels, segments)


def segment(kind: Task, label: str, origin: Origin = Origin.HUMAN) -> Segment:
    return Segment("a.mp4", kind, label, 0, 1, provenance=Provenance(origin))


def test_two_labels_become_one_of_another_kind() -> None:
    labels = (Label(*DOG, prompt="a dog"), Label(*BARK, parent="dog"))
    before = document(segment(*DOG), segment(*BARK), segment(*WAVE), labels=labels)
    after = with_labels(before, {DOG: (Task.AVEL, "hound"), BARK: (Task.AVEL, "hound")})
    assert label_counts(after) == {(Task.AVEL, "hound"): 2, WAVE: 1}
    assert after.labels == (Label(Task.AVEL, "hound", prompt="a dog"),)


def test_a_parent_is_renamed_and_does_not_cross_kinds() -> None:
    labels = (Label(*DOG), Label(*BARK, parent="dog"))
    renamed = with_labels(document(labels=labels), {DOG: (Task.SED, "hound")})
    assert [label.parent for label in renamed.labels] == ["", "hound"]
    apart = with_labels(document(labels=labels), {DOG: (Task.TAL, "hound")})
    assert [label.parent for label in apart.labels] == ["", ""]


@given(st.integers(0, 1_000))
def test_every_segment_stays(seed: int) -> None:
    before = random_project(seed)
    keys = list(label_counts(before))
    becomes = dict.fromkeys(keys[::2], keys[-1])
    after = with_labels(before, becomes)
    pairs = zip(before.segments, after.segments, strict=True)
    for old, new in pairs:
        assert (new.kind, new.label) == becomes.get((old.kind, old.label), (old.kind, old.label))
        assert (new.onset_us, new.offset_us, new.note) == (old.onset_us, old.offset_us, old.note)
    assert with_labels(before, {}).segments == before.segments


def test_a_find_of_the_model_gets_no_annotator() -> None:
    after = with_annotator(document(segment(*DOG), segment(*DOG, origin=Origin.MODEL)), "ben")
    assert [each.annotator for each in after.segments] == ["ben", ""]
