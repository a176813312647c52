"""Annotations under other labels, other kinds and another annotator, before they are taken in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from core_model.timeline import Task
from training.annotations.model import AnnotationSet, Label, Origin

LabelKey: TypeAlias = tuple[Task, str]


def label_counts(document: AnnotationSet) -> dict[LabelKey, int]:
    """How many segments each label has, in the order of the labels; those without any too."""
    counts = Counter((each.kind, each.label) for each in document.segments)
    listed = {(label.kind, label.name): 0 for label in document.labels}
    return {**listed, **counts}


def with_labels(document: AnnotationSet, becomes: Mapping[LabelKey, LabelKey]) -> AnnotationSet:
    """The same with labels called otherwise or of another kind; those not named stay.

    Several labels may become one, whose details are then those of the first. What is known of a
    label goes along; its parent is renamed as well, and dropped where it ends up in another kind.
    """
    labels: dict[LabelKey, Label] = {}
    for label in document.labels:
        kind, name = becomes.get((label.kind, label.name), (label.kind, label.name))
        parent_kind, parent = becomes.get((label.kind, label.parent), (label.kind, label.parent))
        parent = parent if parent_kind is kind and parent != name else ""
        labels.setdefault((kind, name), replace(label, kind=kind, name=name, parent=parent))
    segments = []
    for segment in document.segments:
        kind, name = becomes.get((segment.kind, segment.label), (segment.kind, segment.label))
        segments.append(replace(segment, kind=kind, label=name))
    return replace(document, labels=tuple(labels.values()), segments=tuple(segments))


def with_annotator(document: AnnotationSet, name: str) -> AnnotationSet:
    """The same as one person's work; what a model found and nobody touched stays the model's."""
    segments = tuple(
        each if each.provenance.origin is Origin.MODEL else replace(each, annotator=name)
        for each in document.segments
    )
    return replace(document, segments=segments)
