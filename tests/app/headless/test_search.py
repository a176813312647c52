"""``main.py search`` on a real project with media made for it."""

import dataclasses
import json

import numpy as np
import pytest

import main
from app.project.project import Project
from core_model import bundle_description
from core_model.bundle import Bundle
from core_model.bundle_description import Similarity
from core_model.cache import EncodingCache, Encodings, content_hash
from core_model.media.probe import probe
from core_model.predictor import Predictor
from core_model.timeline import SnippetGrid, Task
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import make_tiny_bundle, tiny_description, tiny_kinds

assert tiny_kinds
LENGTH_S = 6


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory):
    known = tiny_description().tasks
    similar = {
        task: dataclasses.replace(known[task], similarity=Similarity(9.0, 0.4))
        for task in (Task.TAL, Task.SED)
    }
    folder = tmp_path_factory.mktemp("bundle")
    return make_tiny_bundle(folder, tasks={**known, **similar}, wide=True)


@pytest.fixture(autouse=True)
def tiny_starter(tiny_kinds, bundle_folder, monkeypatch):
    monkeypatch.setattr(bundle_description, "starter_folder", lambda: bundle_folder)


@pytest.fixture
def project(tmp_path):
    """Two videos, and one that has gone."""
    path = tmp_path / "study.avscope"
    made = Project.create(path, "anna")
    for name, seconds in (("one", LENGTH_S), ("two", 3), ("gone", 2)):
        video = Video(ticks=regular_ticks(25 * seconds))
        file = write_media(tmp_path / f"{name}.mp4", video, Audio(((0.0, float(seconds)),)))
        made.add_video(file)
    made.close()
    (tmp_path / "gone.mp4").unlink()
    return path


def run(project, *arguments):
    return main.main(["search", "--project", str(project), *map(str, arguments)])


def teach(bundle_folder, file, snippets):
    """Store encodings of a file in which a siren is heard in some snippets, and else a dog."""
    bundle = Bundle(bundle_folder)
    info = probe(file)
    grid = SnippetGrid(info.start_us)
    count = grid.snippet_count(info.end_us)
    siren, dog = bundle.text_embeddings(Task.SED, ["siren", "dog barking"]).numpy()
    random = np.random.default_rng(0)
    audio, visual = random.normal(scale=0.02, size=(2, count, len(siren)))
    audio += dog
    audio[snippets[0] : snippets[1] + 1] += siren - dog
    encodings = Encodings(grid, info.end_us, visual.astype(np.float16), audio.astype(np.float16))
    assert EncodingCache().store(content_hash(file), bundle.encoder_ids, encodings)


def test_json_is_a_ranked_list_of_moments(project, bundle_folder, capsys):
    teach(bundle_folder, project.parent / "one.mp4", (8, 12))
    assert run(project, "siren", "--task", "sed", "--top", "3", "--format", "json") == 1
    out, err = capsys.readouterr()
    moments = json.loads(out)
    assert 0 < len(moments) <= 3
    keys = ["video", "task", "onset_s", "offset_s", "score"]
    assert all(list(each) == keys for each in moments)
    best = moments[0]
    assert (best["video"], best["task"]) == ("one.mp4", "sed")
    assert best["onset_s"] == pytest.approx(2.375, abs=0.3)
    assert best["offset_s"] == pytest.approx(3.625, abs=0.3)
    scores = [each["score"] for each in moments]
    assert scores == sorted(scores, reverse=True)
    assert "gone.mp4: missing" in err


def test_what_is_not_encoded_is_encoded_once(project, capsys, monkeypatch):
    assert run(project, "siren", "--format", "json") == 1
    first = json.loads(capsys.readouterr().out)
    assert {each["video"] for each in first} == {"one.mp4", "two.mp4"}

    def refuse(*_, **__):
        raise AssertionError("a file was encoded again")

    monkeypatch.setattr(Predictor, "encode", refuse)
    assert run(project, "siren", "--format", "json") == 1
    assert json.loads(capsys.readouterr().out) == first


def test_only_what_is_encoded_may_be_asked_for(project, capsys):
    assert run(project, "siren", "--encoded-only") == 1
    out, err = capsys.readouterr()
    assert out == "nothing found\n"
    assert "one.mp4: left out, not encoded yet" in err
    assert "two.mp4: left out, not encoded yet" in err


def test_a_table_names_the_videos(project, capsys):
    assert run(project, "siren | dog barking ! archery", "--top", "2") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["onset", "offset", "kind", "score", "video"]
    assert len(lines) == 4 and all(line.endswith(".mp4") for line in lines[2:])


def test_a_broken_video_is_one_line_and_the_others_are_searched(project, capsys):
    (project.parent / "two.mp4").write_bytes(b"\x00" * 300)
    assert run(project, "siren", "--format", "json") == 1
    out, err = capsys.readouterr()
    assert {each["video"] for each in json.loads(out)} == {"one.mp4"}
    assert "two.mp4: " in err and "Traceback" not in err


def test_what_cannot_be_kept_is_said_not_to_be_searched(project, tmp_path, capsys, monkeypatch):
    (tmp_path / "full").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("AVSCOPE_CACHE_DIR", str(tmp_path / "full"))
    write_media(project.parent / "gone.mp4", Video(ticks=regular_ticks(25)), Audio(((0.0, 1.0),)))
    assert run(project, "siren", "--task", "sed", "--format", "json") == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == []
    assert "one.mp4: left out, encodings cannot be kept" in err
    assert "two.mp4: left out, encodings cannot be kept" in err


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("", "prompt: there is no word in it"),
        (" , ,", "prompt: there is no word in"),
        ("x" * 10_000, "10000 characters are more than 300"),
        ("a\x00b", "control character"),
        ("! cat", "prompt: there is no word in it"),
    ],
)
def test_a_prompt_that_cannot_be_asked_is_one_line(project, prompt, said, capsys):
    assert run(project, prompt) == 2
    out, err = capsys.readouterr()
    assert out == "" and said in err
    assert err.count("\n") == 1 and err.strip().isprintable()


def test_no_project_is_one_line(tmp_path, capsys):
    assert run(tmp_path / "none.avscope", "siren") == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "none.avscope" in err


@pytest.mark.parametrize("top", ["0", "-1", "x", "1.5", "99999"])
def test_how_many_is_a_whole_number(project, top, capsys):
    with pytest.raises(SystemExit):
        run(project, "siren", "--top", top)
    assert "is no whole number from 1 to" in capsys.readouterr().err


def test_a_bundle_that_knows_no_words_says_so(project, tmp_path, capsys):
    folder = make_tiny_bundle(tmp_path / "other")
    assert run(project, "siren", "--bundle", folder, "--format", "json") == 1
    assert "cannot be compared with words" in capsys.readouterr().err
