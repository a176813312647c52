"""How far two annotators of the project agree, and everything on which they do not."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.panels.agreement_tables import DifferenceTable, FigureTable
from app.panels.agreement_work import CompareThread, Comparison, Question
from app.theme import tabular
from app.window.annotation import Annotation
from core_model.timeline import microseconds

ROW_PX = 26
COLLAR_S = 0.5
READING = "Comparing…"
PADDING_PX = 18
_FIGURE_WIDTHS = ("a label here", "", "000", "000", "Both", "Kappa", "Event F1", "Segment F1")
_DIFFERENCE_WIDTHS = ("00:00.0000", "other edges", "dog barking…", "dog barking…", "video")
STALE = "The annotations have changed since; compare again."


class AgreementPanel(QWidget):
    """``play_asked(Disagreement)``: it is to be seen and heard. ``merge_asked(Comparison)``: one
    layer is to be made of both. Call :meth:`shutdown` at the end.

    It compares when it is first seen, when a choice changes, and when asked to.
    """

    play_asked = Signal(object)
    merge_asked = Signal(object)

    def __init__(self, annotation: Annotation) -> None:
        super().__init__()
        self.setObjectName("eventList")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._annotation = annotation
        self._number = 0
        self._threads: list[CompareThread] = []
        self._is_fresh = False
        self._people = (_people_box("Annotator A"), _people_box("Annotator B"))
        self._collar = QDoubleSpinBox()
        self._collar.setRange(0.0, 60.0)
        self._collar.setSingleStep(0.1)
        self._collar.setValue(COLLAR_S)
        self._collar.setSuffix(" s")
        self._collar.setToolTip("How far onset and offset of the same event may differ")
        self._collar.setAccessibleName("Collar in seconds")
        self._collar.setKeyboardTracking(False)
        self._again = QPushButton("Compare")
        self._again.setObjectName("small")
        self._merge = QPushButton("Merge…")
        self._merge.setObjectName("small")
        self._merge.setToolTip("Make one layer of both, by a rule or by hand")
        self._merge.setEnabled(False)
        self._compared: Comparison | None = None
        self._note = QLabel()
        self._note.setObjectName("secondary")
        self._note.setWordWrap(True)
        self._hint = QLabel()
        self._hint.setObjectName("hint")
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.figures = FigureTable()
        self.differences = DifferenceTable()
        self._figure_view = _view(self.figures, "Agreement per label", _FIGURE_WIDTHS)
        self._difference_view = _view(self.differences, "Disagreements", _DIFFERENCE_WIDTHS)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._lay_out()
        self._connect()
        self._show_hint("")

    def compare(self) -> None:
        """Ask for the figures of whom is chosen; they come later."""
        project = self._annotation.projects.project
        if project is None:
            return
        self._number += 1
        chosen = tuple(box.currentData() for box in self._people)
        names = None if None in chosen else (str(chosen[0]), str(chosen[1]))
        collar_us = microseconds(self._collar.value())
        thread = CompareThread(
            Question(
                self._number, project.path, names, collar_us, self._annotation.projects.author
            ),
            self,
        )
        thread.compared.connect(self._take)
        thread.finished.connect(self._forget_finished)
        self._threads.append(thread)
        self._is_fresh = True
        self._note.setText(READING)
        thread.start()

    def shutdown(self) -> None:
        """Wait for what is under way."""
        for thread in self._threads:
            thread.wait()
        self._threads.clear()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_fresh:
            self.compare()

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setSpacing(4)
        for box in self._people:
            choices.addWidget(box, 1)
        choices.addWidget(self._collar)
        choices.addWidget(self._again)
        choices.addWidget(self._merge)
        self._split.addWidget(self._figure_view)
        self._split.addWidget(self._difference_view)
        self._split.setHandleWidth(1)
        self._split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(choices)
        layout.addWidget(self._note)
        layout.addWidget(self._hint, 1)
        layout.addWidget(self._split, 1)

    def _connect(self) -> None:
        for box in self._people:
            box.activated.connect(self._on_choice)
        self._collar.valueChanged.connect(self._on_choice)
        self._again.clicked.connect(self.compare)
        self._merge.clicked.connect(self._ask_merge)
        self._figure_view.selectionModel().currentRowChanged.connect(self._on_label)
        self._difference_view.clicked.connect(self._on_difference)
        self._difference_view.activated.connect(self._on_difference)
        self._annotation.changed.connect(self._on_edit)
        self._annotation.projects.project_changed.connect(self._on_project)

    def _on_choice(self, _value: object) -> None:
        self.compare()

    def _on_edit(self) -> None:
        if self._is_fresh and self._number:
            self._note.setText(STALE)
            self._keep(None)

    def _on_project(self) -> None:
        """Nothing of another project stays."""
        self._number += 1
        self._is_fresh = False
        for box in self._people:
            box.clear()
        self._keep(None)
        self.figures.set_figures(None)
        self.differences.set_differences(())
        self._show_hint("")
        if self.isVisible():
            self.compare()

    def _take(self, found: Comparison) -> None:
        if found.question.number != self._number:
            return
        self._offer(found)
        self._keep(found)
        self.figures.set_figures(found.figures)
        self.differences.set_differences(found.differences)
        if found.figures is None:
            self._note.clear()
            self._show_hint(found.reason)
            return
        self._show_hint("")
        self._note.setText(_said(found))
        self._figure_view.selectRow(0)

    def _keep(self, found: Comparison | None) -> None:
        """What can be merged."""
        self._compared = found if found is not None and found.figures is not None else None
        can = self._compared is not None and self._annotation.projects.is_writable
        self._merge.setEnabled(can)

    def _ask_merge(self) -> None:
        if self._compared is not None:
            self.merge_asked.emit(self._compared)

    def _offer(self, found: Comparison) -> None:
        chosen = found.names or (None, None)
        for box, name, side in zip(self._people, chosen, "AB", strict=True):
            blocker = QSignalBlocker(box)
            box.clear()
            for person, count in found.people:
                box.addItem(f"{side}: {person} ({count:,})", person)
            box.setCurrentIndex(box.findData(name) if name is not None else -1)
            del blocker

    def _show_hint(self, text: str) -> None:
        self._hint.setText(text)
        self._hint.setVisible(bool(text))
        self._split.setVisible(not text)

    def _on_label(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self.differences.set_scope(self.figures.scope(now.row()))

    def _on_difference(self, index: QModelIndex) -> None:
        if index.isValid():
            self.play_asked.emit(self.differences.difference(index.row()))

    def _forget_finished(self) -> None:
        for thread in [t for t in self._threads if t.isFinished()]:
            self._threads.remove(thread)
            thread.deleteLater()


def _said(found: Comparison) -> str:
    """What the figures depend on, so that nobody has to guess."""
    collar_s = found.question.collar_us / 1e6
    count = len(found.differences)
    return (
        f"{count:,} {'disagreement' if count == 1 else 'disagreements'}. Events match within "
        f"{collar_s:g} s at onset and offset; kappa per 0.1 s; segment F1 per second. "
        "Rejected events do not count, nor videos that only one has annotated."
    )


def _people_box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setMinimumContentsLength(8)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


def _view(model: FigureTable | DifferenceTable, name: str, widest: tuple[str, ...]) -> QTableView:
    view = QTableView()
    view.setAccessibleName(name)
    view.setModel(model)
    view.setFont(tabular(view.font()))
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.verticalHeader().hide()
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().setDefaultSectionSize(ROW_PX)
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setMinimumSectionSize(24)
    header.setStretchLastSection(True)
    view.ensurePolished()
    for column, text in enumerate(widest):
        header.resizeSection(column, view.fontMetrics().horizontalAdvance(text) + PADDING_PX)
    return view
