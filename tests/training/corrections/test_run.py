"""Whole trainings on small real files: from a project's segments to a bundle on the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core_model.bundle import Bundle
from core_model.cache import EncodingCache
from core_model.predictor import Predictor
from core_model.provenance import read_provenance
from core_model.timeline import Task
from tests.tiny_bundle import LABELS, make_tiny_bundle, tiny_kinds
from tests.training.corrections.learning import (
    CLIP_S,
    KNOWN,
    NEW,
    clip,
    light_text,
    one_thread,
    project_of,
    quick,
)
from tests.training.corrections.made_up import corrections, segment, video
from training.corrections import learner, run, written
from training.corrections.data import TrainingData
from training.corrections.events import (
    Depth,
    Encoding,
    Evaluated,
    Remark,
    TrainingDone,
    TrainingEvent,
    TrainingFailed,
    TrainingPlan,
)
from training.corrections.run import TrainingRequest, training_events
from training.corrections.written import part_folder

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__, light_text.__name__, one_thread.__name__)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner, "SETTINGS", {depth: quick(depth, 3) for depth in Depth})


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return project_of(tmp_path_factory.mktemp("media"))


@pytest.fixture
def init(tmp_path: Path) -> Path:
    return make_tiny_bundle(tmp_path / "old")


def trained(data: TrainingData, init: Path, out: Path) -> list[TrainingEvent]:
    return list(training_events(TrainingRequest(data, init, out), EncodingCache()))


def failure(events: list[TrainingEvent]) -> str:
    last = events[-1]
    assert isinstance(last, TrainingFailed)
    assert "\n" not in last.reason
    return last.reason


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_from_segments_to_a_bundle(media: TrainingData, init: Path, tmp_path: Path) -> None:
    old = contents(init)
    out = tmp_path / "new" / "model"
    events = trained(media, init, out)
    plan, done = events[0], events[-1]
    assert isinstance(plan, TrainingPlan) and isinstance(done, TrainingDone)
    assert sum(isinstance(each, TrainingPlan) for each in events) == 1
    encodings = [each for each in events if isinstance(each, Encoding)]
    assert {each.video for each in encodings} == {each.name for each in plan.videos}
    assert contents(init) == old
    assert not part_folder(out).exists()

    bundle = Bundle(out)
    assert (done.version, done.parent) == (bundle.version, Bundle(init).version)
    assert bundle.description.name == "test r12"
    assert bundle.description.tasks[Task.SED].labels == (*LABELS[Task.SED], NEW)
    assert set(bundle.description.tasks[Task.SED].label_thresholds) == {KNOWN, NEW}
    assert {(row.kind, row.label) for row in done.compared} == {
        (Task.SED, ""),
        (Task.SED, NEW),
        (Task.SED, KNOWN),
    }
    assert all(0 <= row.before <= 1 and 0 <= row.after <= 1 for row in done.compared)
    provenance = read_provenance(out)
    assert provenance is not None
    assert (provenance.data_revision, provenance.positives, provenance.negatives) == (12, 9, 3)
    assert provenance.parent == done.parent and len(provenance.metrics) == len(done.compared)

    path = Path(media.videos[0].path)
    found = [list(Predictor(Bundle(out)).detect(path))[-1].detections for _ in range(2)]
    assert found[0] == found[1] and any(each.label == NEW for each in found[0])


def test_what_cannot_be_read_is_left_out(media: TrainingData, init: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    other = tmp_path / "other.mp4"
    shutil.copyfile(media.videos[0].path, other)
    silent = clip(tmp_path, "silent.mp4", sound=False)
    data = replace(
        media,
        videos=(
            *media.videos,
            video("broken.mp4", segment(NEW, 1, 2), path=str(broken)),
            replace(video("other.mp4", segment(NEW, 1, 2), path=str(other)), content_hash="x"),
            replace(
                video("silent.mp4", segment(NEW, 1, 2), segment("x", 1, 2, kind=Task.TAL)),
                path=str(silent),
                content_hash="",
            ),
            video("gone.mp4", segment(NEW, 1, 2), path=""),
        ),
    )
    events = trained(data, init, tmp_path / "new")
    assert isinstance(events[-1], TrainingDone)
    remarks = [each.text for each in events if isinstance(each, Remark)]
    assert any(text.startswith("broken.mp4: file: ") for text in remarks)
    assert any("something else than what was annotated" in text for text in remarks)
    assert any(text.startswith("silent.mp4: 1 segments are of a kind") for text in remarks)
    last_plan = [each for each in events if isinstance(each, TrainingPlan)][-1]
    assert {each.name for each in last_plan.left_out} == {"broken.mp4", "other.mp4", "gone.mp4"}


def test_nothing_to_learn_from(media: TrainingData, init: Path, tmp_path: Path) -> None:
    out = tmp_path / "new"
    assert "no corrections to learn from" in failure(trained(corrections(), init, out))
    gone = replace(media, videos=tuple(replace(each, path="") for each in media.videos))
    assert "its file is missing" in failure(trained(gone, init, out))
    broken = replace(media, videos=tuple(replace(v, content_hash="x") for v in media.videos))
    assert "nothing to learn from" in failure(trained(broken, init, out))
    late = segment(NEW, CLIP_S + 5, CLIP_S + 6)
    outside = replace(media, videos=(replace(media.videos[0], segments=(late,)),))
    assert "outside the video" in failure(trained(outside, init, out))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]


def test_a_taken_place_is_not_touched(media: TrainingData, init: Path, tmp_path: Path) -> None:
    old = contents(init)
    assert "something of this name already" in failure(trained(media, init, init))
    assert contents(init) == old
    (tmp_path / "file").write_text("mine")
    assert "something of this name already" in failure(trained(media, init, tmp_path / "file"))
    (tmp_path / "empty").mkdir()
    assert isinstance(trained(media, init, tmp_path / "empty")[-1], TrainingDone)


def test_a_full_disk(
    media: TrainingData, init: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(written.shutil, "copyfile", full)
    out = tmp_path / "new"
    assert "No space left on device" in failure(trained(media, init, out))
    assert not out.exists() and not part_folder(out).exists()


def test_cut_off_and_begun_again(media: TrainingData, init: Path, tmp_path: Path) -> None:
    out = tmp_path / "new"
    events: Iterator[TrainingEvent] = training_events(
        TrainingRequest(media, init, out), EncodingCache()
    )
    while not isinstance(next(events), Encoding):
        pass
    assert part_folder(out).exists()
    events.close()  # type: ignore[attr-defined]
    assert not part_folder(out).exists() and not out.exists()

    part_folder(out).mkdir()  # as it is after a kill
    (part_folder(out) / "half").write_bytes(b"written")
    again = trained(media, init, out)
    assert isinstance(again[-1], TrainingDone)
    assert any(isinstance(each, Remark) and "starts anew" in each.text for each in again)
    assert "half" not in contents(out)


def test_cut_off_in_the_middle_it_goes_on(
    media: TrainingData, init: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "KEEP_EVERY_S", 0.0)
    whole, out = tmp_path / "whole", tmp_path / "new"
    trained(media, init, whole)

    def cut_off() -> None:
        events = training_events(TrainingRequest(media, init, out), EncodingCache())
        assert any(isinstance(each, Evaluated) and each.step == 2 for each in events)
        events.close()

    cut_off()
    again = trained(media, init, out)
    texts = [each.text for each in again if isinstance(each, Remark)]
    assert texts == ["An earlier training was cut off; this one goes on after step 1 of 3."]
    assert Bundle(out).version == Bundle(whole).version
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old", "whole"]
    shutil.rmtree(out)
    cut_off()
    anna, *others = media.videos
    less = replace(media, videos=(replace(anna, segments=anna.segments[:2]), *others))
    events = training_events(TrainingRequest(less, init, out), EncodingCache())
    remark = next(each for each in events if isinstance(each, Remark))
    assert "with other corrections" in remark.text and "starts anew" in remark.text
    events.close()


def test_a_wrong_bundle_is_one_line(media: TrainingData, init: Path, tmp_path: Path) -> None:
    assert "bundle.json" in failure(trained(media, tmp_path / "none", tmp_path / "new"))
    other = make_tiny_bundle(tmp_path / "other", 1)
    shutil.copyfile(other / "head.safetensors", init / "visual.safetensors")
    assert "visual.safetensors" in failure(trained(media, init, tmp_path / "new"))
