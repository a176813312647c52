"""Everything of the window about prompts and thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.jobs.runner import JobRunner
from app.messages import MessageBar
from app.panels.comparison_view import ComparisonView
from app.panels.prompt_panel import PromptPanel
from app.panels.sets_view import SetsView
from app.panels.threshold_panel import ThresholdPanel
from app.prompts.curve_asker import CurveAsker
from app.prompts.prompt_asker import PromptAsker
from app.prompts.prompt_book import Prompt, PromptBook
from app.prompts.prompt_memory import PromptMemory
from app.prompts.set_shelf import SetShelf
from app.session import Session
from app.settings import settings_file
from app.theme import Theme
from app.timeline.heat_pane import HeatPane
from app.timeline.prompt_pane import PromptLanesPane
from app.timeline.timeline_view import TimelineView
from app.view_state import ViewState
from app.window.annotation import Annotation
from app.window.detection import DetectionPresenter, bundled_sentences
from app.window.keep_hits import KeepHits
from app.window.memory import WindowMemory
from app.window.prompt_comparison import PromptComparison
from app.window.prompt_lanes import PromptLanes
from app.window.prompt_sets import PromptSets
from app.window.review import ReviewRoom
from core_model.prompt_spec import PromptSpec
from core_model.timeline import Task


class PromptRoom(QObject):
    """Makes the parts and joins them. Call :meth:`shutdown` at the end."""

    def __init__(
        self,
        annotation: Annotation,
        session: Session,
        runner: JobRunner,
        detection: DetectionPresenter,
        view_state: ViewState,
        timeline: TimelineView,
        review: ReviewRoom,
        messages: MessageBar,
        memory: WindowMemory,
        actions: Mapping[str, QAction],
        theme: Theme,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._annotation = annotation
        self._session = session
        self._timeline = timeline
        self._review = review
        self._messages = messages
        self._memory = memory
        self._actions = actions
        self.book = PromptBook(self)
        self.asker = PromptAsker(self.book, runner, session, view_state)
        self.shelf = SetShelf(annotation.projects, settings_file().parent, self)
        self.panel = PromptPanel(self.book, self.asker, session, theme)
        self.comparison_view = ComparisonView(theme)
        self.panel.add_below(self.comparison_view)
        self.sets_view = SetsView(self.shelf)
        self.thresholds = ThresholdPanel(session, annotation, theme)
        self.lanes_pane = PromptLanesPane(view_state, theme)
        self.heat_pane = HeatPane(view_state, theme)
        self.curve_asker = CurveAsker(runner, session, lambda: self.heat_pane.keys)
        self.lanes = PromptLanes(self.book, session, self.lanes_pane)
        self.comparison = PromptComparison(
            self.book, self.asker, self.panel, self.comparison_view, annotation
        )
        self.sets = PromptSets(
            self.book,
            self.shelf,
            self.sets_view,
            session,
            messages,
            lambda: " ".join(filter(None, detection.model)),
            window,
        )
        self.keeper = KeepHits(self.book, annotation, session, messages, lambda: detection.model)
        self._pages = QStackedWidget()
        self._place(timeline, review)
        self._connect(detection)
        self._restore(memory)

    def slots(self) -> dict[str, Callable[..., object]]:
        """What to connect to the actions with these ids."""
        return {
            "prompt": self.type_prompt,
            "keep_hits": self._keep_all,
            "score_curves": self._set_curves,
            "heat_lanes": self._set_heat,
        }

    def type_prompt(self) -> None:
        """Give the keys to the field where prompts are typed."""
        self._show(self._pages)
        self._pages.setCurrentWidget(self.panel)
        self.panel.field.setFocus()
        self.panel.field.selectAll()

    def look_for(self, text: str) -> None:
        """Ask the model for what was typed elsewhere, as if it had been typed in the panel."""
        self.type_prompt()
        self.panel.field.setText(text)
        self.panel.field.returnPressed.emit()

    def templates(self) -> dict[Task, str]:
        """The sentences of kinds where somebody wrote their own."""
        return self.panel.kinds.templates

    def set_theme(self, theme: Theme) -> None:
        for part in (
            self.panel,
            self.comparison_view,
            self.thresholds,
        ):
            part.set_theme(theme)

    def shutdown(self) -> None:
        """Nothing is waited for any more."""
        self.comparison.shutdown()
        self.curve_asker.shutdown()
        self.thresholds.shutdown()
        self.panel.shutdown()

    def _place(self, timeline: TimelineView, review: ReviewRoom) -> None:
        for page in (self.panel, self.sets_view):
            self._pages.addWidget(page)
        self._pages.setObjectName("eventList")
        review.add_panel(self._pages, "Prompts")
        review.add_panel(self.thresholds, "Thresholds")
        timeline.add_pane(self.lanes_pane)
        timeline.add_pane(self.heat_pane)

    def _connect(self, detection: DetectionPresenter) -> None:
        self.panel.sets_asked.connect(self._show_sets)
        self.panel.removed.connect(self._on_removed)
        self.panel.keep_asked.connect(self._keep_all)
        self.panel.remembered.connect(self._remember)
        self.sets_view.back_asked.connect(self._show_prompts)
        self.sets_view.load_asked.connect(self._show_prompts)
        self.sets_view.repeat_asked.connect(self._show_prompts)
        self.sets_view.compare_asked.connect(self._compare_sets)
        self.book.looks_changed.connect(self._remember)
        self.lanes_pane.lane_clicked.connect(self._on_lane)
        self._session.detections_changed.connect(self._show_heat)
        detection.model_changed.connect(self.asker.ask_again)
        detection.model_changed.connect(self.curve_asker.look_again)
        self.curve_asker.answered.connect(self.heat_pane.set_curves)

    def _restore(self, memory: WindowMemory) -> None:
        stored = PromptMemory.from_stored(memory.settings.prompts)
        self.panel.kinds.set_chosen(stored.kinds)
        self.panel.kinds.set_templates(stored.templates, bundled_sentences())
        self._actions["score_curves"].setChecked(True)
        self.book.set_all(stored.prompts)
        self.book.prompts_changed.connect(self._on_prompts)
        self.shelf.load()

    def _on_prompts(self) -> None:
        """The list is on the disk at once: a crash does not take it."""
        self._remember()
        problem = self._memory.save()
        if problem:
            self._messages.show_error(problem)

    def _remember(self) -> None:
        kinds = self.panel.kinds
        kept = PromptMemory(frozenset(kinds.chosen), kinds.templates, self.book.prompts)
        self._memory.update(prompts=kept.stored())

    # --- showing -------------------------------------------------------------------------------

    def _show(self, panel: QWidget) -> None:
        self._actions["events_panel"].setChecked(True)
        self._review.side.setCurrentWidget(panel)

    def _show_sets(self) -> None:
        self._pages.setCurrentWidget(self.sets_view)
        self.sets_view.name.setFocus()

    def _show_prompts(self, _set: object = None) -> None:
        self._pages.setCurrentWidget(self.panel)

    def _compare_sets(self, first: object, second: object) -> None:
        self._show_prompts()
        self.comparison.compare_sets(first, second)  # type: ignore[arg-type]

    def _on_lane(self, spec: PromptSpec) -> None:
        self._show(self._pages)
        self._show_prompts()
        self.panel.show_row(spec)

    def _set_curves(self, on: bool) -> None:
        self.lanes_pane.set_shows_curves(on)

    def _set_heat(self, on: bool) -> None:
        self.heat_pane.setVisible(on)
        self._show_heat()
        self.curve_asker.set_on(on)

    def _show_heat(self) -> None:
        if self._actions["heat_lanes"].isChecked():
            self.heat_pane.set_table(self._session.table)

    # --- doing ---------------------------------------------------------------------------------

    def _on_removed(self, prompt: Prompt, place: int) -> None:
        def bring_back() -> None:
            others = list(self.book.prompts)
            self.book.set_all([*others[:place], prompt, *others[place:]])

        text = f"“{prompt.spec.name}” was removed."
        self._messages.show_offers(text, (("Undo", bring_back),))

    def _keep_all(self) -> None:
        self.keeper.keep(self.book.prompts)
