"""Keeps, repeats and exchanges sets of prompts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.messages import MessageBar
from app.panels.sets_view import SetsView
from app.prompts.prompt_book import PromptBook
from app.prompts.prompt_set import (
    MOST_RESULTS,
    PromptSet,
    PromptSetError,
    Result,
    read_sets,
    write_sets,
)
from app.prompts.set_shelf import SetShelf
from app.session import Session

FILTER = "Sets of prompts (*.json)"


class PromptSets(QObject):
    """Does what the view of sets asks for. ``model_name`` tells with what prompts are answered."""

    def __init__(
        self,
        book: PromptBook,
        shelf: SetShelf,
        view: SetsView,
        session: Session,
        messages: MessageBar,
        model_name: Callable[[], str],
        window: QWidget,
    ) -> None:
        super().__init__(book)
        self._book = book
        self._shelf = shelf
        self._session = session
        self._messages = messages
        self._model_name = model_name
        self._window = window
        # The set whose results are awaited, by name.
        self._awaited: str | None = None
        view.save_asked.connect(self.save)
        view.load_asked.connect(self.load)
        view.repeat_asked.connect(self.repeat)
        view.export_asked.connect(self._ask_export)
        view.import_asked.connect(self._ask_import)
        view.remove_asked.connect(self.remove)
        shelf.problem.connect(messages.show_error)
        book.answer_changed.connect(self._on_answer)

    def save(self, name: str, notes: str) -> bool:
        """Keep the list of prompts under a name, with what it found in the open video."""
        prompts = self._book.prompts
        if not prompts:
            self._messages.show_notice("There is no prompt in the list to be kept.")
            return False
        old = self._shelf.find(name)
        is_same = old is not None and [e.spec for e in old.prompts] == [e.spec for e in prompts]
        results = old.results if old is not None and is_same else ()
        kept = PromptSet(name, prompts, notes, results)
        result = self._result()
        kept = _with_result(kept, result) if result is not None else kept
        self._awaited = name if result is None and self._session.media is not None else None
        if not self._shelf.put(kept):
            return False
        self._messages.show_notice(f"“{name}” is kept ({self._shelf.place}).")
        return True

    def load(self, wanted: PromptSet) -> None:
        """Have the prompts of a set in the list; what was there can be had again."""
        before = self._book.prompts
        self._awaited = None
        self._book.set_all(wanted.prompts)
        if before and before != wanted.prompts:
            self._messages.show_offers(
                f"The list is now that of “{wanted.name}”.",
                (("Undo", lambda: self._book.set_all(before)),),
            )

    def repeat(self, wanted: PromptSet) -> None:
        """Load a set and note what it finds in the open video."""
        self.load(wanted)
        if self._session.media is None:
            self._messages.show_notice("Open a video to repeat the experiment in it.")
            return
        self._awaited = wanted.name
        self._on_answer(None)

    def remove(self, wanted: PromptSet) -> None:
        """Take a set away; it can come back."""
        if self._shelf.remove(wanted.name):
            self._messages.show_offers(
                f"“{wanted.name}” was deleted.", (("Undo", lambda: self._shelf.put(wanted)),)
            )

    def export_to(self, path: Path, sets: tuple[PromptSet, ...]) -> bool:
        """Write sets into a file; False, with a message, where that fails."""
        try:
            write_sets(path, sets)
        except PromptSetError as error:
            self._messages.show_error(str(error))
            return False
        self._messages.show_notice(f"Written into {path.name}.")
        return True

    def import_from(self, path: Path) -> bool:
        """Read sets from a file; those of a name that is there get another name."""
        try:
            read = read_sets(path)
        except PromptSetError as error:
            self._messages.show_error(str(error))
            return False
        taken = {each.name for each in self._shelf.sets}
        new: list[PromptSet] = []
        for each in read:
            if each == self._shelf.find(each.name):
                continue
            name = _free_name(each.name, taken)
            taken.add(name)
            new.append(replace(each, name=name))
        if new and not self._shelf.put(*new):
            return False
        noun = "1 set" if len(new) == 1 else f"{len(new)} sets"
        self._messages.show_notice(f"{noun} of prompts read from {path.name}.")
        return True

    def _ask_export(self, sets: tuple[PromptSet, ...]) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Write prompts into a file", f"{sets[0].name}.json", FILTER
        )
        if name:
            self.export_to(Path(name), sets)

    def _ask_import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self._window, "Read prompts from a file", "", FILTER)
        if name:
            self.import_from(Path(name))

    def _on_answer(self, _spec: object) -> None:
        awaited = None if self._awaited is None else self._shelf.find(self._awaited)
        result = self._result()
        if awaited is None or result is None:
            return
        self._awaited = None
        if [each.spec for each in awaited.prompts] == [each.spec for each in self._book.prompts]:
            self._shelf.put(_with_result(awaited, result))
            hits = sum(result.counts)
            noun = "1 hit" if hits == 1 else f"{hits:,} hits"
            self._messages.show_notice(f"“{awaited.name}”: {noun} in {result.video}.")

    def _result(self) -> Result | None:
        """What the whole list found in the open video; None while that is not known."""
        media, prompts = self._session.media, self._book.prompts
        answers = [self._book.answer(each.spec) for each in prompts]
        if media is None or not prompts or not all(answer.is_done for answer in answers):
            return None
        counts = [
            answer.scores.at_least(each.threshold)
            for each, answer in zip(prompts, answers, strict=True)
        ]
        return Result(
            media.path.name,
            self._model_name(),
            datetime.now(UTC).isoformat(timespec="seconds"),
            tuple(each.threshold for each in prompts),
            tuple(counts),
        )


def _with_result(kept: PromptSet, result: Result) -> PromptSet:
    """The newest is last; the oldest of very many go."""
    return replace(kept, results=(*kept.results, result)[-MOST_RESULTS:])


def _free_name(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free
