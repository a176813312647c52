"""What is asked, when, and which answers count."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.jobs.requests import PromptFailure, TextModelLoading
from app.prompts.prompt_asker import PromptAsker, Stage
from app.prompts.prompt_book import PromptBook
from app.session import Session
from app.view_state import ViewState
from core_model.media.probe import MediaInfo, probe
from tests.app.prompts.prompt_parts import DOG, HOUND, RUN, SilentRunner
from tests.media_factory import Video, regular_ticks, write_media


class Parts:
    def __init__(self) -> None:
        self.runner = SilentRunner()
        self.session = Session()
        self.state = ViewState()
        self.book = PromptBook()
        self.asker = PromptAsker(self.book, self.runner, self.session, self.state)

    @property
    def asked(self) -> list[tuple]:
        return [specs for _, specs, _ in self.runner.asked]


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> MediaInfo:
    path = tmp_path_factory.mktemp("media") / "clip.mp4"
    return probe(write_media(path, Video(ticks=regular_ticks(10))))


def test_prompts_wait_for_a_video_and_ask_for_what_is_seen_first(
    parts: Parts, media: MediaInfo
) -> None:
    parts.book.add((DOG,))
    assert parts.asked == []
    parts.state.set_media_range(0, 9_000_000)
    parts.state.set_visible(1_000_000, 2_000_000)
    parts.session.set_media(media)
    assert parts.runner.asked == [(media.path, (DOG,), (1_000_000, 2_000_000))]
    assert parts.asker.stage is Stage.ASKING


def test_what_has_no_whole_answer_is_asked_along_with_what_is_new(
    parts: Parts, media: MediaInfo
) -> None:
    parts.session.set_media(media)
    parts.book.add((DOG, RUN))
    parts.runner.say(DOG, (0, 1, 0.5), done=True)
    parts.runner.say(RUN, (0, 1, 0.5), done=False)
    assert parts.asker.stage is Stage.READING
    parts.book.add((HOUND,))
    assert parts.asked == [(DOG, RUN), (RUN, HOUND)]
    parts.runner.say(RUN)
    parts.runner.say(HOUND)
    assert parts.asker.stage is Stage.IDLE
    parts.book.remove(RUN)
    assert len(parts.asked) == 2


def test_answers_to_an_earlier_question_do_not_count(parts: Parts, media: MediaInfo) -> None:
    parts.session.set_media(media)
    parts.book.add((DOG,))
    parts.session.set_media(media)
    parts.runner.id = 1
    parts.runner.say(DOG, (0, 1, 0.5))
    assert parts.book.answer(DOG).detections == ()
    parts.runner.id = 2
    parts.runner.say(DOG, (0, 1, 0.5))
    assert len(parts.book.answer(DOG).detections) == 1


def test_another_video_is_asked_anew_and_none_at_all_asks_nothing(
    parts: Parts, media: MediaInfo
) -> None:
    parts.session.set_media(media)
    parts.book.add((DOG,))
    parts.runner.say(DOG, (0, 1, 0.5))
    parts.session.set_media(media)
    assert parts.asked == [(DOG,), (DOG,)]
    assert parts.book.answer(DOG).detections == ()
    parts.session.set_media(None)
    assert parts.runner.cancelled == 1
    assert parts.asker.stage is Stage.IDLE


def test_loading_and_failing_are_told_and_can_be_tried_again(
    parts: Parts, media: MediaInfo
) -> None:
    parts.session.set_media(media)
    parts.book.add((DOG,))
    parts.runner.prompted.emit(TextModelLoading(1))
    assert parts.asker.stage is Stage.LOADING
    parts.runner.prompted.emit(PromptFailure(1, "starter: has no task sed"))
    assert parts.asker.stage is Stage.FAILED
    assert parts.asker.problem == "starter: has no task sed"
    parts.asker.ask_again()
    assert parts.asker.stage is Stage.ASKING
    assert parts.asker.problem == ""
    assert len(parts.asked) == 2


def test_prompts_that_are_only_compared_are_asked_too(parts: Parts, media: MediaInfo) -> None:
    parts.session.set_media(media)
    parts.asker.compare_with((RUN,))
    assert parts.asked == [(RUN,)]
    parts.runner.say(RUN, (0, 1, 0.5))
    assert len(parts.book.answer(RUN).detections) == 1
    assert parts.book.prompts == ()


def test_a_path_is_asked_as_it_is(parts: Parts, media: MediaInfo) -> None:
    parts.session.set_media(media)
    parts.book.add((DOG,))
    assert isinstance(parts.runner.asked[0][0], Path)
