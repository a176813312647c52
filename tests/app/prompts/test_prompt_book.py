"""The list of prompts: what is in it once, in which order, and what is shown of it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.prompts.prompt_book import FIRST_THRESHOLD, Prompt, PromptBook
from core_model.prompt_spec import MOST_PROMPTS, PromptError, PromptSpec
from core_model.timeline import Task
from tests.app.prompts.prompt_parts import DOG, HOUND, RUN, answer


@pytest.fixture
def book() -> PromptBook:
    made = PromptBook()
    made.add((DOG, RUN))
    made.take(DOG, answer(DOG, (0, 1, 0.2), (2, 3, 0.4), (4, 5, 0.9)))
    made.take(RUN, answer(RUN, (1, 2, 0.6)))
    return made


def specs(book: PromptBook) -> list[PromptSpec]:
    return [prompt.spec for prompt in book.prompts]


def test_a_prompt_is_there_once(book: PromptBook, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(book.prompts_changed):
        assert book.add((DOG,)) == 0
    assert book.add((HOUND, DOG, HOUND)) == 1
    assert specs(book) == [DOG, RUN, HOUND]
    assert all(prompt.threshold == FIRST_THRESHOLD for prompt in book.prompts)


def test_too_many_prompts_are_refused_whole(book: PromptBook) -> None:
    many = [PromptSpec(Task.SED, (f"sound {number}",)) for number in range(MOST_PROMPTS)]
    with pytest.raises(PromptError, match="too many"):
        book.add(many)
    assert specs(book) == [DOG, RUN]


def test_thresholds_and_eyes_choose_what_is_shown(book: PromptBook) -> None:
    assert [hit.score for hit in book.hits(book.prompts[0])] == [0.4, 0.9]
    book.set_threshold(DOG, 0.5)
    assert [hit.score for hit in book.all_hits()] == [0.6, 0.9]
    book.set_shown(RUN, False)
    assert [hit.score for hit in book.all_hits()] == [0.9]
    assert len(book.answer(DOG).detections) == 3


def test_new_words_take_the_place_of_the_old_ones(book: PromptBook) -> None:
    book.set_threshold(DOG, 0.7)
    book.reword(DOG, HOUND)
    assert specs(book) == [HOUND, RUN]
    assert book.prompts[0].threshold == 0.7
    assert not book.answer(HOUND).is_done
    with pytest.raises(PromptError, match="already"):
        book.reword(HOUND, RUN)


def test_nothing_is_told_where_nothing_changes(book: PromptBook, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(book.looks_changed):
        book.set_threshold(DOG, FIRST_THRESHOLD)
        book.set_shown(HOUND, False)
    with qtbot.assertNotEmitted(book.prompts_changed):
        book.remove(HOUND)


def test_prompts_outlive_the_answers(book: PromptBook) -> None:
    book.forget_answers()
    assert specs(book) == [DOG, RUN]
    assert book.all_hits() == ()


@pytest.mark.parametrize("threshold", [-0.1, 1.5])
def test_thresholds_lie_between_0_and_1(book: PromptBook, threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        book.set_threshold(DOG, threshold)


def test_a_whole_list_can_be_taken_on(book: PromptBook) -> None:
    book.set_all((Prompt(HOUND, 0.8, False),))
    assert book.prompts == (Prompt(HOUND, 0.8, False),)
