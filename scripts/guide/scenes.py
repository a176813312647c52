"""What the guide's pictures show, in the order in which one person would come to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QDialog, QPushButton, QTableView, QWidget

from app.bootstrap import make_application, make_window
from app.dialogs.import_dialog import ImportDialog
from app.dialogs.labels_dialog import LabelsDialog
from app.dialogs.merge_dialog import MergeDialog
from app.main_window import MainWindow
from app.panels.improve.dialog import ImproveDialog
from app.panels.improve.result_page import COMPARING
from app.panels.models_dialog import ModelsDialog
from app.panels.why_popup import WAITING
from app.project.edits import AddLabels, AddSegment, AddVideos, ChangeLabel
from app.project.places import describe
from app.project.project import Project
from app.prompts.prompt_asker import Stage
from app.window.palette import Palette
from core_model.media.export.clip import ClipRequest, write_clip
from core_model.timeline import US_PER_S, Task
from resources import resource_path
from scripts.guide.camera import open_video, pause, save_small, wait_until
from scripts.guide.keys import GUIDE

SIZE_PX = (1280, 800)
IMAGES = GUIDE / "images"
SAMPLE = resource_path("sample", "sample.mp4")
# Parts of the sample that stand for other recordings: name, from and to in seconds.
PARTS = (("billiards.mp4", 10.5, 20.5), ("regatta.mp4", 21.5, 29.5), ("race.mp4", 31.0, 39.0))
# What a second person has drawn on the sample.
SECOND = (
    (Task.SED, "speech", 15.9, 21.0),
    (Task.TAL, "billiards", 9.9, 21.1),
    (Task.SED, "engine", 30.2, 39.2),
    (Task.SED, "door wood knock", 8.2, 9.4),
)
NOTES = """1
00:00:04,000 --> 00:00:07,000
alarm rings

2
00:00:41,500 --> 00:00:46,000
ambulance
"""
FIRST = (
    (Task.SED, "speech", 16.0, 20.9),
    (Task.TAL, "billiards", 10.0, 21.0),
    (Task.SED, "clock tick", 0.0, 4.0),
    (Task.SED, "engine", 30.0, 40.0),
)


PROMPTS = "somebody talking, racing car, knocking on a door"

PartT = TypeVar("PartT", bound=QWidget)


class Guide:
    """The window, with a copy of the sample in the folder where the project will lie."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self.sample = folder / SAMPLE.name
        shutil.copyfile(SAMPLE, self.sample)
        app = make_application()
        self.window: MainWindow = make_window(app)
        self.window.actions_by_id["theme_dark"].setChecked(True)
        self.window.resize(*SIZE_PX)
        self.window.show()

    def take(self, name: str, widget: Callable[[], QWidget] | None = None) -> None:
        """Save a picture of the window, or of a part of it, if it is wanted."""
        if self._names and name not in self._names:
            return
        part: QWidget = self.window if widget is None else widget()
        pause(0.6)
        save_small(part, IMAGES / f"{name}.png")
        print(f"{name}.png", flush=True)

    def take_dialog(self, name: str, kind: type[QDialog]) -> None:
        """Save a picture of an open dialog, and close it."""
        dialog = _found(self.window, kind)
        self.take(name, lambda: dialog)
        dialog.reject()

    def do(self, *action_ids: str) -> None:
        for action_id in action_ids:
            self.window.actions_by_id[action_id].trigger()

    def switch(self, action_id: str, on: bool) -> None:
        self.window.actions_by_id[action_id].setChecked(on)

    def look(self, seconds: float) -> None:
        """Go to a moment and wait for its picture."""
        self.window.view_state.request_seek(round(seconds * US_PER_S))
        pause(1.0)

    def show_time(self, start_s: float, end_s: float) -> None:
        self.window.view_state.set_visible(round(start_s * US_PER_S), round(end_s * US_PER_S))


def take_pictures(folder: Path, names: Iterable[str]) -> None:
    """Take all pictures, or those that are named."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    guide = Guide(folder, names)
    try:
        _first_steps(guide)
        _prompts(guide)
        _project(guide, folder)
        _dialogs(guide, folder)
    finally:
        guide.window.close()
        guide.window.shutdown()


def _first_steps(guide: Guide) -> None:
    window = guide.window
    guide.take("empty")
    open_video(window, guide.sample)
    guide.look(17.9)
    guide.take("window")
    guide.show_time(12.0, 26.0)
    window.view_state.set_selection(16_000_000, 21_000_000)
    guide.take("timeline", lambda: window.timeline)
    guide.do("zoom_all", "select_none")
    _show_panel(window, "Thresholds")
    guide.take("thresholds", lambda: window.review.side)
    _show_panel(window, "Events")
    guide.take("events", lambda: window.review.side)


def _prompts(guide: Guide) -> None:
    window = guide.window
    guide.do("prompt")
    panel, asker = window.prompts.panel, window.prompts.asker
    panel.kinds.set_chosen(frozenset({Task.SED}))
    panel.field.setText(PROMPTS)
    panel.field.returnPressed.emit()
    wait_until(lambda: asker.stage is not Stage.IDLE)
    wait_until(lambda: asker.stage is Stage.IDLE)
    guide.switch("score_curves", True)
    guide.look(34.0)
    guide.take("prompts")
    guide.switch("heat_lanes", True)
    guide.take("heat", lambda: window.timeline)
    guide.switch("heat_lanes", False)
    _search(guide)
    for prompt in window.prompts.book.prompts:
        window.prompts.book.remove(prompt.spec)


def _search(guide: Guide) -> None:
    """What is like a prompt, and why something was found."""
    search = guide.window.search
    guide.do("search_videos")
    search.panel.set_task(Task.SED)
    search.panel.field.setText("somebody talking")
    search.panel.field.returnPressed.emit()
    wait_until(lambda: search.panel.list.model().rowCount() > 0)
    guide.take("search", lambda: search.panel)
    guide.look(18.0)
    found = search.find_at.at_playhead()
    assert found is not None
    search.why.ask(found, QPoint(0, 0))
    wait_until(lambda: WAITING not in search.why_popup.text)
    guide.take("why", lambda: search.why_popup)
    search.why_popup.hide()


def _project(guide: Guide, folder: Path) -> None:
    window = guide.window
    window.annotation.projects.set_author("anna")
    window.projects.files.open(_make_project(folder))
    wait_until(lambda: window.annotation.projects.project is not None)
    wait_until(lambda: window.annotation.video_id is not None)
    pause(2.0)
    guide.look(18.5)
    columns = window.annotation.columns
    assert columns is not None
    window.annotation.select(columns.ids[:1].tolist())
    guide.take("project")
    guide.take("segments", lambda: window.review.side)
    window.annotation.select(())
    guide.look(30.5)
    guide.do("play")
    pause(1.5)
    guide.do("label_1", "label_2")
    pause(2.5)
    guide.take("labelling", lambda: window.timeline)
    guide.do("label_1", "label_2", "play")
    guide.do("undo", "undo")
    window.messages.dismiss()
    guide.do("triage_next")
    pause(1.5)
    guide.take("triage")
    window.review.triage.stop()
    window.messages.dismiss()
    guide.take("board", lambda: window.review.board)
    _show_panel(window, "Agreement")
    pause(3.0)
    guide.take("agreement")
    button = _button(window.review.agreement, "Merge…")
    button.click()
    pause(1.0)
    guide.take_dialog("merge", MergeDialog)


def _dialogs(guide: Guide, folder: Path) -> None:
    window = guide.window
    _show_panel(window, "Segments")
    guide.do("labels_edit")
    table = _found(window, LabelsDialog).findChild(QTableView)
    assert table is not None
    table.selectRow(0)
    guide.take_dialog("labels", LabelsDialog)
    subtitles = folder / "notes.srt"
    subtitles.write_text(NOTES, encoding="utf-8")
    window.desk.exchange.import_files((subtitles,))
    pause(2.0)
    guide.take_dialog("import", ImportDialog)
    guide.do("improve_model")
    pause(5.0)
    dialog = _found(window, ImproveDialog)
    guide.take("improve", lambda: dialog)
    dialog.start.click()
    wait_until(dialog.use.isVisible)
    wait_until(lambda: COMPARING not in dialog.result_page.text)
    guide.take("improved", lambda: dialog)
    dialog.use.click()
    pause(1.0)
    dialog.close()
    guide.do("models")
    guide.take_dialog("models", ModelsDialog)
    guide.do("palette")
    palette = _found(window, Palette)
    palette.search.setText("sel")
    guide.take("palette", lambda: palette)
    palette.close()


def _make_project(folder: Path) -> Path:
    """A project with the sample and parts of it; two people have worked on the sample."""
    path = folder / "study.avscope"
    for name, start_s, end_s in PARTS:
        span = (round(start_s * US_PER_S), round(end_s * US_PER_S))
        for _progress in write_clip(ClipRequest(SAMPLE, *span, folder / name)):
            pass
    project = Project.create(path, "ben")
    files = (folder / SAMPLE.name, *(folder / name for name, _start, _end in PARTS))
    project.perform(AddVideos(tuple(describe(file, folder) for file in files)))
    project.perform(AddLabels(Task.SED, ("engine", "music")))
    for key, label in zip("12", list(project.document.labels.values())[:2], strict=True):
        project.perform(ChangeLabel(replace(label, key=key)))
    _draw(project, SECOND)
    project.close()
    project = Project.open(path, "anna")
    _draw(project, FIRST)
    project.close()
    return path


def _draw(project: Project, marks: Iterable[tuple[Task, str, float, float]]) -> None:
    videos = project.document.videos.values()
    video_id = next(video.id for video in videos if video.path == SAMPLE.name)
    for kind, label, onset_s, offset_s in marks:
        onset_us, offset_us = round(onset_s * US_PER_S), round(offset_s * US_PER_S)
        project.perform(AddSegment(video_id, kind, label, onset_us, offset_us))


def _found(window: MainWindow, kind: type[PartT]) -> PartT:
    part = window.findChild(kind)
    if part is None:
        raise LookupError(f"no {kind.__name__} is open")
    return part


def _button(part: QWidget, text: str) -> QPushButton:
    return next(each for each in part.findChildren(QPushButton) if each.text() == text)


def _show_panel(window: MainWindow, title: str) -> None:
    side = window.review.side
    (place,) = (place for place in range(side.count()) if side.tabText(place) == title)
    side.setCurrentIndex(place)
