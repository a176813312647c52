"""Bundles are read as they were written; everything that does not fit is one clear line."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core_model import bundle as bundle_module
from core_model.bundle import Bundle, distinct_labels, save_bundle
from core_model.bundle_description import (
    BundleError,
    Calibration,
    Similarity,
    TaskDescription,
    parse_description,
    read_description,
)
from core_model.timeline import Task
from tests.tiny_bundle import (
    AUDIO_DIM,
    LABELS,
    TEXT_DIM,
    VISUAL_DIM,
    make_tiny_bundle,
    tiny_description,
    tiny_kinds,
)

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__)
CPU = torch.device("cpu")
assert tiny_kinds


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("original"))


@pytest.fixture
def folder(original, tmp_path):
    return shutil.copytree(original, tmp_path / "bundle")


class CountingTextEncoder:
    """Stands where MiniLM does and counts its calls; embeds text as its first letters."""

    dim = TEXT_DIM
    calls: list[list[str]] = []  # noqa: RUF012

    def embed(self, prompts):
        self.calls.append(list(prompts))
        rows = torch.zeros(len(prompts), TEXT_DIM)
        for row, prompt in zip(rows, prompts, strict=True):
            row[: len(prompt)] = torch.tensor([float(ord(c)) for c in prompt])
        return torch.nn.functional.normalize(rows, dim=-1)


@pytest.fixture
def text_calls(monkeypatch):
    monkeypatch.setattr(CountingTextEncoder, "calls", [])
    monkeypatch.setitem(bundle_module.TEXT_ENCODERS, "minilm", CountingTextEncoder)
    return CountingTextEncoder.calls


def edit_json(folder, change):
    path = folder / "bundle.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    change(raw)
    path.write_text(json.dumps(raw), encoding="utf-8")


def test_a_description_comes_back_as_it_was_written(folder):
    assert read_description(folder) == tiny_description()


def test_the_parts_are_built_with_their_sizes(folder):
    bundle = Bundle(folder)
    assert bundle.visual_encoder(CPU).dim == VISUAL_DIM
    assert bundle.audio_encoder(CPU).dim == AUDIO_DIM
    head = bundle.head(CPU)
    assert not head.training
    assert not any(parameter.requires_grad for parameter in head.parameters())


def test_ids_follow_the_weights_and_not_the_folder(tmp_path):
    ids = [
        Bundle(make_tiny_bundle(tmp_path / name, seed)).encoder_ids
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    ]
    assert ids[0] == ids[1]
    assert ids[0][0] != ids[2][0] and ids[0][1] != ids[2][1]
    assert all(part.startswith("tiny-") for part in ids[0])


def test_stored_labels_need_no_text_model(folder, text_calls):
    stored = load_file(folder / "labels.safetensors")
    rows = Bundle(folder).text_embeddings(Task.SED, ["Siren", " dog  BARKING "])
    torch.testing.assert_close(rows, stored["sed"][[1, 0]])
    assert text_calls == []


def test_new_labels_are_embedded_once_with_prompt_and_mean(folder, text_calls):
    bundle = Bundle(folder)
    rows = bundle.text_embeddings(Task.SED, ["kettle", "siren"])
    again = bundle.text_embeddings(Task.SED, ["KETTLE"])
    assert text_calls == [["A sound event of kettle."]]
    stored = load_file(folder / "labels.safetensors")
    embedded = CountingTextEncoder().embed(["A sound event of kettle."])[0]
    expected = torch.nn.functional.normalize(embedded - stored["template_mean.sed"], dim=-1)
    torch.testing.assert_close(rows, torch.stack([expected, stored["sed"][1]]))
    torch.testing.assert_close(again, rows[:1])


def test_each_task_has_its_own_prompt(folder, text_calls):
    bundle = Bundle(folder)
    bundle.text_embeddings(Task.TAL, ["kettle"])
    bundle.text_embeddings(Task.AVEL, ["kettle"])
    assert text_calls == [["A visual event of kettle."], ["An audio visual event of kettle."]]


def test_labels_are_told_apart_without_case_and_blanks():
    assert distinct_labels(["Dog", " cat ", "dog", "", "C A T"]) == ("Dog", "cat", "C A T")
    with pytest.raises(BundleError):
        distinct_labels([" ", ""])


def test_calibration_scales_and_shifts_the_logit(folder):
    bundle = Bundle(folder)
    probabilities = np.array([0.0, 0.1, 0.5, 0.9, 1.0], np.float32)
    scores = bundle.calibrated(Task.SED, probabilities)
    expected = 1 / (1 + np.exp(-(1.2 * np.log(0.1 / 0.9) - 0.3)))
    assert scores[1] == pytest.approx(expected, rel=1e-6)
    assert (np.diff(scores) > 0).all() and scores.min() >= 0 and scores.max() <= 1
    np.testing.assert_allclose(bundle.calibrated(Task.TAL, probabilities), probabilities, atol=1e-6)


def test_the_floor_is_where_calibration_puts_it(folder):
    bundle = Bundle(folder)
    for task in Task:
        floor = np.array([bundle.probability_floor(task)])
        assert bundle.calibrated(task, floor)[0] == pytest.approx(0.02)


def test_labels_learned_later_are_compared_but_nothing_is_with_them(folder):
    whole = Bundle(folder).reference(Task.SED)
    edit_json(folder, lambda raw: raw["tasks"]["sed"].update(compared=1))
    fewer = Bundle(folder)
    assert fewer.description.tasks[Task.SED].compared_count == 1
    others = fewer.others(Task.SED)
    assert torch.equal(fewer.reference(Task.SED), torch.cat([whole[:1], others]))
    assert len(whole) == len(LABELS[Task.SED]) + len(others)
    assert Bundle(folder).text_embeddings(Task.SED, LABELS[Task.SED]).shape[0] > 1


def test_thresholds_are_of_the_label_or_of_the_task():
    settings = tiny_description().tasks[Task.SED]
    assert [settings.threshold_of(label) for label in ("siren", "kettle")] == [0.6, 0.4]
    assert settings.threshold_of(" Siren ") == 0.6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw.update(extra=1), "unknown key 'extra'"),
        (lambda raw: raw.update(version=2), "version 2"),
        (lambda raw: raw.pop("version"), "'version' is missing"),
        (lambda raw: raw.pop("head"), "'head' is missing"),
        (lambda raw: raw.update(window=8_193), "'window' must be at most 8192"),
        (lambda raw: raw.update(name="my\nmodel"), "'name' must be one line of text"),
        (lambda raw: raw["tasks"]["sed"]["labels"].append("a\x1b[2J"), "must be one line of text"),
        (lambda raw: raw.update(head="../head.safetensors"), "plain file name"),
        (lambda raw: raw.update(head="/etc/passwd"), "plain file name"),
        (lambda raw: raw.update(head="..\\x"), "plain file name"),
        (lambda raw: raw.update(head=""), "must be a text"),
        (lambda raw: raw["visual"].update(kind="magic"), "unknown visual encoder 'magic'"),
        (lambda raw: raw["audio"].update(kind="magic"), "unknown audio encoder 'magic'"),
        (lambda raw: raw.update(text="magic"), "unknown text encoder 'magic'"),
        (lambda raw: raw.update(visual="tiny"), "must be an object"),
        (lambda raw: raw.update(hop=0), "'hop'"),
        (lambda raw: raw.update(hop=1000), "'hop'"),
        (lambda raw: raw.update(floor=2), "[0, 1]"),
        (lambda raw: raw.update(window=True), "whole number"),
        (lambda raw: raw.update(tasks={}), "at least one task"),
        (lambda raw: raw["tasks"].update(smell={}), "unknown key 'smell'"),
        (lambda raw: raw["tasks"]["sed"].update(labels=[]), "list of texts"),
        (lambda raw: raw["tasks"]["sed"].update(labels=["a", "a"]), "occurs twice"),
        (lambda raw: raw["tasks"]["sed"].update(labels=["a", 3]), "must be a text"),
        (lambda raw: raw["tasks"]["sed"].update(prompt="no place"), "{label}"),
        (lambda raw: raw["tasks"]["sed"].update(prompt="{label} {0.x}"), "{label}"),
        (lambda raw: raw["tasks"]["sed"].update(threshold="high"), "number"),
        (lambda raw: raw["tasks"]["sed"].update(label_thresholds={"cow": 0.1}), "'cow'"),
        (lambda raw: raw["tasks"]["sed"].update(calibration={"scale": 1}), "'bias' is missing"),
        (lambda raw: raw["tasks"]["sed"]["calibration"].update(scale=-1), "'scale'"),
        (lambda raw: raw["tasks"]["sed"]["calibration"].update(bias=float("nan")), "number"),
        (lambda raw: raw["tasks"]["tal"].update(labels=["one"]), "for 1 labels"),
        (lambda raw: raw["tasks"]["sed"].update(compared=3), "'compared'"),
        (lambda raw: raw["tasks"]["sed"].update(compared=0), "whole number"),
    ],
)
def test_a_wrong_description_is_named(folder, change, words):
    edit_json(folder, change)
    with pytest.raises(BundleError) as caught:
        Bundle(folder)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_a_description_that_is_none(folder, content):
    (folder / "bundle.json").write_bytes(content)
    with pytest.raises(BundleError) as caught:
        Bundle(folder)
    assert "bundle.json" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("bundle.json", Bundle),
        ("labels.safetensors", Bundle),
        ("visual.safetensors", lambda folder: Bundle(folder).visual_encoder(CPU)),
        ("audio.safetensors", lambda folder: Bundle(folder).audio_encoder(CPU)),
        ("visual.safetensors", lambda folder: Bundle(folder).encoder_ids),
        ("head.safetensors", lambda folder: Bundle(folder).head(CPU)),
    ],
)
def test_a_missing_file_is_named(folder, name, use):
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        use(folder)


@pytest.mark.parametrize("name", ["visual.safetensors", "head.safetensors"])
def test_a_damaged_file_is_named(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes()[:-5])
    bundle = Bundle(folder)
    with pytest.raises(BundleError, match=name) as caught:
        bundle.head(CPU) if name.startswith("head") else bundle.visual_encoder(CPU)
    assert "\n" not in str(caught.value)


def test_weights_of_another_shape_are_named(folder):
    save_file({"0.weight": torch.zeros(3, 3)}, folder / "visual.safetensors")
    with pytest.raises(BundleError, match=r"visual\.safetensors"):
        Bundle(folder).visual_encoder(CPU)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda tensors: tensors.pop("tal"), "'tal' is missing"),
        (lambda tensors: tensors.update(smell=torch.zeros(1)), "unknown tensor 'smell'"),
        (lambda tensors: tensors.update(tal=torch.zeros(3)), "'tal' is"),
        (lambda tensors: tensors.update({"template_mean.sed": torch.zeros(2)}), "template_mean"),
        (lambda tensors: tensors["tal"].fill_(float("nan")), "not finite"),
        (
            lambda tensors: tensors.update(tal=tensors["tal"].to(torch.float8_e4m3fn)),
            "'tal' is torch.float8_e4m3fn",
        ),
        (lambda tensors: tensors.update(tal=tensors["tal"] * 1j), "'tal' is torch.complex64"),
    ],
)
def test_wrong_label_tensors_are_named(folder, change, words):
    path = folder / "labels.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    with pytest.raises(BundleError, match=words):
        Bundle(folder)


def test_labels_of_another_width_than_the_head_are_named(folder):
    path = folder / "labels.safetensors"
    save_file({name: torch.ones(len(LABELS[Task(name)]), 7) for name in Task}, path)
    with pytest.raises(BundleError, match="7 columns"):
        Bundle(folder).head(CPU)


@pytest.mark.parametrize(
    ("name", "tensor", "use"),
    [
        ("head.safetensors", "classification.log_scale", Bundle.head),
        ("head.safetensors", "regression.offsets.sed.bias", Bundle.head),
        ("visual.safetensors", "0.weight", Bundle.visual_encoder),
        ("audio.safetensors", "0.bias", Bundle.audio_encoder),
    ],
)
def test_weights_that_are_not_finite_are_named(folder, name, tensor, use):
    path = folder / name
    with safe_open(path, "pt") as stored:
        described = stored.metadata()
    weights = load_file(path)
    weights[tensor].flatten()[0] = float("nan")
    save_file(weights, path, described)
    with pytest.raises(BundleError, match=rf"{name}: '{tensor}' holds numbers that are not fin"):
        use(Bundle(folder), CPU)


def test_classes_of_which_there_are_more_or_less_than_labels_are_named(tmp_path):
    folder = make_tiny_bundle(tmp_path / "bundle", class_aware=True)
    other = {**tiny_description().tasks, Task.SED: TaskDescription(("siren",), "A {label}.")}
    fewer = make_tiny_bundle(tmp_path / "fewer", class_aware=True, tasks=other)
    (fewer / "head.safetensors").write_bytes((folder / "head.safetensors").read_bytes())
    with pytest.raises(BundleError, match="sed has 2 classes for 1 labels"):
        Bundle(fewer).head(CPU)


@pytest.mark.parametrize("more", [{}, {"wide": True, "class_aware": True}])
def test_snippets_that_cannot_be_compared_as_asked_are_named(tmp_path, more):
    known = tiny_description().tasks
    compared = dataclasses.replace(known[Task.SED], similarity=Similarity(9.0, 0.4))
    folder = make_tiny_bundle(tmp_path / "bundle", tasks={Task.SED: compared}, **more)
    with pytest.raises(BundleError, match="cannot be compared with the labels of sed"):
        Bundle(folder).head(CPU)


def test_a_head_without_the_task_is_named(tmp_path):
    sed_only = {Task.SED: TaskDescription(("siren",), "A sound of {label}.")}
    folder = make_tiny_bundle(tmp_path / "sed", tasks=sed_only)
    full = make_tiny_bundle(tmp_path / "full")
    (full / "head.safetensors").write_bytes((folder / "head.safetensors").read_bytes())
    with pytest.raises(BundleError, match="has no task"):
        Bundle(full).head(CPU)


def test_what_could_not_be_read_back_is_not_written(tmp_path):
    rows = {task: torch.zeros(len(labels), TEXT_DIM) for task, labels in LABELS.items()}
    with pytest.raises(BundleError):
        save_bundle(tmp_path, tiny_description(hop=0), rows)
    with pytest.raises(BundleError):
        save_bundle(tmp_path, tiny_description(), {**rows, Task.SED: torch.zeros(9, TEXT_DIM)})
    assert list(tmp_path.iterdir()) == []


def test_optional_values_have_defaults():
    raw = tiny_description().to_dict()
    for key in ("window", "hop", "floor"):
        del raw[key]
    for key in ("threshold", "label_thresholds", "calibration"):
        del raw["tasks"]["sed"][key]
    description = parse_description(raw, "here")
    assert (description.window, description.hop) == (256, 192)
    assert description.tasks[Task.SED].calibration == Calibration(1.0, 0.0)
