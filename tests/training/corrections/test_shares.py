"""How far a new label's row moves is judged on events that its examples were not taken from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core_model.detection.run import Features
from core_model.timeline import SnippetGrid, Task
from tests.tiny_bundle import TEXT_DIM, make_tiny_bundle, tiny_kinds
from tests.training.corrections.learning import NEW, light_text, one_thread, open_tiny
from tests.training.corrections.made_up import S, segment, video
from training.corrections.encoded import EncodedStretch, EncodedVideo
from training.corrections.open_model import OpenModel
from training.corrections.shares import GOOD_ENOUGH, SHARES, _best, _halves, chosen_shares
from training.corrections.split import whole_stretch

pytestmark = pytest.mark.usefixtures(tiny_kinds.__name__, light_text.__name__, one_thread.__name__)
SNIPPETS = 77


@pytest.fixture
def model(tiny_kinds, tmp_path) -> OpenModel:
    """A model whose snippets lie in the space of the text, asked for a new label."""
    opened = open_tiny(make_tiny_bundle(tmp_path / "bundle", wide=True))
    return opened.with_prompts({(Task.SED, NEW): "thing q7"})


def stretch(number: int, *onsets_s: float) -> EncodedStretch:
    """20 s in which events of the new label, 2 s each, all sound alike."""
    draw = np.random.default_rng(number)
    sound = np.random.default_rng(99).normal(size=TEXT_DIM) * 2
    visual, audio = draw.normal(size=(2, SNIPPETS, TEXT_DIM)).astype(np.float16)
    for onset_s in onsets_s:
        audio[round(4 * onset_s) : round(4 * onset_s + 5)] += sound.astype(np.float16)
    marked = [segment(NEW, onset_s, onset_s + 2) for onset_s in onsets_s]
    made = video(f"video {number}", *marked, duration_s=20)
    encoded = EncodedVideo(
        made.name, Features(visual, audio), SnippetGrid(0), SNIPPETS, 20 * S, tuple(Task)
    )
    return EncodedStretch(encoded, whole_stretch(made), 0, SNIPPETS)


def onsets(
    stretches: list[EncodedStretch], half: int, labels: tuple[str, ...]
) -> list[list[float]]:
    return [
        [s.onset_us / S for s in one.segments] for one in _halves(stretches, Task.SED, labels)[half]
    ]


def test_videos_take_turns_and_the_events_of_a_single_one_do():
    several = [stretch(0, 1, 8), stretch(1), stretch(2, 3), stretch(3, 5)]
    assert onsets(several, 0, (NEW,)) == [[1, 8], [], [], [5]]
    assert onsets(several, 1, (NEW,)) == [[], [], [3], []]
    alone = [stretch(0), stretch(1, 1, 6, 12)]
    assert onsets(alone, 0, (NEW,)) == [[], [1, 12]]
    assert onsets(alone, 1, (NEW,)) == [[], [6]]


def test_the_least_share_that_is_good_enough_is_taken():
    finds = dict.fromkeys(SHARES, 0.1) | {0.3: 0.5 * GOOD_ENOUGH, 0.6: 0.5, 0.9: 0.5}
    precision = {(4, half, share): value for share, value in finds.items() for half in (0, 1)}
    assert _best(precision, 4) == 0.3
    assert _best(dict.fromkeys(precision, 0.0), 4) == 0.0
    assert _best({}, 4) == 0.0


def test_every_new_label_gets_a_share(model: OpenModel):
    place = model.rows[Task.SED].known
    shares = chosen_shares(model, [stretch(n, 2, 9) for n in range(4)], Task.SED)
    assert shares.keys() == {place}
    assert shares[place] in SHARES


def test_a_single_event_moves_nothing(model: OpenModel):
    place = model.rows[Task.SED].known
    assert chosen_shares(model, [stretch(0, 2), stretch(1)], Task.SED) == {place: 0.0}


def test_examples_on_both_sides_are_needed(model: OpenModel):
    torch.manual_seed(0)
    assert set(chosen_shares(model, [stretch(1)], Task.SED).values()) == {0.0}
