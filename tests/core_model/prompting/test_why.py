"""Questions about single detections: the point, the streams and the labels behind them."""

import numpy as np
import pytest

from core_model.bundle import Bundle
from core_model.bundle_description import BundleError
from core_model.media.errors import MediaError
from core_model.predictor import Predictor
from core_model.prompt_spec import PromptSpec
from core_model.prompting.kept import Extent, KeptFile
from core_model.timeline import Detection, Task
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import LABELS, make_tiny_bundle, tiny_kinds

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Shorter than a window, so that a detection has the score of one point."""
    folder = tmp_path_factory.mktemp("media")
    audio = Audio(((0.0, 15.0),), rate_hz=16_000)
    return write_media(folder / "clip.mp4", Video(ticks=regular_ticks(375)), audio)


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def predictor(bundle_folder):
    return Predictor(Bundle(bundle_folder), "cpu")


@pytest.fixture
def found(predictor, clip):
    *_, last = predictor.detect(clip)
    return last.detections


def test_the_point_that_proposed_a_detection_has_its_score(predictor, found, clip):
    file = predictor.kept_file(clip)
    for task in Task:
        best = max((each for each in found if each.task is task), key=lambda each: each.score)
        why = predictor.explainer.explain(file, best, None)
        # The best of all has been decayed by none.
        assert why.calibrated == pytest.approx(best.score, abs=1e-3)
        shown = predictor.bundle.calibrated(task, np.array([why.raw_score]))[0]
        assert why.calibrated == pytest.approx(shown)
        assert 0 <= why.level <= 3 and why.stride == 2**why.level
        assert dict(why.nearest_labels)[best.label] == pytest.approx(why.calibrated, abs=1e-6)
        scores = [score for _, score in why.nearest_labels]
        assert scores == sorted(scores, reverse=True)
        assert {label for label, _ in why.nearest_labels} <= set(LABELS[task])


def test_masking_a_stream_changes_what_the_model_sees(predictor, found, clip):
    file = predictor.kept_file(clip)
    best = max(found, key=lambda each: each.score)
    why = predictor.explainer.explain(file, best, None)
    assert why.without_audio is not None and why.without_picture is not None
    assert why.without_audio != pytest.approx(why.calibrated, abs=1e-4)
    assert why.without_picture != pytest.approx(why.calibrated, abs=1e-4)


def test_a_stream_that_is_not_there_cannot_be_masked(predictor, tmp_path):
    sound = write_media(tmp_path / "sound.mka", None, Audio(((0.0, 8.0),), codec="flac"))
    *_, last = predictor.detect(sound)
    best = max(last.detections, key=lambda each: each.score)
    why = predictor.explainer.explain(predictor.kept_file(sound), best, None)
    assert why.without_picture is None and why.without_audio is not None


def test_a_prompt_is_asked_with_its_wordings_and_negatives(predictor, found, clip):
    file = predictor.kept_file(clip)
    spec = PromptSpec(Task.SED, ("siren", "dog barking"))
    (answer,) = predictor.prompter.answer(file, file.extent, [spec], None, lambda: False)
    best = max(answer.detections, key=lambda each: each.score)
    why = predictor.explainer.explain(file, best, spec)
    assert why.calibrated == pytest.approx(best.score, abs=1e-3)


def test_what_is_not_encoded_is_one_clear_line(predictor, found, clip):
    file = predictor.kept_file(clip)
    early = KeptFile(file.info, file.features, Extent(8, file.extent.count, file.extent.end_us))
    late = Detection(Task.SED, "siren", 12_000_000, 13_000_000, 0.5)
    with pytest.raises(MediaError, match="is not encoded there yet"):
        predictor.explainer.explain(early, late, None)


def test_a_head_with_classes_of_its_own_says_so(tmp_path, clip):
    predictor = Predictor(Bundle(make_tiny_bundle(tmp_path, class_aware=True)), "cpu")
    *_, last = predictor.detect(clip)
    with pytest.raises(BundleError, match="cannot be asked"):
        predictor.explainer.explain(predictor.kept_file(clip), last.detections[0], None)


def test_a_detection_across_windows_is_explained_by_one_that_sees_it(predictor, tmp_path):
    video, audio = Video(ticks=regular_ticks(1000)), Audio(((0.0, 40.0),), rate_hz=16_000)
    long = write_media(tmp_path / "long.mp4", video, audio)
    *_, last = predictor.detect(long)
    file = predictor.kept_file(long)
    for best in sorted(last.detections, key=lambda each: -each.score)[:20]:
        why = predictor.explainer.explain(file, best, None)
        assert why.calibrated > 0.3 * best.score
