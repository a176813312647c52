"""What a right click offers in the real window, and that it does it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.dialogs.import_dialog import ImportDialog
from app.main_window import MainWindow
from app.project.edits import AddSegment
from app.timeline.time_pane import MARGIN_PX
from core_model.timeline import Task
from tests.app.timeline.test_segment_hand import Mouse
from tests.journeys.test_annotating import project_beside
from tests.journeys.test_window import clip, opened, tiny_kinds, window

__all__ = ["clip", "tiny_kinds", "window"]

S = 1_000_000


def entries(menu: QMenu | None) -> dict[str, QAction]:
    assert menu is not None
    found: dict[str, QAction] = {}
    for action in menu.actions():
        sub = action.menu()
        if isinstance(sub, QMenu):
            found.update(entries(sub))
        found[action.text()] = action
    return found


def test_menus_of_timeline_table_and_board(
    window: MainWindow, qtbot: QtBot, clip: Path, qapp: QApplication
) -> None:
    opened(window, qtbot, clip)
    project_beside(window, qtbot, clip)
    annotation, menus = window.annotation, window.desk.menus
    video_id = annotation.video_id
    assert video_id is not None
    annotation.perform(AddSegment(video_id, Task.TAL, "wave", S, 2 * S))
    lanes = window.timeline.lanes
    mouse = Mouse(window.timeline)
    rows = next(lane for lane in lanes.lanes if lane.task is Task.TAL).rows
    row = next(n for n, each in enumerate(rows) if each.index_at(1_500_000) is not None)

    menus._on_lanes(mouse.place(1.5, Task.TAL, row))
    assert len(annotation.selection) == 1
    entries(menus.menu)["Split Here"].trigger()
    assert annotation.projects.undo_name is not None
    assert annotation.projects.undo_name.startswith("Split")
    assert "Accept" in entries(menus.menu) and "Relabel…" in entries(menus.menu)
    entries(menus.menu)["Select Their Time"].trigger()
    assert window.view_state.selection is not None
    entries(menus.menu)["Copy Segments"].trigger()

    free = QPoint(mouse.place(3.5, Task.AVEL).x(), lanes.lanes[-1].bottom_px - 3)
    menus._on_lanes(free)
    entries(menus.menu)["Paste Here"].trigger()
    assert annotation.projects.undo_name.startswith(("Split", "Paste"))
    assert (annotation.projects.undo_name or "").startswith("Paste")
    entries(menus.menu)["Go Here"].trigger()

    menus._on_lanes(QPoint(MARGIN_PX - 60, lanes.lanes[0].top_px + 10))
    entries(menus.menu)["Hide"].trigger()
    assert [lane.task for lane in lanes.lanes] == [Task.SED, Task.AVEL]
    menus._on_lanes(QPoint(MARGIN_PX - 60, lanes.lanes[0].top_px + 10))
    entries(menus.menu)["Show ◆ actions"].trigger()
    assert len(lanes.lanes) == 3

    menus._on_time(window.timeline.ruler, QPoint(MARGIN_PX + 100, 10))
    assert "Start Selection Here" in entries(menus.menu)
    menus._on_timeline_key(QPoint(10, 10))
    menus._on_table(QPoint(10, 10))
    assert "Play" in entries(menus.menu)

    window.review.board.view.selectAll()
    menus._on_board(QPoint(20, 20))
    entries(menus.menu)["Done"].trigger()
    (video,) = annotation.projects.document.videos.values()  # type: ignore[union-attr]
    assert video.status.value == "done"
    entries(menus.menu)["Copy Path"].trigger()
    assert qapp.clipboard().text() == str(clip)
    entries(menus.menu)["Take out of the Project"].trigger()
    qtbot.waitUntil(lambda: not annotation.projects.is_busy)
    assert not annotation.projects.document.videos  # type: ignore[union-attr]
    window.actions_by_id["undo"].trigger()
    qtbot.waitUntil(lambda: bool(annotation.projects.document.videos))  # type: ignore[union-attr]
    menus.menu.close()  # type: ignore[union-attr]


def test_projects_and_annotations_that_are_dropped(
    window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    opened(window, qtbot, clip)
    path = project_beside(window, qtbot, clip)
    table = tmp_path / "clip.tsv"
    table.write_text("filename\tonset\toffset\tevent_label\nclip.mp4\t1.0\t2.0\tdog\n")
    assert window.desk.take_dropped([table])
    (dialog,) = window.findChildren(ImportDialog)
    qtbot.waitUntil(lambda: dialog._answer is not None)
    assert dialog._missing.isHidden()
    dialog.reject()
    window.projects.files._close()
    assert window.desk.take_dropped([path])
    qtbot.waitUntil(lambda: window.annotation.projects.project is not None)
    assert not window.desk.take_dropped([clip])
