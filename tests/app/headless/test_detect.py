"""The command line as people and scripts meet it."""

import csv
import dataclasses
import io
import json
from fractions import Fraction

import pytest

import main
from app.headless import detect
from app.headless.labels import LabelError, parse_labels
from app.headless.progress import ProgressLine
from core_model import bundle_description
from core_model import cache as cache_module
from core_model.predictor import Predictor
from core_model.timeline import Task
from tests.joined_media import three_parts
from tests.media_factory import Audio, Video, regular_ticks, write_media
from tests.tiny_bundle import LABELS, make_tiny_bundle, tiny_description, tiny_kinds

assert tiny_kinds


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(autouse=True)
def tiny_starter(tiny_kinds, bundle_folder, monkeypatch):
    """The tiny bundle in the place of the one that comes with the program."""
    monkeypatch.setattr(bundle_description, "starter_folder", lambda: bundle_folder)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    video = Video(ticks=regular_ticks(30), time_base=Fraction(1, 10))
    folder = tmp_path_factory.mktemp("media")
    return write_media(folder / "clip.mp4", video, Audio(pieces=((0, 3),), rate_hz=16_000))


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    return write_media(folder / "sound.mka", None, Audio(pieces=((0, 2),), codec="flac"))


def run(*arguments):
    return main.main(["detect", *map(str, arguments)])


def test_json_is_one_object_per_file(clip, noise, capsys):
    assert run(clip, noise, "--format", "json", "--threshold", "0.1") == 0
    out, err = capsys.readouterr()
    first, second = (json.loads(line) for line in out.splitlines())
    assert first["video"] == str(clip) and second["video"] == str(noise)
    assert list(first) == ["video", "duration_s", "model", "events"]
    assert first["duration_s"] == pytest.approx(3, abs=0.1)
    assert first["model"] == "tiny 0.1"
    assert {event["task"] for event in first["events"]} == {"tal", "sed", "avel"}
    for event in first["events"]:
        assert list(event) == ["task", "label", "onset_s", "offset_s", "score"]
        assert event["label"] in LABELS[Task(event["task"])]
        assert 0 <= event["onset_s"] < event["offset_s"] <= first["duration_s"]
        assert 0.1 <= event["score"] <= 1
    assert {event["task"] for event in second["events"]} == {"sed"}
    assert "no video: nothing found for tal, avel" in err


def test_csv_has_one_header(clip, noise, capsys):
    assert run(clip, noise, "--format", "csv", "--task", "sed", "--threshold", "0.1") == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["video", "task", "label", "onset_s", "offset_s", "score"]
    assert {row[0] for row in rows[1:]} == {str(clip), str(noise)}
    assert {row[1] for row in rows[1:]} == {"sed"}
    assert all(float(row[3]) < float(row[4]) for row in rows[1:])


def test_the_table_is_for_people(clip, capsys):
    assert run(clip, "--threshold", "0.1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "clip.mp4" in lines[0] and "tiny 0.1" in lines[0]
    assert lines[1].split() == ["onset", "offset", "kind", "score", "label"]
    assert len(lines) > 3


def test_a_strangers_names_do_not_reach_the_terminal_as_they_are(clip, tmp_path, capsys):
    known = tiny_description().tasks[Task.SED]
    labels = {Task.SED: dataclasses.replace(known, labels=("a\u202eb", "siren"))}
    folder = make_tiny_bundle(tmp_path / "bundle", tasks=labels, name="mine\u200b")
    assert run(clip, "--bundle", folder, "--threshold", "0.05") == 0
    out = capsys.readouterr().out
    assert "a\\u202eb" in out and "mine\\u200b" in out and "\u202e" not in out


def test_without_events_the_table_says_so(clip, capsys):
    assert run(clip, "--threshold", "1") == 0
    out = capsys.readouterr().out
    assert "0 events" in out and len(out.splitlines()) == 1


def test_the_default_threshold_is_the_bundles_own(clip, capsys):
    assert run(clip, "--format", "json") == 0
    events = json.loads(capsys.readouterr().out)["events"]
    assert run(clip, "--format", "json", "--threshold", "0") == 0
    everything = json.loads(capsys.readouterr().out)["events"]
    limits = {"tal": 0.5, "avel": 0.5}
    assert events == [
        event
        for event in everything
        if event["score"] >= limits.get(event["task"], 0.6 if event["label"] == "siren" else 0.4)
    ]
    assert 0 < len(events) < len(everything)


def test_a_bad_file_fails_and_the_rest_is_done(clip, tmp_path, capsys):
    text = tmp_path / "text.mp4"
    text.write_text("no video", encoding="utf-8")
    missing = tmp_path / "missing.mp4"
    assert run(text, clip, missing, tmp_path, "--format", "json") == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["video"] == str(clip)
    assert [line.split(":")[0] for line in err.splitlines()] == [
        "text.mp4",
        "missing.mp4",
        tmp_path.name,
    ]


def test_labels_of_ones_own(clip, tmp_path, capsys):
    names = tmp_path / "labels.txt"
    names.write_text("\ufeffkettle # on the stove\n\n# nothing\nSiren\n", encoding="utf-8")
    for labels in (names, "kettle, Siren"):
        assert run(clip, "--labels", labels, "--format", "json", "--threshold", "0") == 0
        events = json.loads(capsys.readouterr().out)["events"]
        assert {event["label"] for event in events} == {"kettle", "Siren"}
        assert {event["task"] for event in events} == {"tal", "sed", "avel"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no label"),
        (b"# only a comment\n", "holds no label"),
        (b"\xff\xfe\x00d", "not a text in UTF-8"),
        (b"a" * 301, "not a label"),
        (b"bell\x07\n", "not a label"),
        (b"x\n" * 2_001, "more than"),
        (b"y" * 1_000_001, "too large"),
    ],
)
def test_a_bad_file_of_labels_is_one_line(clip, tmp_path, capsys, content, words):
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    assert run(clip, "--labels", path) == detect.EXIT_USAGE
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1
    assert err.startswith("labels.txt: ") and words in err


@pytest.mark.parametrize("argument", ["", " , ", "missing.txt", "no/such/file", "a\0b", "\x1b[31m"])
def test_labels_that_are_none(argument):
    with pytest.raises(LabelError) as caught:
        parse_labels(argument)
    assert str(caught.value).isprintable()


def test_a_label_may_look_like_anything_else():
    assert parse_labels("A/C humming, dog") == ("A/C humming", "dog")
    assert parse_labels("50% off!") == ("50% off!",)
    assert parse_labels("dog\u00a0barking, 犬\u3000吠え") == ("dog barking", "犬 吠え")
    many = [f"label number {number}" for number in range(500)]
    assert parse_labels(",".join(many)) == tuple(many)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--task", "smell"),
        ("--task", ""),
        ("--threshold", "2"),
        ("--threshold", "nan"),
        ("--threshold", "high"),
        ("--format", "xml"),
        ("--device", "tpu"),
    ],
)
def test_wrong_options_are_named(clip, capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        run(clip, *arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("main.py detect: error: ")


def test_tasks_may_be_chosen_in_any_order(clip, capsys):
    assert run(clip, "--task", "SED, tal,sed", "--format", "json", "--threshold", "0") == 0
    events = json.loads(capsys.readouterr().out)["events"]
    assert {event["task"] for event in events} == {"sed", "tal"}


def test_without_a_model_there_is_one_line(clip, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bundle_description, "starter_folder", lambda: tmp_path)
    assert run(clip) == detect.EXIT_FAILED
    err = capsys.readouterr().err
    assert "bundle.json" in err and len(err.splitlines()) == 1


def test_another_model_can_be_named(clip, bundle_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bundle_description, "starter_folder", lambda: tmp_path)
    assert run(clip, "--bundle", str(bundle_folder), "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["model"] == "tiny 0.1"
    assert run(clip, "--bundle", str(tmp_path / "none")) == detect.EXIT_FAILED
    assert "bundle.json" in capsys.readouterr().err


def test_a_device_that_is_not_here_is_one_line(clip, monkeypatch, capsys):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert run(clip, "--device", "cuda") == detect.EXIT_FAILED
    err = capsys.readouterr().err
    assert "cuda" in err and len(err.splitlines()) == 1


def test_encodings_are_kept_unless_asked_not_to(clip, capsys):
    folder = cache_module.default_folder() / "encodings"
    assert run(clip, "--no-cache", "--format", "json") == 0
    assert not folder.exists()
    assert run(clip, "--format", "json") == 0
    assert len(list(folder.iterdir())) == 1 + len(Task), "encodings, and the points of each kind"
    assert run(clip, "--format", "json") == 0
    fresh, stored, cached = capsys.readouterr().out.splitlines()
    assert fresh == stored == cached


def test_interrupting_ends_quietly(clip, monkeypatch, capsys):
    real_detect = Predictor.detect

    def interrupted(self, *arguments, **options):
        yield next(real_detect(self, *arguments, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(Predictor, "detect", interrupted)
    assert run(clip) == main.EXIT_INTERRUPTED
    assert capsys.readouterr().out == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_written_over_itself_and_removed(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    terminal = Terminal()
    with ProgressLine("clip.mp4 (CPU)", terminal) as line:
        line.show(0.5, 21.4, 83.0)
        shown = terminal.getvalue().split("\r")[-1]
    assert shown.startswith("clip.mp4 (CPU)  [############............]  50%  21 x real time")
    assert shown.rstrip().endswith("1:23 left")
    *_, blank, rest = terminal.getvalue().split("\r")
    assert blank.strip() == "" and len(blank) == len(shown.rstrip()) and rest == ""
    assert "\n" not in terminal.getvalue()


def test_progress_fits_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    terminal = Terminal()
    with ProgressLine("a very long name of a video file.mp4", terminal) as line:
        line.show(0.1, 1.0, 1.0)
    assert max(map(len, terminal.getvalue().split("\r"))) < 50


def test_no_progress_where_there_is_no_terminal():
    stream = io.StringIO()
    with ProgressLine("clip.mp4", stream) as line:
        line.show(0.5, 1.0, 1.0)
    assert stream.getvalue() == ""


def test_a_stretch_of_a_file_is_looked_at_alone(clip, capsys):
    assert run(clip, "--from", "1", "--to", "00:00:02.5", "--format", "json", "--no-cache") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["duration_s"] == pytest.approx(1.5)
    assert all(1 <= event["onset_s"] < event["offset_s"] <= 2.5 for event in found["events"])
    assert run(clip, "--from", "2", "--format", "json", "--no-cache") == 0
    assert json.loads(capsys.readouterr().out)["duration_s"] == pytest.approx(1, abs=0.3)
    assert run(clip, "--from", "60") == 1
    assert "clip.mp4: file: nothing of it lies in that stretch" in capsys.readouterr().err
    assert run(clip, "--from", "2", "--to", "1") == detect.EXIT_USAGE
    assert capsys.readouterr().err == "--from must lie before --to\n"


def test_labels_may_stand_beside_those_of_the_model(clip, capsys):
    arguments = (clip, "--task", "sed", "--labels", "siren", "--threshold", "0", "--format", "json")
    assert run(*arguments) == 0
    alone = {event["label"] for event in json.loads(capsys.readouterr().out)["events"]}
    assert run(*arguments, "--beside") == 0
    beside = {event["label"] for event in json.loads(capsys.readouterr().out)["events"]}
    assert alone == {"siren"}
    assert beside == set(LABELS[Task.SED])


def test_all_recordings_of_a_joined_file_are_looked_through(tmp_path, capsys):
    path = three_parts(tmp_path / "three.ts")
    assert run(path, "--format", "json", "--threshold", "0") == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["duration_s"] == pytest.approx(6, abs=0.2)
    last_s = {
        each["task"]: each["offset_s"]
        for each in sorted(found["events"], key=lambda e: e["offset_s"])
    }
    assert set(last_s) == {"tal", "sed", "avel"}
    assert min(last_s.values()) > 5
    assert "3 recordings put together" in err
