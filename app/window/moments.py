"""Finds moments that are like a stretch of video or like words, and plays them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.jobs.requests import MomentsFound, MomentsResponse, PromptFailure
from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.panels.moments_panel import MomentsPanel
from app.player.player import Player
from app.player.time_code import short_time_code
from app.project.errors import ProjectError
from app.project.places import Sought
from app.session import Session
from app.window.annotation import Annotation
from app.window.triage import POST_ROLL_US, PRE_ROLL_US
from core_model.media.probe import MediaInfo
from core_model.prompt_spec import Example, Moment, PromptError, PromptSpec, parse_prompt
from core_model.timeline import Task

MOST_MOMENTS = 200
SEARCHING = "Searching…"
LOADING = "Reading the text model… only the first time"


class Moments(QObject):
    """Between the panel of moments, the worker and the player."""

    def __init__(
        self,
        panel: MomentsPanel,
        runner: JobRunner,
        annotation: Annotation,
        session: Session,
        player: Player,
        messages: MessageBar,
        templates: Callable[[], Mapping[Task, str]],
        open_path: Callable[[Path], None],
        show_panel: Callable[[], None],
    ) -> None:
        super().__init__(annotation)
        self._panel = panel
        self._runner = runner
        self._annotation = annotation
        self._session = session
        self._player = player
        self._messages = messages
        self._templates = templates
        self._open_path = open_path
        self._show_panel = show_panel
        self._query: PromptSpec | Example | None = None
        self._id: int | None = None
        self._to_play: Moment | None = None
        panel.search_asked.connect(self._on_search)
        panel.play_asked.connect(self.play)
        panel.scope_changed.connect(self._ask)
        runner.moments_answered.connect(self._on_response)
        session.media_changed.connect(self._on_media)

    def search(self, spec: PromptSpec) -> None:
        """Rank the moments of the chosen videos by how much they are like a prompt."""
        self._panel.field.setText(spec.wordings[0])
        self._panel.set_task(spec.task)
        self._query = spec
        self._show_panel()
        self._ask()

    def like(self, span_us: tuple[int, int], task: Task) -> None:
        """Rank moments by how much they are like a stretch of the open video."""
        media = self._session.media
        if media is not None:
            self._query = Example(media.path, span_us, task)
            self._panel.set_task(task)
            self._show_panel()
            self._ask()

    def play(self, moment: Moment) -> None:
        """Play a moment, in another video if need be."""
        media = self._session.media
        if media is not None and media.path == moment.path:
            self._play_now(moment)
        elif moment.path.is_file():
            self._to_play = moment
            self._open_path(moment.path)
        else:
            self._messages.show_error(f"{moment.path.name}: the file is not where it was.")

    def _on_search(self, text: str, task: Task) -> None:
        try:
            self._query = parse_prompt(text, task, self._templates().get(task, ""))
        except PromptError as error:
            self._panel.show_problem(str(error).removeprefix("prompt: ").capitalize())
            return
        self._ask()

    def _ask(self) -> None:
        query = self._query
        if query is None:
            return
        media = self._session.media
        paths = () if media is None else (media.path,)
        sought = self._sought()
        if not paths and not sought:
            self._panel.show_busy(_title(query), "")
            self._panel.show_problem("Open a video or a project to search in.")
            return
        self._panel.show_busy(_title(query), SEARCHING)
        self._id = self._runner.ask_moments(paths, query, MOST_MOMENTS, sought)

    def _sought(self) -> tuple[Sought, ...]:
        """The videos of the project, if they are wanted, too."""
        project = self._annotation.projects.project
        if not self._panel.is_everywhere or project is None:
            return ()
        try:
            return project.sought()
        except ProjectError as error:
            self._messages.show_error(str(error))
            return ()

    def _on_response(self, response: MomentsResponse) -> None:
        if response.id != self._id or self._query is None:
            return
        if isinstance(response, MomentsFound):
            self._panel.show_moments(response.moments, response.missing)
        elif isinstance(response, PromptFailure):
            self._panel.show_problem(response.reason)
        else:
            self._panel.show_busy(_title(self._query), LOADING)

    def _on_media(self, media: MediaInfo | None) -> None:
        if self._to_play is not None and media is not None:
            # The player is still busy with opening it.
            QTimer.singleShot(0, self, self._arrive)

    def _arrive(self) -> None:
        moment, self._to_play = self._to_play, None
        media = self._session.media
        if moment is not None and media is not None and media.path == moment.path:
            self._play_now(moment)

    def _play_now(self, moment: Moment) -> None:
        self._player.play_range(moment.onset_us - PRE_ROLL_US, moment.offset_us + POST_ROLL_US)


def _title(query: PromptSpec | Example) -> str:
    if isinstance(query, PromptSpec):
        return f"“{query.name}”"
    start, end = (short_time_code(each) for each in query.span_us)
    return f"Like {start} – {end} of {query.path.name}"
