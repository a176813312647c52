"""What would come into the project from files of annotations, and under which names."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QTableWidget, QTableWidgetItem, QWidget

from app.dialogs.asking_form import AskingForm
from app.dialogs.form import (
    choice,
    heading,
    line,
    note,
    plain_button,
    primary,
    table_view,
    thin_progress,
)
from app.dialogs.import_reading import FileReading, ImportAnswer, ImportQuestion, ReadThread
from app.dialogs.label_map import LabelMapDelegate, LabelMapModel
from app.kind_style import KIND_SIGNS, KIND_STYLES
from app.project.edits import ImportAnnotations, Together
from app.project.edits.base import Edit
from app.project.project import Project
from core_model.timeline import Task
from training.annotations.interchange import FORMATS, READABLE, Options
from training.annotations.mapping import LabelKey, label_counts
from training.annotations.model import one_line

SIZE_PX = (820, 640)
NAMED_MISSING = 3
AGAIN_MS = 250
NUMBER = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
FILE_HEADINGS = ("File", "Format", "Videos", "Events", "")


class ImportDialog(AskingForm):
    """``import_asked(edit, said)``: take this in as one step; ``said`` is for the message after.
    Call :meth:`shutdown` before it goes.
    """

    import_asked = Signal(object, str)

    def __init__(self, parent: QWidget, files: tuple[Path, ...], project: Project) -> None:
        super().__init__(parent, "Import annotations", SIZE_PX)
        self._files = files
        self._project = project
        self._answer: ImportAnswer | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._read)
        self._make_fields()
        self._lay_out()
        self._read()

    def let_go(self) -> None:
        """Nothing that is still being read counts any more."""
        self._again.stop()
        super().let_go()

    # --- making ------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        self._table = QTableWidget(0, len(FILE_HEADINGS))
        self._table.setHorizontalHeaderLabels(list(FILE_HEADINGS))
        self._table.setAccessibleName("Files")
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self._table.setShowGrid(False)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(26)
        header = self._table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(header.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(FILE_HEADINGS) - 1, header.ResizeMode.Stretch)
        self._table.setMaximumHeight(28 + 26 * min(len(self._files), 5) + 4)
        titles = sorted((FORMATS[name].title, name) for name in READABLE)
        self._format = choice("Format", ("Found by itself", None), *titles)
        kinds = ((f"{KIND_SIGNS[k]} {s.name}", k) for k, s in KIND_STYLES.items())
        self._kind = choice("Kind where the file does not say it", ("As the format has it", None))
        for text, kind in kinds:
            self._kind.addItem(text, kind)
        self._videos = choice("Video", ("As the file says", None))
        for video in self._project.document.videos.values():
            self._videos.addItem(PurePosixPath(video.path).name, video.path)
        self._annotator = line("Annotator", "As the file says, else you")
        self.labels = LabelMapModel()
        self._label_view = table_view(self.labels, "Labels", stretch=2)
        self._label_view.setItemDelegate(LabelMapDelegate(self._label_view))
        triggers = self._label_view.EditTrigger
        self._label_view.setEditTriggers(triggers.AllEditTriggers)
        self._missing = note("Videos that are missing")
        self._losses = note("What is not taken over")
        self._progress = thin_progress("Progress of reading")
        self._import = primary("Import")
        self._cancel = plain_button("Cancel")

    def _lay_out(self) -> None:
        self.column.addWidget(self._table)
        self.add_row(("Format", self._format), ("Kind", self._kind))
        self.add_row(("Video", self._videos), ("Annotator", self._annotator))
        self.column.addWidget(heading("LABELS"))
        self.column.addWidget(self._label_view, 1)
        self.column.addWidget(self._missing)
        self.column.addWidget(self._losses)
        self.add_buttons(self._cancel, self._import, left=self._progress)
        for box in (self._format, self._kind, self._videos):
            box.activated.connect(self._read_soon)
        self._import.clicked.connect(self._ask)
        self._cancel.clicked.connect(self.reject)

    # --- reading -----------------------------------------------------------------------------

    def _read_soon(self, _place: int) -> None:
        self._again.start()

    def _read(self) -> None:
        """Read the files as chosen; an answer to an older question is not shown any more."""
        self.let_go()
        kind = self._kind.currentData()
        options = Options(None if kind is None else Task(kind), self._videos.currentData())
        known = tuple(video.path for video in self._project.document.videos.values())
        question = ImportQuestion(
            self._number,
            self._files,
            self._format.currentData(),
            options,
            self._project.folder,
            known,
        )
        thread = ReadThread(question, self)
        thread.progressed.connect(self._on_progress)
        thread.answered.connect(self._take)
        self._answer = None
        self._progress.setRange(0, len(self._files))
        self._progress.setValue(0)
        self._progress.show()
        self._tell_button()
        self._run(thread)

    def _on_progress(self, number: int, done: int) -> None:
        if number == self._number:
            self._progress.setValue(done)

    def _take(self, answer: ImportAnswer) -> None:
        if answer.question.number != self._number:
            return
        self._answer = answer
        self._progress.setRange(0, 1)
        self._progress.hide()
        self._show_files(answer.files)
        counts: dict[LabelKey, int] = {}
        for file in answer.files:
            for key, count in label_counts(file.annotations).items():
                counts[key] = counts.get(key, 0) + count
        known = [(label.kind, label.name) for label in self._project.document.labels.values()]
        self.labels.set_labels(counts, known)
        self._missing.setText(_missing_text(answer.missing))
        self._missing.setVisible(bool(answer.missing))
        lines = [
            f"{file.path.name}: {loss}" if len(answer.files) > 1 else str(loss)
            for file in answer.files
            for loss in file.losses
        ]
        self._losses.setText("Not taken over: " + "; ".join(lines) + ".")
        self._losses.setVisible(bool(lines))
        self._tell_button()

    def _show_files(self, files: tuple[FileReading, ...]) -> None:
        self._table.setRowCount(len(files))
        self._table.clearSpans()
        for row, file in enumerate(files):
            held = file.annotations
            texts = [file.path.name, file.problem.removeprefix(f"{file.path.name}: ")]
            if not file.problem:
                texts[1:] = [file.format_title, f"{len(held.videos):,}", f"{len(held.segments):,}"]
            else:
                self._table.setSpan(row, 1, 1, len(FILE_HEADINGS) - 1)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if column > 1:
                    item.setTextAlignment(NUMBER)
                self._table.setItem(row, column, item)

    def _readable(self) -> list[FileReading]:
        return [] if self._answer is None else [f for f in self._answer.files if not f.problem]

    def _tell_button(self) -> None:
        count = sum(len(file.annotations.segments) for file in self._readable())
        self._import.setText("Import" if self._answer is None else f"Import {_events(count)}")
        self._import.setEnabled(bool(self._readable()))

    # --- asking ------------------------------------------------------------------------------

    def _ask(self) -> None:
        """One step for all files, under the names that were chosen."""
        readable, answer = self._readable(), self._answer
        if answer is None or not readable:
            return
        becomes, name = self.labels.becomes(), one_line(self._annotator.text())
        edits = tuple(
            ImportAnnotations(file.annotations, file.path.name, becomes, name) for file in readable
        )
        count = sum(len(edit.annotations.segments) for edit in edits)
        source = edits[0].source if len(edits) == 1 else f"{len(edits)} files"
        edit: Edit = edits[0]
        if len(edits) > 1:
            edit = Together(f"Import {_events(count)} from {source}", edits)
        said = f"{_events(count)} imported from {source}"
        missing = f"; {_videos(len(answer.missing))} missing" if answer.missing else ""
        self.accept()
        self.import_asked.emit(edit, f"{said}{missing}.")


def _missing_text(missing: tuple[str, ...]) -> str:
    names = ", ".join(missing[:NAMED_MISSING])
    more = f" and {len(missing) - NAMED_MISSING} more" if len(missing) > NAMED_MISSING else ""
    return (
        f"{_videos(len(missing))} not there yet and listed as missing until linked: {names}{more}."
    )


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"


def _videos(count: int) -> str:
    return "1 video is" if count == 1 else f"{count:,} videos are"
