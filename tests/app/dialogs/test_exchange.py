"""Importing, exporting and relinking in the real dialogs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.actions import make_actions
from app.dialogs.export_dialog import ExportDialog
from app.dialogs.import_dialog import ImportDialog
from app.messages import MessageBar
from app.project.project_session import ProjectSession
from app.theme import DARK
from app.window.annotation import Annotation
from app.window.exchange_room import ExchangeRoom
from core_model.timeline import Task
from tests.project_factory import tables_of
from training.annotations.interchange import read

AUDACITY = "0.5\t2.5\tdog\n3.0\t4.0\tbell\n"


class Desk:
    """A room with a project called study, and what it shows."""

    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.folder, self.qtbot = folder, qtbot
        self.window = QWidget()
        self.window.resize(900, 700)
        qtbot.addWidget(self.window)
        self.window.show()
        self.projects = ProjectSession("anna", self.window)
        self.annotation = Annotation(self.projects, self.window)
        self.messages = MessageBar(self.window, DARK)
        self.actions: dict[str, QAction] = make_actions(self.window)
        self.room = ExchangeRoom(self.annotation, self.messages, self.actions, self.window)
        self.path = folder / "study.avscope"

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def importing(self, *files: Path) -> ImportDialog:
        self.room.import_files(files)
        (dialog,) = self.window.findChildren(ImportDialog)
        self.qtbot.waitUntil(lambda: dialog._answer is not None)
        return dialog

    def exporting(self) -> ExportDialog:
        self.room.export()
        (dialog,) = self.window.findChildren(ExportDialog)
        self.qtbot.waitUntil(lambda: dialog._export.isEnabled() or bool(dialog._losses.text()))
        return dialog

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.projects.is_busy)

    def offered(self) -> dict[str, QPushButton]:
        return {b.text(): b for b in self.messages._offers}

    def labels(self) -> set[tuple[str, str]]:
        document = self.projects.document
        assert document is not None
        return {(label.kind.value, label.name) for label in document.labels.values()}

    def segments(self) -> list[tuple[object, ...]]:
        return tables_of(self.path)["segments"]


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, qtbot)
    made.projects.create(made.path)
    yield made
    made.room.shutdown()
    made.messages.dismiss()
    made.projects.close()


def test_files_come_in_as_one_step_under_the_names_that_were_chosen(desk: Desk) -> None:
    dialog = desk.importing(desk.file("one.txt", AUDACITY), desk.file("two.txt", AUDACITY))
    assert dialog._import.text() == "Import 4 events"
    assert "2 videos are not there yet" in dialog._missing.text()
    dialog.labels.setData(dialog.labels.index(0, 2), "hound")
    dialog.labels.setData(dialog.labels.index(0, 3), Task.AVEL)
    dialog._annotator.setText("ben")
    dialog._import.click()
    desk.settle()
    assert desk.labels() == {("avel", "hound"), ("sed", "bell")}
    assert {row[8] for row in desk.segments()} == {"ben"}
    assert "4 events imported from 2 files" in desk.messages.text
    assert set(desk.offered()) == {"Find videos…", "Undo"}
    assert desk.projects.undo_name == "Import 4 events from 2 files"
    desk.offered()["Undo"].click()
    desk.settle()
    assert (desk.segments(), desk.labels()) == ([], set())


def test_a_file_that_cannot_be_read_says_why_and_the_others_come_in(desk: Desk) -> None:
    broken = desk.file("broken.eaf", "<?xml version='1.0'?><ANNOTATION_DOCUMENT")
    dialog = desk.importing(broken, desk.file("one.txt", AUDACITY))
    item = dialog._table.item(0, 1)
    assert item is not None and "XML" in item.text()
    assert dialog._import.text() == "Import 2 events"
    dialog._import.click()
    desk.settle()
    assert len(desk.segments()) == 2


def test_nothing_but_broken_files_cannot_be_imported(desk: Desk) -> None:
    dialog = desk.importing(desk.file("broken.eaf", "<?xml version='1.0'?><A"))
    assert not dialog._import.isEnabled()
    dialog.reject()
    assert desk.segments() == []


def test_another_kind_is_read_anew_and_choices_stay(desk: Desk) -> None:
    dialog = desk.importing(desk.file("one.txt", AUDACITY))
    dialog._kind.setCurrentIndex(dialog._kind.findData(Task.TAL))
    dialog._kind.activated.emit(dialog._kind.currentIndex())
    desk.qtbot.waitUntil(lambda: dialog.labels.target(0)[0] is Task.TAL)
    dialog.reject()


def test_another_persons_project_comes_in_as_their_layer(desk: Desk, tmp_path: Path) -> None:
    other = ProjectSession("ben")
    other.create(tmp_path / "ben.avscope")
    other.close()
    dialog = desk.importing(tmp_path / "ben.avscope")
    item = dialog._table.item(0, 1)
    assert item is not None and item.text() == "AVScope project"


def test_without_a_project_one_is_asked_for_and_the_import_goes_on(
    desk: Desk, tmp_path: Path
) -> None:
    desk.projects.close()
    desk.room.import_files([desk.file("one.txt", AUDACITY)])
    assert set(desk.offered()) == {"New project…", "Open project…"}
    desk.projects.create(tmp_path / "new.avscope")
    (dialog,) = desk.window.findChildren(ImportDialog)
    desk.qtbot.waitUntil(lambda: dialog._answer is not None)
    dialog.reject()


def test_export_says_what_is_lost_and_writes_it(desk: Desk, tmp_path: Path) -> None:
    desk.importing(desk.file("one.txt", AUDACITY))._import.click()
    desk.settle()
    dialog = desk.exporting()
    dialog._format.setCurrentIndex(dialog._format.findData("audacity"))
    dialog._look()
    desk.qtbot.waitUntil(lambda: "annotator: 2" in dialog._losses.text())
    assert dialog._count.text() == "2 events of 1 video, in one file."
    out = tmp_path / "out.txt"
    dialog.export_to(out)
    desk.qtbot.waitUntil(out.exists)
    desk.qtbot.waitUntil(lambda: not desk.room._dialogs)
    assert [s.label for s in read(out).annotations.segments] == ["dog", "bell"]
    assert desk.messages.text.startswith("Exported to out.txt.")


def test_a_folder_that_cannot_be_written_is_said_in_the_dialog(desk: Desk, tmp_path: Path) -> None:
    desk.importing(desk.file("one.txt", AUDACITY))._import.click()
    desk.settle()
    dialog = desk.exporting()
    dialog.export_to(tmp_path / "no" / "such" / "out.json")
    desk.qtbot.waitUntil(lambda: "No such file" in dialog._count.text())
    assert dialog.isVisible()
    dialog.reject()


def test_missing_videos_are_found_in_a_folder_as_one_step(desk: Desk, tmp_path: Path) -> None:
    desk.importing(desk.file("one.txt", AUDACITY))._import.click()
    desk.settle()
    document = desk.projects.document
    assert document is not None
    (video,) = document.videos.values()
    elsewhere = tmp_path / "away" / "deep"
    elsewhere.mkdir(parents=True)
    (elsewhere / video.path).write_bytes(b"a video")
    desk.room.look_in(tmp_path / "away", document.videos)
    desk.qtbot.waitUntil(lambda: "linked" in desk.messages.text)
    assert desk.messages.text == "1 linked, none is missing."
    project = desk.projects.project
    assert project is not None and project.locate(video.id) == elsewhere / video.path
    assert desk.projects.undo()
    assert project.locate(video.id) is None


def test_one_video_is_linked_to_a_file_of_another_name(desk: Desk, tmp_path: Path) -> None:
    desk.importing(desk.file("one.txt", AUDACITY))._import.click()
    desk.settle()
    file = tmp_path / "renamed.mp4"
    file.write_bytes(b"a video")
    desk.room.look_in(file, (1,))
    desk.qtbot.waitUntil(lambda: "linked" in desk.messages.text)
    project = desk.projects.project
    assert project is not None and project.locate(1) == file


def test_a_closed_dialog_keeps_no_thread(desk: Desk) -> None:
    desk.room.import_files([desk.file("one.txt", AUDACITY)])
    (dialog,) = desk.window.findChildren(ImportDialog)
    dialog.reject()
    assert desk.room._dialogs == []
