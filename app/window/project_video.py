"""Keeps the open video and the open project together, and what the model finds in it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.messages import MessageBar
from app.project.edits import AddVideos, ApplyRun
from app.project.errors import ProjectError
from app.project.places import describe
from app.project.project import Project
from app.project.values import Video
from app.session import Session
from app.window.annotation import Annotation
from app.window.detection import DetectionPresenter, Found
from core_model.media.probe import MediaInfo


class ProjectVideo(QObject):
    """A video that is opened while a project is open gets part of it; a project that is opened
    brings its own. ``open_wanted`` carries the path of a video to open.
    """

    open_wanted = Signal(object)

    def __init__(
        self,
        annotation: Annotation,
        session: Session,
        detection: DetectionPresenter,
        messages: MessageBar,
    ) -> None:
        super().__init__(annotation)
        self._annotation = annotation
        self._projects = annotation.projects
        self._session = session
        self._detection = detection
        self._messages = messages
        self._shown_project: Project | None = None
        self._projects.project_changed.connect(self._on_project)
        self._projects.videos_changed.connect(self._on_videos)
        detection.found.connect(self._on_found)

    def media_opened(self, media: MediaInfo | None) -> None:
        """Another file is open, or none: find or add it, and look for events where nobody has."""
        self._annotation.set_has_media(media is not None)
        self._annotation.set_video(None)
        if media is None:
            self._detection.keep_to_project(False)
            return
        self._enter(media)
        if not self._has_runs():
            self._detection.start()
        else:
            self._detection.rest()

    def _on_project(self) -> None:
        """A project was opened, or closed: show the open video's segments, or open a video."""
        project, media = self._projects.project, self._session.media
        is_new = project is not self._shown_project
        self._shown_project = project
        if project is None:
            self._detection.keep_to_project(False)
            self._annotation.set_video(None)
        elif media is not None and (not project.document.videos or self._find(project, media)):
            self._enter(media)
            if self._annotation.video_id is not None and not self._has_runs():
                self._detection.hand_over()
        elif is_new:
            self._open_first(project, has_media=media is not None)

    def _enter(self, media: MediaInfo) -> None:
        """Make the open file the current video of the project, adding it where it is new."""
        project = self._projects.project
        if project is None:
            return
        video = self._find(project, media)
        is_only_listed = video is not None and not video.content_hash
        if video is None or (is_only_listed and self._projects.is_writable):
            self._add(project, media)
        self._take_up(project, media)

    def _take_up(self, project: Project, media: MediaInfo) -> None:
        video = self._find(project, media)
        self._detection.keep_to_project(video is not None)
        self._annotation.set_video(None if video is None else video.id)

    def _on_videos(self, _ids: object) -> None:
        """The open video may have been added only now, behind what the worker was at."""
        project, media = self._projects.project, self._session.media
        if project is not None and media is not None and self._annotation.video_id is None:
            self._take_up(project, media)

    def _add(self, project: Project, media: MediaInfo) -> None:
        if not self._projects.is_writable:
            self._messages.show_notice(
                f"{media.path.name} is not in this project, which is read-only."
            )
            return
        try:
            file = describe(
                media.path,
                project.folder,
                start_us=media.start_us,
                duration_us=media.duration_us,
            )
            self._projects.perform(AddVideos((file,)), {file.content_hash: media.path})
        except ProjectError as error:
            self._messages.show_error(str(error))
            return
        video = self._find(project, media)
        if video is not None and video.path != file.path and not file.is_name_only:
            self._messages.show_notice(
                f"{file.path} is not what it was: it is kept as another video, {video.path}."
            )

    def _find(self, project: Project, media: MediaInfo) -> Video | None:
        try:
            return project.find_video(media.path)
        except ProjectError:
            # A file that cannot be read again is none of the project's.
            return None

    def _has_runs(self) -> bool:
        document, video_id = self._projects.document, self._annotation.video_id
        return (
            document is not None
            and video_id is not None
            and any(run.video_id == video_id for run in document.runs.values())
        )

    def _on_found(self, found: Found) -> None:
        """Detection is done: what people did stays, the rest becomes what was found."""
        video_id = self._annotation.video_id
        if video_id is not None and self._annotation.is_writable:
            self._projects.perform(ApplyRun(video_id, found.model, found.version, found.detections))

    def _open_first(self, project: Project, *, has_media: bool) -> None:
        """The first video that is there; what is open stays where there is none."""
        for video_id in project.document.videos:
            place = self._locate(video_id)
            if place is not None:
                self.open_wanted.emit(place)
                return
        if project.document.videos and not has_media:
            self._messages.show_notice("None of the project's videos is where it was.")

    def _locate(self, video_id: int) -> Path | None:
        project = self._projects.project
        try:
            return project.locate(video_id) if project is not None else None
        except ProjectError as error:
            self._messages.show_error(str(error))
            return None
