"""Compares two prompts, or two sets of prompts, in the open video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.limits import LabelKey
from app.panels.comparison_view import Compared, ComparisonView
from app.panels.prompt_panel import PromptPanel
from app.project.columns import SegmentColumns
from app.project.values import KINDS, STATES
from app.prompts.comparison import Agreement, Overlap, Spans, agreement, overlap, shifted_by_kind
from app.prompts.prompt_asker import PromptAsker
from app.prompts.prompt_book import Prompt, PromptBook
from app.prompts.prompt_set import PromptSet
from app.window.annotation import Annotation
from core_model.prompt_spec import PromptSpec
from core_model.timeline import US_PER_S, Detection
from training.annotations.model import State

# A slider that is dragged changes often; figures are for when it rests.
REST_MS = 150
ALL_LABELS = "All annotations of these kinds"


@dataclass(frozen=True, slots=True)
class _Side:
    name: str
    prompts: tuple[Prompt, ...]


class PromptComparison(QObject):
    """Keeps the view up to date while thresholds, answers and annotations change."""

    def __init__(
        self,
        book: PromptBook,
        asker: PromptAsker,
        panel: PromptPanel,
        view: ComparisonView,
        annotation: Annotation,
    ) -> None:
        super().__init__(book)
        self._book = book
        self._asker = asker
        self._panel = panel
        self._view = view
        self._annotation = annotation
        self._sides: tuple[_Side, _Side] | None = None
        self._label: LabelKey | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._show)
        panel.compared.connect(self._on_prompts)
        view.closed.connect(self.close)
        view.label_chosen.connect(self._on_label)
        book.looks_changed.connect(self._on_changed)
        book.answer_changed.connect(self._on_answer)
        annotation.changed.connect(self._on_changed)

    def shutdown(self) -> None:
        """Nothing is waited for any more."""
        self._rest.stop()

    def close(self) -> None:
        self._sides = None
        self._asker.compare_with(())
        self._view.hide()
        self._panel.stop_comparing()

    def compare_sets(self, first: PromptSet, second: PromptSet | None) -> None:
        """Two sets, or a set and the list of prompts."""
        other = (
            _Side("the list", self._book.prompts)
            if second is None
            else _Side(second.name, second.prompts)
        )
        self._begin(_Side(first.name, first.prompts), other)

    def _on_prompts(self, specs: tuple[PromptSpec, ...]) -> None:
        prompts = [prompt for spec in specs if (prompt := self._book.prompt(spec)) is not None]
        if len(prompts) == 2:
            first, second = (_Side(each.spec.name, (each,)) for each in prompts)
            self._begin(first, second)
        elif self._sides is not None and all(len(side.prompts) == 1 for side in self._sides):
            self._sides = None
            self._view.hide()

    def _begin(self, first: _Side, second: _Side) -> None:
        self._sides = (first, second)
        self._label = self._likely_label()
        listed = {each.spec for each in self._book.prompts}
        specs = [each.spec for side in self._sides for each in side.prompts]
        self._asker.compare_with(spec for spec in specs if spec not in listed)
        self._show()

    def _on_label(self, label: LabelKey | None) -> None:
        self._label = label
        self._show()

    def _on_changed(self) -> None:
        if self._sides is not None:
            self._rest.start()

    def _on_answer(self, _spec: object) -> None:
        self._on_changed()

    def _show(self) -> None:
        if self._sides is None:
            return
        # Thresholds of prompts in the list are those of their sliders now.
        sides = tuple(
            replace(side, prompts=tuple(self._book.prompt(e.spec) or e for e in side.prompts))
            for side in self._sides
        )
        first, second = sides
        is_known = all(
            self._book.answer(each.spec).is_done for side in sides for each in side.prompts
        )
        shown = (self._hits(first), self._hits(second))
        found: Overlap | None = overlap(*shown) if is_known else None
        labels = self._labels()
        self._view.set_labels(labels, self._label)
        agreements = (self._agreement(first), self._agreement(second)) if labels else None
        counts = (len(shown[0]), len(shown[1]))
        self._view.show_comparison(Compared((first.name, second.name), counts, found, agreements))

    def _hits(self, side: _Side) -> list[Detection]:
        return [
            hit
            for each in side.prompts
            for hit in self._book.answer(each.spec).from_score(each.threshold)
        ]

    def _agreement(self, side: _Side) -> Agreement:
        everything = [hit for e in side.prompts for hit in self._book.answer(e.spec).detections]
        return agreement(everything, self._hits(side), self._annotated())

    def _labels(self) -> Sequence[tuple[str, object]]:
        """What there are annotations of; nothing where there are none to compare with."""
        columns = self._annotation.columns
        if columns is None or self._sides is None:
            return ()
        kinds = {each.spec.task for side in self._sides for each in side.prompts}
        there = set(columns.label_ids[_is_accepted(columns)].tolist())
        labels = [e for e in self._annotation.labels() if e.id in there and e.kind in kinds]
        named = [(label.name, (label.kind, label.name)) for label in labels]
        return [(ALL_LABELS, None), *named] if named else ()

    def _likely_label(self) -> LabelKey | None:
        """The label that has the name of a wording."""
        if self._sides is None:
            return None
        wordings = {
            (each.spec.task, wording.casefold())
            for side in self._sides
            for each in side.prompts
            for wording in each.spec.wordings
        }
        keys = [(label.kind, label.name) for label in self._annotation.labels()]
        return next((key for key in keys if (key[0], key[1].casefold()) in wordings), None)

    def _annotated(self) -> Spans:
        """Onsets and offsets (m, 2) in seconds, apart by kind."""
        columns = self._annotation.columns
        if columns is None or self._sides is None:
            return np.empty((0, 2))
        keep = _is_accepted(columns)
        if self._label is None:
            kinds = {each.spec.task for side in self._sides for each in side.prompts}
            keep &= np.isin(columns.kinds, [KINDS.index(kind) for kind in kinds])
        else:
            labels = self._annotation.labels(self._label[0])
            ids = [label.id for label in labels if label.name == self._label[1]]
            keep &= np.isin(columns.label_ids, ids)
        spans = np.stack((columns.onset_us[keep], columns.offset_us[keep]), axis=1) / US_PER_S
        return shifted_by_kind(spans, columns.kinds[keep])


def _is_accepted(columns: SegmentColumns) -> np.ndarray:
    """What people drew or accepted."""
    return columns.states == STATES.index(State.ACCEPTED)
