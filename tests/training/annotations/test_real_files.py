"""Annotation files of data sets, as they are published."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from core_model.timeline import Task
from training.annotations.errors import AnnotationError
from training.annotations.interchange import Reading, read


@cache
def once(path: Path) -> Reading:
    """Large files take a while where every call is checked."""
    return read(path)


@pytest.mark.parametrize(
    ("name", "format_name", "videos", "labels", "segments"),
    [
        ("desed_public_eval.tsv.gz", "tsv", 692, 10, 2_765),
        ("desed_real_validation.tsv.gz", "tsv", 1_168, 10, 4_224),
        ("ave_Annotations.txt.gz", "ave", 4_097, 28, 4_143),
        ("llp_AVVP_eval_audio.csv.gz", "tsv", 1_848, 25, 4_131),
        ("llp_AVVP_test_pd.csv.gz", "tsv", 1_200, 25, 0),
        ("thumos14_full.json.gz", "activitynet", 412, 20, 6_365),
        ("vggss.json.gz", "vggss", 5_158, 221, 0),
        ("audioset_ontology.json.gz", "ontology", 0, 632, 0),
        ("audioset_class_labels_indices.csv.gz", "labels", 0, 527, 0),
        ("kinetics_label_map_k400.txt.gz", "labels", 0, 400, 0),
        ("unav100_annotations.json.gz", "activitynet", 10_790, 100, 30_059),
        ("activitynet13_anet_anno_action.json.gz", "activitynet", 19_228, 200, 22_152),
        ("activitynet13_video_info_new.csv.gz", "csv", 19_228, 0, 0),
    ],
)
def test_published_file(
    name: str, format_name: str, videos: int, labels: int, segments: int, shared_data: Path
) -> None:
    reading = once(shared_data / "annotations" / name)
    found = reading.annotations
    assert reading.format == format_name
    assert (len(found.videos), len(found.labels), len(found.segments)) == (videos, labels, segments)


def test_unav_is_audio_visual_and_numbered(shared_data: Path) -> None:
    found = once(shared_data / "annotations" / "unav100_annotations.json.gz").annotations
    assert {each.kind for each in found.segments} == {Task.AVEL}
    assert sorted(each.number for each in found.labels if each.number is not None) == [*range(100)]
    first = found.segments[0]
    assert (first.video, first.label) == ("72f67ednp7w", "skateboarding")
    assert (first.onset_us, first.offset_us) == (13_010_000, 15_783_160)


def test_prose_is_no_annotation(shared_data: Path) -> None:
    with pytest.raises(AnnotationError, match="no format of annotations"):
        read(shared_data / "annotations" / "esc50_per_clip_licences.txt.gz")
