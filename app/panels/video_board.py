"""All videos of the project: what is done in each, and which one is next."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.video_board_delegate import STATUS_SIGNS, VideoDelegate
from app.panels.video_board_model import VideoBoardModel
from app.panels.video_board_thumbnails import Looked, ThumbnailThread
from app.project.edits import SetVideoStatus
from app.project.values import VideoStatus
from app.theme import Theme
from app.window.annotation import Annotation
from app.worker import Worker

NO_VIDEOS = "No videos in this project yet. Open one, and it is added."
NO_MATCH = "No video passes the filters."


class VideoBoard(QWidget):
    """``open_asked(video_id)``: double click, Enter, or next unreviewed. Call :meth:`shutdown`."""

    open_asked = Signal(object)

    def __init__(self, annotation: Annotation, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("eventList")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(264)
        self._annotation = annotation
        self._projects = annotation.projects
        self._looker: Worker[ThumbnailThread] = Worker(self)
        self._counts_are_old = False
        self.model = VideoBoardModel()
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setAccessibleName("Videos of the project")
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setUniformItemSizes(True)
        self.view.setFrameShape(QListView.Shape.NoFrame)
        self._delegate = VideoDelegate(theme, self.view)
        self.view.setItemDelegate(self._delegate)
        self._count = QLabel()
        self._count.setObjectName("secondary")
        self._text = QLineEdit()
        self._text.setPlaceholderText("Filter videos")
        self._text.setAccessibleName("Filter videos")
        self._text.setClearButtonEnabled(True)
        self._text.setAcceptDrops(False)
        self._only = _status_box("Show only videos with this status", "All")
        self._mark = _status_box("Status of the selected videos", "Mark as…")
        self._next = QPushButton("Next unreviewed")
        self._next.setObjectName("small")
        self._next.setToolTip("Open the next video that is not done")
        self._hint = QLabel()
        self._hint.setObjectName("hint")
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._lay_out()
        self._connect()
        self._on_project()

    def set_theme(self, theme: Theme) -> None:
        self._delegate.theme = theme
        self.view.viewport().update()

    @property
    def selected_ids(self) -> tuple[int, ...]:
        """The selected videos, in the order of the board."""
        places = sorted(index.row() for index in self.view.selectedIndexes())
        return tuple(self.model.id_at(place) for place in places)

    def add_below(self, part: QWidget) -> None:
        """Show something between the videos and the buttons."""
        column = self.layout()
        if isinstance(column, QVBoxLayout):
            column.insertWidget(column.count() - 1, part)

    def open_next(self) -> None:
        """Ask for the next video that is not done."""
        video_id = self.model.next_unreviewed()
        if video_id is not None:
            self.open_asked.emit(video_id)

    def finish_and_open_next(self) -> None:
        """Mark the open video as done and ask for the next one that is not."""
        video_id = self._annotation.video_id
        if video_id is not None:
            self._projects.perform(SetVideoStatus((video_id,), VideoStatus.DONE))
        self.open_next()

    def shutdown(self) -> None:
        """Wait until the thread has looked at the video at hand."""
        self._looker.wait()

    def _lay_out(self) -> None:
        title = QLabel("VIDEOS")
        title.setObjectName("heading")
        top = QHBoxLayout()
        top.addWidget(title)
        top.addStretch(1)
        top.addWidget(self._count)
        filters = QHBoxLayout()
        filters.setSpacing(4)
        filters.addWidget(self._text, 1)
        filters.addWidget(self._only)
        bottom = QHBoxLayout()
        bottom.setSpacing(4)
        bottom.addWidget(self._mark)
        bottom.addStretch(1)
        bottom.addWidget(self._next)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 10, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addLayout(filters)
        layout.addWidget(self._hint, 1)
        layout.addWidget(self.view, 1)
        layout.addLayout(bottom)

    def _connect(self) -> None:
        self._projects.project_changed.connect(self._on_project)
        self._projects.videos_changed.connect(self._on_videos)
        self._projects.labels_changed.connect(self._on_labels)
        self._projects.segments_changed.connect(self._on_segments)
        self._projects.busy_changed.connect(self._on_busy)
        self._annotation.changed.connect(self._on_open)
        self._text.textChanged.connect(self._on_filter)
        self._only.currentIndexChanged.connect(self._on_filter)
        self._mark.activated.connect(self._on_mark)
        self._next.clicked.connect(self.open_next)
        self.view.activated.connect(self._on_activated)
        self.view.selectionModel().selectionChanged.connect(self._tell)

    def _on_project(self) -> None:
        self._looker.retire()
        self.model.forget()
        self._read_videos()
        self._read_counts()
        self._look()

    def _on_videos(self, _ids: object) -> None:
        self._read_videos()
        self._read_counts()
        self._look()

    def _on_labels(self, _ids: object) -> None:
        self._read_videos()

    def _on_segments(self, video_id: int, _ids: object) -> None:
        if video_id == self._annotation.video_id:
            self.model.count(self._projects.columns(video_id))
        else:
            self._read_counts()

    def _on_busy(self, is_busy: bool) -> None:
        if not is_busy and self._counts_are_old:
            self._read_counts()

    def _on_open(self) -> None:
        self.model.set_open(self._annotation.video_id)
        self._tell()

    def _read_videos(self) -> None:
        document = self._projects.document
        videos = () if document is None else document.videos.values()
        labels = () if document is None else document.labels.values()
        self.model.set_project(videos, labels)
        self._tell()

    def _read_counts(self) -> None:
        """Not while the worker writes: the numbers would be of no moment at all."""
        self._counts_are_old = self._projects.is_busy
        project = self._projects.project
        if project is not None and not self._counts_are_old:
            self.model.set_counts(project.counts())

    def _look(self) -> None:
        """See which files are there, and get pictures of them."""
        self._looker.retire()
        project, document = self._projects.project, self._projects.document
        if project is None or document is None or not document.videos:
            return
        thread = ThumbnailThread(project.sought(), self)
        thread.looked.connect(self._take)
        self._looker.begin(thread, ThumbnailThread.Priority.LowestPriority)

    def _take(self, looked: Looked) -> None:
        if self.sender() is self._looker.thread_now:
            self.model.set_looked(looked.video_id, looked.path is None, looked.picture)
            self._tell()

    def _on_filter(self, _value: object) -> None:
        status = self._only.currentData()
        self.model.set_filter(
            self._text.text(), None if status is None else VideoStatus(str(status))
        )
        self._tell()

    def _on_mark(self, _place: int) -> None:
        status = self._mark.currentData()
        ids = self.selected_ids
        blocker = QSignalBlocker(self._mark)
        self._mark.setCurrentIndex(0)
        del blocker
        if status is not None and ids:
            self._projects.perform(SetVideoStatus(ids, VideoStatus(str(status))))

    def _on_activated(self, index: QModelIndex) -> None:
        if index.isValid():
            self.open_asked.emit(self.model.row(index.row()).video.id)

    def _tell(self, *_what: object) -> None:
        shown, total = self.model.rowCount(), self.model.total
        missing = self.model.missing_count
        count = f"{shown} of {total}" if shown != total else str(total) if total else ""
        self._count.setText(f"{count} · {missing} missing" if missing else count)
        self._hint.setText(NO_MATCH if total else NO_VIDEOS)
        self._hint.setVisible(shown == 0)
        self.view.setVisible(shown > 0)
        self._next.setEnabled(self.model.next_unreviewed() is not None)
        can = self._projects.is_writable and self.view.selectionModel().hasSelection()
        self._mark.setEnabled(can)


def _status_box(name: str, first: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.addItem(first, None)
    for status in VideoStatus:
        box.addItem(f"{STATUS_SIGNS[status]} {status.value}", status)
    return box
