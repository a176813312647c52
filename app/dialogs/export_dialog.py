"""Which annotations go to which format, and what that format cannot keep of them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QWidget

from app.dialogs.asking_form import AskingForm
from app.dialogs.export_work import ExportAnswer, ExportQuestion, ExportThread
from app.dialogs.form import choice, heading, note, plain_button, primary, thin_progress
from app.project.project import Project
from training.annotations.interchange import FORMATS, WRITABLE

SIZE_PX = (560, 420)
READING = "Reading…"
WRITING = "Writing…"
ALL_KEPT = "Everything is kept."


class ExportDialog(AskingForm):
    """``exported(line)``: the files are there. Call :meth:`shutdown` before it goes."""

    exported = Signal(str)

    def __init__(self, parent: QWidget, project: Project, video_id: int | None) -> None:
        super().__init__(parent, "Export annotations", SIZE_PX)
        self._project = project
        titles = sorted((FORMATS[name].title, name) for name in WRITABLE)
        self._format = choice("Format", *titles)
        self._format.setCurrentIndex(self._format.findData("avscope"))
        self._what = choice("Videos", ("All videos", None))
        video = project.document.videos.get(video_id) if video_id is not None else None
        if video is not None:
            name = PurePosixPath(video.path).name
            self._what.insertItem(0, f"This video: {name}", video.path)
            self._what.setCurrentIndex(0)
        self._who = choice("Annotators", ("Everybody", None))
        self._undecided = QCheckBox("With finds that nobody has decided on")
        self._undecided.setChecked(True)
        self._count = note("What is written")
        self._losses = note("What the format does not keep")
        self._progress = thin_progress("Progress of exporting")
        self._progress.setRange(0, 0)
        self._export = primary("Export…")
        self._cancel = plain_button("Cancel")
        self._lay_out()
        self._look()

    def _lay_out(self) -> None:
        self.add_row(("Format", self._format))
        self.add_row(("Videos", self._what), ("Annotator", self._who))
        self.column.addWidget(self._undecided)
        self.column.addSpacing(8)
        self.column.addWidget(heading("WHAT IS WRITTEN"))
        self.column.addWidget(self._count)
        self.column.addWidget(heading("WHAT THE FORMAT DOES NOT KEEP"))
        self.column.addWidget(self._losses)
        self.column.addStretch(1)
        self.add_buttons(self._cancel, self._export, left=self._progress)
        for box in (self._format, self._what, self._who):
            box.activated.connect(self._look)
        self._undecided.toggled.connect(self._look)
        self._export.clicked.connect(self._choose)
        self._cancel.clicked.connect(self.reject)

    def _question(self, out: Path | None = None) -> ExportQuestion:
        self._number += 1
        return ExportQuestion(
            self._number,
            self._project.path,
            self._format.currentData(),
            self._what.currentData(),
            self._who.currentData(),
            self._undecided.isChecked(),
            out,
        )

    def _look(self, _what: object = None) -> None:
        """See what there is and what would be lost."""
        self._start(self._question(), READING)

    def _choose(self) -> None:
        """Ask where to, then write."""
        found = FORMATS[self._format.currentData()]
        path = self._what.currentData()
        stem = self._project.path.stem if path is None else PurePosixPath(path).stem
        if found.single and path is None and len(self._project.document.videos) > 1:
            title = "A folder for one file per video"
            chosen = QFileDialog.getExistingDirectory(self, title, str(self._project.folder))
        else:
            suggested = str(self._project.folder / f"{stem}{found.suffix}")
            filters = f"{found.title} (*{found.suffix});;All files (*)"
            chosen, _ = QFileDialog.getSaveFileName(self, "Export to", suggested, filters)
        if chosen:
            self.export_to(Path(chosen))

    def export_to(self, out: Path) -> None:
        """Write what is chosen to a file, or to a folder where the format has one per video."""
        self._start(self._question(out), WRITING)

    def _start(self, question: ExportQuestion, text: str) -> None:
        thread = ExportThread(question, self)
        thread.answered.connect(self._take)
        self._count.setText(text)
        self._progress.setVisible(True)
        self._export.setEnabled(False)
        self._run(thread)

    def _take(self, answer: ExportAnswer) -> None:
        if answer.question.number != self._number:
            return
        self._progress.setVisible(False)
        self._export.setEnabled(not answer.problem and answer.videos > 0)
        self._count.setText(answer.problem or _count(answer))
        self._offer(answer.people)
        losses = "\n".join(f"• {loss}" for loss in answer.losses)
        self._losses.setText("" if answer.problem else losses or ALL_KEPT)
        if answer.files:
            self.accept()
            self.exported.emit(_said(answer))

    def _offer(self, people: tuple[str, ...]) -> None:
        chosen = self._who.currentData()
        blocker = QSignalBlocker(self._who)
        while self._who.count() > 1:
            self._who.removeItem(1)
        for name in people:
            self._who.addItem(name, name)
        self._who.setCurrentIndex(max(self._who.findData(chosen), 0))
        del blocker


def _count(answer: ExportAnswer) -> str:
    events = "1 event" if answer.events == 1 else f"{answer.events:,} events"
    videos = "1 video" if answer.videos == 1 else f"{answer.videos:,} videos"
    single = FORMATS[answer.question.format_name].single and answer.videos > 1
    files = f"{answer.videos:,} files, one for each video" if single else "one file"
    return f"{events} of {videos}, in {files}."


def _said(answer: ExportAnswer) -> str:
    place = answer.question.out
    name = place.name if place is not None else ""
    files = name if len(answer.files) == 1 else f"{len(answer.files)} files in {name}"
    lost = sum(loss.count for loss in answer.losses)
    return f"Exported to {files}." + (f" Not kept: {lost:,} details." if lost else "")
