"""The order of finds from kept embeddings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.jobs.requests import ReviewOrderRequest
from app.jobs.review_order import review_order
from app.project.values import KINDS
from core_model.detection.run import Features
from core_model.media.probe import probe
from core_model.prompting.kept import Extent, KeptFile
from core_model.timeline import US_PER_S, Task
from tests.media_factory import Audio, Video, regular_ticks, write_media

SNIPPETS = 40
# Two sounds of one kind at 1 and 3 s, another one at 7 s; seconds from, to and doubt.
FINDS = ((1.0, 2.0, 0.9), (3.0, 4.0, 0.8), (7.0, 8.0, 0.5))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> KeptFile:
    path = tmp_path_factory.mktemp("media") / "clip.mp4"
    write_media(path, Video(ticks=regular_ticks(275)), Audio(((0.0, 11.0),)))
    audio = np.zeros((SNIPPETS, 4), np.float16)
    audio[:24, 0] = 1
    audio[24:, 1] = 1
    visual = np.zeros((SNIPPETS, 4), np.float16)
    visual[:, 2] = 1
    return KeptFile(probe(path), Features(visual, audio), Extent(SNIPPETS, SNIPPETS, 11 * US_PER_S))


def request(kind: Task) -> ReviewOrderRequest:
    spans = np.array([find[:2] for find in FINDS]) * US_PER_S
    return ReviewOrderRequest(
        id=3,
        path=Path("clip.mp4"),
        ids=np.array([11, 12, 13]),
        kinds=np.full(3, KINDS.index(kind), np.int8),
        label_ids=np.ones(3, np.int64),
        spans_us=spans.astype(np.int64),
        doubts=np.array([find[2] for find in FINDS]),
    )


def ids(kind: Task, file: KeptFile | None) -> list[int] | None:
    answer = review_order(request(kind), file)
    assert answer.id == 3
    return None if answer.ids is None else answer.ids.tolist()


def test_a_sound_like_the_first_waits_for_another(file):
    assert ids(Task.SED, file) == [11, 13, 12]


def test_only_the_streams_of_the_kind_are_compared(file):
    # The pictures are all alike, so that nothing is new and the order of doubt stays.
    assert ids(Task.TAL, file) == [11, 12, 13]
    assert ids(Task.AVEL, file) == [11, 13, 12]


def test_nothing_is_known_of_a_file_that_is_not_encoded(file):
    assert ids(Task.SED, None) is None
    begun = KeptFile(file.info, file.features, Extent(0, SNIPPETS, 11 * US_PER_S))
    assert ids(Task.SED, begun) is None


def test_what_is_not_encoded_yet_is_unlike_everything(file):
    half = KeptFile(file.info, file.features, Extent(10, SNIPPETS, 11 * US_PER_S))
    assert ids(Task.SED, half) == [11, 12, 13]


def test_no_finds_have_no_order(file):
    none = replace(
        request(Task.SED),
        ids=np.empty(0, np.int64),
        kinds=np.empty(0, np.int8),
        label_ids=np.empty(0, np.int64),
        spans_us=np.empty((0, 2), np.int64),
        doubts=np.empty(0),
    )
    answer = review_order(none, file)
    assert answer.ids is not None and not len(answer.ids)
