"""Videos by relative path and content: found again after a move, never outside by path."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import pytest

from app.project.edits import AddVideos, ApplyRun, RemoveVideos, VideoFile
from app.project.errors import EditError, ProjectError
from app.project.places import find_moved, stored_path
from app.project.project import Project
from core_model.cache import content_hash
from tests.project_factory import detections, tables_of


def film(file: Path, content: bytes = b"film") -> Path:
    """A file with content; what it holds is no matter here."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The folder of a project."""
    folder = tmp_path / "study"
    folder.mkdir()
    return folder


def test_video_inside_is_kept_by_its_relative_path(study: Path) -> None:
    project = Project.create(study / "p.avscope", "anna")
    file = film(study / "day 1" / "a.mp4")
    video, touched = project.add_video(file, start_us=40, duration_us=5_000_000)
    assert touched is not None
    assert video.path == "day 1/a.mp4"
    assert (video.content_hash, video.size_bytes) == (content_hash(file), 4)
    assert (video.start_us, video.duration_us) == (40, 5_000_000)
    assert project.locate(video.id) == file
    assert project.find_video(file) == video
    assert project.add_video(file)[0] == video
    assert len(project.document.videos) == 1
    project.close()


def test_whole_folder_moves_with_its_videos(study: Path, tmp_path: Path) -> None:
    project = Project.create(study / "p.avscope", "anna")
    ids = [project.add_video(film(study / f"{n}.mp4", n.encode()))[0].id for n in ("a", "b")]
    project.close()
    study.rename(tmp_path / "elsewhere")
    moved = Project.open(tmp_path / "elsewhere" / "p.avscope", "anna")
    assert moved.missing_videos() == []
    assert [moved.locate(n) for n in ids] == [
        tmp_path / "elsewhere" / "a.mp4",
        tmp_path / "elsewhere" / "b.mp4",
    ]
    moved.close()


def test_moved_video_is_found_by_content_and_relinked_as_one_step(study: Path) -> None:
    project = Project.create(study / "p.avscope", "anna")
    for name in ("a", "b"):
        project.add_video(film(study / f"{name}.mp4", name.encode() * 9))
    before = tables_of(project.path)
    (study / "a.mp4").rename(film(study / "sub" / "renamed.mp4"))
    (study / "b.mp4").rename(film(study / "sub" / "deep" / "a.mp4"))
    film(study / "sub" / "other.mp4", b"c" * 9)
    missing = project.missing_videos()
    assert [video.path for video in missing] == ["a.mp4", "b.mp4"]
    found = dict(find_moved(missing, study))
    project.relink(found)
    assert {v.path for v in project.document.videos.values()} == {
        "sub/renamed.mp4",
        "sub/deep/a.mp4",
    }
    assert project.missing_videos() == []
    assert project.history.undo_name == "Relink 2 videos"
    project.undo()
    assert tables_of(project.path) == before
    project.close()


def test_search_can_be_broken_off(study: Path) -> None:
    project = Project.create(study / "p.avscope", "anna")
    video, _touched = project.add_video(film(study / "a.mp4"))
    assert list(find_moved([video], study)) == [(video.id, study / "a.mp4")]
    assert list(find_moved([video], study, lambda: True)) == []
    project.close()


def test_video_outside_is_known_by_content_on_this_machine(study: Path, tmp_path: Path) -> None:
    outside = film(tmp_path / "disk" / "a.mp4")
    project = Project.create(study / "p.avscope", "anna")
    video, _touched = project.add_video(outside)
    assert video.path == "a.mp4"
    assert project.locate(video.id) == outside
    outside.write_bytes(b"FILM")
    assert project.locate(video.id) is None
    project.close()


def test_video_that_became_another_one_is_missing(study: Path) -> None:
    project = Project.create(study / "p.avscope", "anna")
    file = film(study / "a.mp4")
    video, _touched = project.add_video(file)
    film(file, b"longer than before")
    assert project.missing_videos() == [video]
    with pytest.raises(EditError, match=r"does not hold what a\.mp4 held"):
        project.relink({video.id: file})
    project.relink({video.id: file}, other_content=True)
    assert project.missing_videos() == []
    project.close()


def test_listed_video_without_a_file_is_relinked_by_name(study: Path) -> None:
    project = Project.create(study / "p.avscope", "anna")
    project.perform(AddVideos((VideoFile("clips/a.mp4"),)))
    (video,) = project.missing_videos()
    file = film(study / "sub" / "a.mp4")
    project.relink(dict(find_moved([video], study)))
    assert project.locate(video.id) == file
    assert project.document.videos[video.id].content_hash == content_hash(file)
    project.close()


@pytest.mark.parametrize(
    "path",
    ["../secret.mp4", "/etc/passwd", "a/../../secret.mp4", "C:/secret.mp4", "a\\..\\b", "", "a\nb"],
)
def test_no_edit_leads_out_of_the_folder(study: Path, path: str) -> None:
    project = Project.create(study / "p.avscope", "anna")
    with pytest.raises(EditError, match="out of the project's folder"):
        project.perform(AddVideos((VideoFile(path),)))
    project.close()


@pytest.mark.parametrize("path", ["../secret.mp4", "{folder}/secret.mp4", "sub/../../secret.mp4"])
def test_no_project_from_elsewhere_leads_out_of_its_folder(
    study: Path, tmp_path: Path, path: str
) -> None:
    film(tmp_path / "secret.mp4")
    (study / "sub").mkdir()
    project = Project.create(study / "p.avscope", "anna")
    project.close()
    connection = sqlite3.connect(project.path)
    statement = "INSERT INTO videos (id, path) VALUES (1, ?)"
    connection.execute(statement, (path.format(folder=tmp_path),))
    connection.commit()
    connection.close()
    hostile = Project.open(project.path, "anna")
    assert hostile.locate(1) is None
    hostile.close()


def test_removing_a_video_takes_its_segments_and_brings_them_back(study: Path) -> None:
    project = Project.create(study / "p.avscope", "anna")
    video, _touched = project.add_video(film(study / "a.mp4"))
    project.perform(ApplyRun(video.id, "starter", "1", detections(20)))
    project.document.columns(video.id)
    before = tables_of(project.path)
    project.perform(RemoveVideos((video.id,)))
    assert tables_of(project.path)["segments"] == []
    assert project.document.videos == {}
    project.undo()
    assert tables_of(project.path) == before
    assert len(project.document.columns(video.id)) == 20
    project.close()


def test_relink_onto_another_video_is_refused(study: Path) -> None:
    project = Project.create(study / "p.avscope", "anna")
    project.add_video(film(study / "a.mp4", b"a"))
    project.perform(AddVideos((VideoFile("b.mp4"),)))
    with pytest.raises(EditError, match="in the project already"):
        project.relink({2: study / "a.mp4"})
    project.close()


def test_a_link_to_the_folder_is_the_folder(study: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(study)
    film(study / "clips" / "a.mp4")
    assert stored_path(tmp_path / "link" / "clips" / "a.mp4", study) == "clips/a.mp4"
    assert stored_path(study / "clips" / "a.mp4", tmp_path / "link") == "clips/a.mp4"


def test_dots_behind_a_link_lead_where_the_system_goes(study: Path, tmp_path: Path) -> None:
    (study / "link").symlink_to(film(tmp_path / "disk" / "deep" / "b.mp4").parent)
    project = Project.create(study / "p.avscope", "anna")
    video, _touched = project.add_video(film(study / "link" / ".." / "a.mp4"))
    assert video.path == "a.mp4"
    assert project.locate(video.id) == tmp_path / "disk" / "a.mp4"
    project.close()


def test_relative_paths_are_those_of_the_moment(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film(tmp_path / "disk" / "a.mp4")
    monkeypatch.chdir(tmp_path)
    project = Project.create(Path("study/p.avscope"), "anna")
    video, _touched = project.add_video(Path("disk/a.mp4"))
    monkeypatch.chdir(study)
    assert project.locate(video.id) == tmp_path / "disk" / "a.mp4"
    assert project.find_video(Path("../disk/a.mp4")) == video
    project.close()


@pytest.mark.parametrize("name", ["a\nb.mp4", "a\\b.mp4", "C:a.mp4"])
@pytest.mark.skipif(sys.platform == "win32", reason="no names of files there")
def test_names_that_mean_something_else_elsewhere_are_found_here(study: Path, name: str) -> None:
    project = Project.create(study / "p.avscope", "anna")
    video, _touched = project.add_video(film(study / "sub" / name))
    assert project.locate(video.id) == study / "sub" / name
    project.close()


def test_a_name_from_elsewhere_is_not_taken_for_a_file_of_the_folder(
    study: Path, tmp_path: Path
) -> None:
    project = Project.create(study / "p.avscope", "anna")
    outside, _touched = project.add_video(film(tmp_path / "disk" / "1.wav", b"ABC"))
    inside, _touched = project.add_video(film(study / "1.wav", b"abc"))
    again, _touched = project.add_video(film(tmp_path / "other" / "1.wav", b"xyz"))
    assert [each.path for each in (outside, inside, again)] == ["1.wav", "1 (2).wav", "1 (3).wav"]
    assert project.locate(outside.id) == tmp_path / "disk" / "1.wav"
    assert project.locate(inside.id) == study / "1.wav"
    assert project.locate(again.id) == tmp_path / "other" / "1.wav"
    project.close()


def test_a_listed_video_is_linked_when_its_file_is_added(study: Path) -> None:
    project = Project.create(study / "p.avscope", "anna")
    project.perform(AddVideos((VideoFile("clips/a.mp4"),)))
    before = tables_of(project.path)
    video, _touched = project.add_video(film(study / "clips" / "a.mp4"))
    assert (video.id, video.content_hash) == (1, content_hash(study / "clips" / "a.mp4"))
    assert project.history.undo_name == "Link a.mp4"
    project.undo()
    assert tables_of(project.path) == before
    project.close()


def test_names_that_cannot_be_kept(tmp_path: Path) -> None:
    assert stored_path(tmp_path / "x" / ".." / "a.mp4", tmp_path) == "a.mp4"
    assert stored_path(tmp_path / "a\nb.mp4", tmp_path) == "a b.mp4"
    with pytest.raises(ProjectError, match="cannot hold a file of this name"):
        stored_path(tmp_path / "\n", tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
@pytest.mark.parametrize("where", ["study", "elsewhere"])
def test_name_given_under_another_encoding(study: Path, tmp_path: Path, where: str) -> None:
    file = film(tmp_path / where / os.fsdecode(b"caf\xe9 100%.mp4"))
    project = Project.create(study / "p.avscope", "anna")
    video, _touched = project.add_video(file)
    assert project.locate(video.id) == file
    project.close()
    again = Project.open(project.path, "anna")
    assert [sought.found() for sought in again.sought()] == [file]
    again.close()
