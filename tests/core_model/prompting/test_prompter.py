"""Prompts answered from what is kept: equal to detection, and without the encoders."""

import dataclasses

import numpy as np
import pytest
import torch

from core_model.bundle import Bundle
from core_model.bundle_description import BundleError, Similarity
from core_model.cache import EncodingCache
from core_model.encoders.minilm import MiniLM
from core_model.predictor import Predictor
from core_model.prompt_spec import PromptSpec
from core_model.prompting.kept import Extent
from core_model.timeline import Task
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import (
    AUDIO_DIM,
    LABELS,
    TinyAudioEncoder,
    TinyVisualEncoder,
    make_tiny_bundle,
    tiny_description,
    tiny_kinds,
)

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__)
SECONDS = 40
ALL_LABELS = [(task, label) for task, labels in LABELS.items() for label in labels]


def never():
    return False


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    video = Video(ticks=regular_ticks(SECONDS * 25))
    return write_media(folder / "clip.mp4", video, Audio(((0.0, float(SECONDS)),), rate_hz=16_000))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return EncodingCache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def predictor(bundle_folder, cache):
    return Predictor(Bundle(bundle_folder), "cpu", cache)


@pytest.fixture
def encoded(predictor, clip):
    """The clip, looked through once."""
    for _ in predictor.detect(clip):
        pass
    return predictor.kept_file(clip)


@pytest.fixture
def words(monkeypatch):
    """A text model that gives each sentence a direction of its own; the calls it got."""
    calls = []

    def embed(_self, prompts):
        calls.append(list(prompts))
        rows = [
            torch.randn(384, generator=torch.Generator().manual_seed(sum(map(ord, prompt))))
            for prompt in prompts
        ]
        return torch.nn.functional.normalize(torch.stack(rows), dim=-1)

    monkeypatch.setattr(MiniLM, "embed", embed)
    return calls


def answers(predictor, file, *specs, visible_us=None, extent=None):
    extent = extent or file.extent
    return list(predictor.prompter.answer(file, extent, specs, visible_us, never))


def assert_same(found, expected):
    assert [(d.task, d.label) for d in found] == [(d.task, d.label) for d in expected]
    for side in ("onset_us", "offset_us"):
        ours, theirs = ([getattr(d, side) for d in each] for each in (found, expected))
        np.testing.assert_allclose(ours, theirs, atol=2)
    np.testing.assert_allclose([d.score for d in found], [d.score for d in expected], atol=1e-6)


@pytest.mark.parametrize(("task", "label"), ALL_LABELS)
def test_a_known_label_as_a_prompt_finds_what_detection_finds(
    predictor, encoded, clip, task, label
):
    (answer,) = answers(predictor, encoded, PromptSpec(task, (label,)))
    *_, detected = predictor.detect(clip, tasks=[task], labels=[label])
    assert len(detected.detections) > 3
    assert_same(answer.detections, detected.detections)
    assert answer.done and answer.covered_us == (0, encoded.extent.end_us)


def test_the_second_opinion_of_snippets_counts_as_in_detection(tmp_path, clip, words):
    known = tiny_description().tasks
    similar = {
        task: dataclasses.replace(known[task], similarity=Similarity(9.0, 0.4))
        for task in (Task.TAL, Task.SED)
    }
    # Embeddings must lie in the space of the text to be compared with it.
    folder = make_tiny_bundle(tmp_path, tasks={**known, **similar}, wide=True)
    predictor = Predictor(Bundle(folder), "cpu")
    for _ in predictor.detect(clip):
        pass
    assert predictor.work.encoder_calls > 0
    file = predictor.kept_file(clip)
    for task, label in [*ALL_LABELS[:5], (Task.SED, "a kettle that whistles")]:
        (answer,) = answers(predictor, file, PromptSpec(task, (label,)))
        *_, detected = predictor.detect(clip, tasks=[task], labels=[label])
        assert_same(answer.detections, detected.detections)
        assert len(answer.curve.values) == file.extent.count
        assert 0 <= answer.curve.values.min() < answer.curve.values.max() <= 1


def test_several_prompts_at_once_find_what_each_finds_alone(predictor, encoded):
    specs = [PromptSpec(task, (label,)) for task, label in ALL_LABELS]
    together = {each.spec: each for each in answers(predictor, encoded, *specs)}
    for spec in specs:
        (alone,) = answers(predictor, encoded, spec)
        assert_same(together[spec].detections, alone.detections)
        np.testing.assert_allclose(together[spec].curve.values, alone.curve.values, atol=1e-6)


def test_no_encoder_no_backbone_and_no_text_model_work_for_a_known_wording(
    predictor, encoded, words, monkeypatch
):
    spec = PromptSpec(Task.SED, ("a kettle that whistles",))
    answers(predictor, encoded, spec)
    before = predictor.work

    def refuse(*_):
        raise AssertionError("an encoder was called")

    monkeypatch.setattr(TinyAudioEncoder, "embed", refuse)
    monkeypatch.setattr(TinyVisualEncoder, "embed", refuse)
    answers(predictor, encoded, spec, PromptSpec(Task.TAL, ("archery",)))
    assert predictor.work == before
    assert before.backbone_calls > 0
    assert len(words) == 1


def test_encodings_from_the_disk_need_the_backbone_once(bundle_folder, tmp_path, clip):
    fresh = Predictor(Bundle(bundle_folder), "cpu", EncodingCache(tmp_path))
    for _ in fresh.encode(clip):
        pass
    file = fresh.kept_file(clip)
    first = answers(fresh, file, PromptSpec(Task.SED, ("siren",)))
    windows = fresh.work.backbone_calls
    assert windows == len(file.points(Task.SED)) > 1
    second = answers(fresh, fresh.kept_file(clip), PromptSpec(Task.SED, ("siren",)))
    assert fresh.work.backbone_calls == windows
    assert_same(first[-1].detections, second[-1].detections)


def test_the_visible_windows_come_first_then_all(predictor, encoded):
    specs = [PromptSpec(Task.SED, ("siren",)), PromptSpec(Task.TAL, ("archery",))]
    visible_us = (30_000_000, 31_000_000)
    updates = answers(predictor, encoded, *specs, visible_us=visible_us)
    assert [(each.spec, each.done) for each in updates] == [
        *((spec, False) for spec in specs),
        *((spec, True) for spec in specs),
    ]
    early, whole = updates[0], updates[2]
    first_us, last_us = early.covered_us
    assert 0 < first_us <= visible_us[0] and visible_us[1] <= last_us
    assert early.curve.start_us == first_us + 500_000
    inside = [d for d in early.detections if first_us <= d.onset_us and d.offset_us <= last_us]
    assert inside == list(early.detections) != []
    assert len(whole.curve.values) == encoded.extent.count


def test_a_file_is_answered_as_far_as_it_is_encoded(predictor, encoded):
    extent = encoded.extent
    spec = PromptSpec(Task.SED, ("siren",))
    for ready in (0, 5, 70, extent.count - 1):
        part = Extent(ready, extent.count, extent.end_us)
        (answer,) = answers(predictor, encoded, spec, extent=part)
        assert not answer.done
        assert len(answer.curve.values) == ready
        end_us = answer.covered_us[1]
        assert end_us == (0 if ready == 0 else (ready - 1) * 250_000 + 1_000_000)
        assert all(d.offset_us <= end_us for d in answer.detections)
        assert bool(answer.detections) == (ready > 0)


def test_once_cancelled_nothing_more_comes(predictor, encoded):
    spec = PromptSpec(Task.SED, ("siren",))
    assert (
        list(predictor.prompter.answer(encoded, encoded.extent, [spec], None, lambda: True)) == []
    )


def test_wordings_are_averaged(predictor, encoded, words):
    one, other = PromptSpec(Task.SED, ("kettle",)), PromptSpec(Task.SED, ("whistle",))
    both = PromptSpec(Task.SED, ("kettle", "whistle"))
    curves = [answers(predictor, encoded, each)[-1].curve.values for each in (one, other, both)]
    lower, upper = np.minimum(*curves[:2]), np.maximum(*curves[:2])
    assert np.mean(np.abs(curves[2] - lower)) > 1e-3
    assert np.mean(np.abs(curves[2] - upper)) > 1e-3
    (answer,) = answers(predictor, encoded, both)
    assert {d.label for d in answer.detections} == {"kettle / whistle"}
    text = predictor.bundle.text_embeddings(Task.SED, both.wordings)
    expected = torch.nn.functional.normalize(text.mean(dim=0), dim=-1)
    from core_model.prompting.texts import prompt_rows

    torch.testing.assert_close(prompt_rows(predictor.bundle, both).rows[0], expected)


def test_a_negative_removes_what_it_names_and_leaves_the_rest(predictor, encoded, words):
    """The head's scores of both are known, so what has to go and what has to stay is, too."""
    plain = answers(predictor, encoded, PromptSpec(Task.SED, ("kettle",)))[-1]
    named = answers(predictor, encoded, PromptSpec(Task.SED, ("whistle",)))[-1]
    without = answers(predictor, encoded, PromptSpec(Task.SED, ("kettle",), ("whistle",)))[-1]
    assert {d.label for d in without.detections} <= {"kettle, not whistle"}
    before, against, after = (each.curve.values for each in (plain, named, without))
    nearer = before >= against
    assert 0 < nearer.sum() < len(nearer)
    assert np.all(after <= before + 1e-6)
    assert np.mean(before[~nearer] - after[~nearer]) > 0.02
    assert sum(d.score for d in without.detections) < sum(d.score for d in plain.detections)


def test_what_is_nearer_to_the_prompt_everywhere_is_left_as_it_is(predictor, encoded, words):
    plain = answers(predictor, encoded, PromptSpec(Task.SED, ("siren",)))[-1]
    # A negative in the opposite direction is never nearer.
    key = (Task.SED, "", "the opposite")
    row = predictor.bundle.text_embeddings(Task.SED, ["siren"])[0]
    head = predictor._head.classification
    opposite = -head.text_projection(row) - head.text_projection.bias
    far = torch.linalg.lstsq(head.text_projection.weight, opposite[:, None]).solution[:, 0]
    predictor.bundle._embedded[key] = far
    with_negative = answers(
        predictor, encoded, PromptSpec(Task.SED, ("siren",), ("the opposite",))
    )[-1]
    near = plain.curve.values > 0.5
    np.testing.assert_allclose(
        with_negative.curve.values[near], plain.curve.values[near], atol=1e-5
    )


def test_another_template_is_another_sentence_less_what_all_labels_share(predictor, encoded, words):
    spec = PromptSpec(Task.SED, ("kettle",), template="I hear {label}")
    answers(predictor, encoded, spec)
    assert words[0] == ["I hear kettle"]
    assert words[1] == [f"I hear {label}" for label in LABELS[Task.SED]]
    own = PromptSpec(Task.SED, ("siren",), template="A sound event of {label}.")
    words.clear()
    answers(predictor, encoded, own)
    assert words == []


def test_a_stream_that_the_file_lacks_is_told_at_once(predictor, tmp_path):
    sound = write_media(tmp_path / "sound.mka", None, Audio(((0.0, 5.0),), codec="flac"))
    for _ in predictor.encode(sound):
        pass
    file = predictor.kept_file(sound)
    picture, heard = answers(
        predictor, file, PromptSpec(Task.TAL, ("archery",)), PromptSpec(Task.SED, ("siren",))
    )
    assert picture.done and picture.detections == () and len(picture.curve.values) == 0
    assert heard.done and heard.detections
    assert file.features.audio.shape[1] == AUDIO_DIM


def test_a_head_with_classes_of_its_own_says_so(tmp_path, clip):
    folder = make_tiny_bundle(tmp_path, class_aware=True)
    predictor = Predictor(Bundle(folder), "cpu")
    for _ in predictor.encode(clip):
        pass
    file = predictor.kept_file(clip)
    with pytest.raises(BundleError, match="finds only its own labels for sed"):
        answers(predictor, file, PromptSpec(Task.SED, ("siren",)))


def test_a_task_that_the_bundle_lacks_is_one_line(tmp_path, clip):
    known = tiny_description().tasks
    folder = make_tiny_bundle(tmp_path, tasks={Task.SED: known[Task.SED]})
    predictor = Predictor(Bundle(folder), "cpu")
    for _ in predictor.encode(clip):
        pass
    with pytest.raises(BundleError, match="has no task tal"):
        answers(predictor, predictor.kept_file(clip), PromptSpec(Task.TAL, ("archery",)))


def test_curves_of_own_labels_come_from_what_is_kept(
    predictor, encoded, bundle_folder, tmp_path, clip
):
    before = predictor.work
    curves = predictor.prompter.label_curves(encoded, [*ALL_LABELS, (Task.SED, "nobody knows it")])
    assert predictor.work == before
    assert set(curves) == set(ALL_LABELS)
    for (task, label), curve in curves.items():
        assert len(curve.values) == encoded.extent.count
        assert curve.stride_us == encoded.grid.stride_us
        # This bundle compares nothing with words: the head's own scores are a prompt's curve.
        (answer,) = answers(predictor, encoded, PromptSpec(task, (label,)))
        expected = predictor.bundle.calibrated(task, answer.curve.values)
        np.testing.assert_allclose(curve.values, expected, atol=1e-6)
    # Where nobody has looked yet the backbone is not asked.
    fresh = Predictor(Bundle(bundle_folder), "cpu", EncodingCache(tmp_path))
    for _ in fresh.encode(clip):
        pass
    assert fresh.prompter.label_curves(fresh.kept_file(clip), ALL_LABELS) == {}
    assert fresh.work.backbone_calls == 0


def test_another_day_no_backbone_is_asked(predictor, encoded, bundle_folder, cache, clip, words):
    specs = [PromptSpec(task, (label,)) for task, label in ALL_LABELS]
    expected = answers(predictor, encoded, *specs)
    fresh = Predictor(Bundle(bundle_folder), "cpu", cache)
    found = answers(fresh, fresh.kept_file(clip), *specs)
    assert fresh.work.backbone_calls == fresh.work.encoder_calls == 0
    for one, other in zip(found, expected, strict=True):
        assert one.detections == other.detections
        np.testing.assert_array_equal(one.curve.values, other.curve.values)


def test_what_prompts_needed_first_is_kept_for_another_day(bundle_folder, tmp_path, clip):
    calls = []
    task, label = ALL_LABELS[0]
    spec = PromptSpec(task, (label,))
    for _ in range(2):
        fresh = Predictor(Bundle(bundle_folder), "cpu", EncodingCache(tmp_path))
        for _ in fresh.encode(clip):
            pass
        answers(fresh, fresh.kept_file(clip), spec)
        calls.append(fresh.work.backbone_calls)
    assert calls[0] > 0 and calls[1] == 0
